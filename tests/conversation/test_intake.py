"""The few questions before a case, and the consent without which nothing leaves."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.app import Understanding, build_respondent
from bot.conversation.respond import Respondent
from bot.conversation.state import IntakeStep, SafeContact
from bot.conversation.turn import Decision, OpenCase
from bot.i18n import LANGUAGES
from bot.messages import Press
from bot.partners.directory import load_directory
from bot.settings import Settings
from tests.conftest import ROOT
from tests.conversation.talk import ATTACK, NOON, REFERENCE, WAGES, Talk, all_shown, data, words

PLACES = ["saitama", "さいたま", "साइतामा", "ဆိုင်တာမာ"]


@pytest.fixture(scope="module")
def respondent(understanding: Understanding, settings: Settings) -> Respondent:
    """With the two partners of the example file: a labour desk around Tokyo, a shelter everywhere."""
    directory = load_directory(ROOT / "knowledge_base", ROOT / "knowledge_base" / "partners.example.yaml")
    return build_respondent(settings, understanding.index, dt.timedelta(0), directory)


def at_the_place(respondent: Respondent, language: str = "en") -> Talk:
    """A conversation whose intake asks for the prefecture."""
    talk = Talk(respondent, language)
    talk.say(WAGES[language])
    talk.press("n:work/unpaid-wages")
    talk.press("i:skip")
    talk.press("i:since-month")
    return talk


def agreed(talk: Talk) -> OpenCase:
    [effect] = talk.press("y").effects
    assert isinstance(effect, OpenCase)
    return effect


class TestTheQuestions:
    def test_what_was_written_is_offered_and_not_asked_again(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        turn = talk.press("n:work/unpaid-wages")
        assert turn.effects == ()
        assert WAGES["en"] in all_shown(turn)
        assert "i:new" in data(turn)

    def test_every_question_can_be_skipped_with_one_tap(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        steps = []
        while talk.state.intake and talk.state.intake.step != IntakeStep.CONSENT:
            steps.append(talk.state.intake.step)
            assert "i:skip" in data(talk.turn)
            talk.press("i:skip")
        assert steps == ["what", "since", "place", "contact", "name"]
        assert agreed(talk).intake.what == ""

    @pytest.mark.parametrize("step", range(6))
    def test_it_can_be_left_at_any_time(self, respondent: Respondent, step: int) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        for _ in range(step):
            talk.press("i:skip")
        turn = talk.press("i:stop")
        assert turn.effects == ()
        assert talk.state.intake is None
        assert words(
            "en", "Good. I pass nothing on. Nothing changes for you, and you can ask me anything."
        ) in all_shown(turn)

    @pytest.mark.parametrize("place", PLACES)
    def test_a_prefecture_is_found_in_any_script(self, respondent: Respondent, place: str) -> None:
        talk = at_the_place(respondent)
        talk.say(place)
        assert talk.state.intake is not None
        assert (talk.state.intake.place, talk.state.intake.step) == ("saitama", IntakeStep.CONTACT)

    def test_a_place_nobody_knows_is_asked_for_again(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        turn = talk.say("qqqq")
        assert talk.state.intake is not None
        assert talk.state.intake.step == IntakeStep.PLACE
        assert "i:skip" in data(turn)

    @pytest.mark.parametrize(
        ("typed", "since"),
        [("2026-11-03", "2026-11-03"), ("11/3", "2026-11-03"), ("12/3", "2025-12-03"), ("११/३", "2026-11-03")],
    )
    def test_a_day_can_be_typed(self, respondent: Respondent, typed: str, since: str) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        talk.press("i:skip")
        talk.say(typed)
        assert talk.state.intake is not None
        assert talk.state.intake.since == since

    def test_other_words_about_the_day_are_kept_as_they_are(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        talk.press("i:skip")
        talk.say("since the summer holidays")
        assert talk.state.intake is not None
        assert talk.state.intake.since_words == "since the summer holidays"

    @pytest.mark.parametrize(
        ("said", "contact", "times"),
        [
            ("yes", SafeContact.YES, ""), ("हजुर", SafeContact.YES, ""), ("いいえ", SafeContact.NO, ""),
            ("after 8 in the evening", SafeContact.TIMES, "after 8 in the evening"),
        ],
    )  # fmt: skip
    def test_whether_it_is_safe_to_write_can_be_typed(
        self, respondent: Respondent, said: str, contact: SafeContact, times: str
    ) -> None:
        talk = at_the_place(respondent)
        talk.press("i:skip")
        talk.say(said)
        assert talk.state.intake is not None
        assert (talk.state.intake.contact, talk.state.intake.times) == (contact, times)

    def test_it_survives_days_and_restarts(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        talk.say("saitama", after_s=3 * 24 * 3600)
        assert talk.state.intake is not None
        assert talk.state.intake.what == WAGES["en"]

    def test_danger_is_heard_in_the_middle_of_it(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        assert talk.say(ATTACK["en"]).decision == Decision.URGENT
        assert talk.state.intake is None
        talk.press("p")
        assert agreed(talk).intake.what == f"{WAGES['en']}\n{ATTACK['en']}"


class TestTheConsent:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_says_who_reads_what_and_for_how_long(self, respondent: Respondent, language: str) -> None:
        talk = at_the_place(respondent, language)
        talk.say("saitama")
        talk.press("i:safe-yes")
        turn = talk.say("Ramu")
        text = all_shown(turn)
        partner = respondent.directory.partners["example-labour-desk"]
        for part in (
            partner.names.in_language(language),
            partner.about.in_language(language),
            WAGES[language],
            "Ramu",
            "90",
        ):
            assert part in text
        assert words(language, "It is free.") in text
        assert data(turn) == ["y", "i:change", "i:stop"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_exact_words_version_and_language_stand_with_the_case(
        self, respondent: Respondent, language: str
    ) -> None:
        talk = at_the_place(respondent, language)
        talk.say("saitama")
        talk.press("i:skip")
        turn = talk.press("i:skip")
        consent = agreed(talk).consent
        assert consent is not None
        assert consent.text == turn.replies[0].text
        assert (consent.partner_id, consent.language) == ("example-labour-desk", language)
        assert consent.version
        assert set(consent.kinds) == {"what", "topic", "since", "place", "language", "files"}

    def test_nothing_leaves_before_yes(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        effects = list(talk.press("p").effects)
        for _ in range(5):
            effects += talk.press("i:skip").effects
        assert effects == []
        assert talk.state.intake is not None
        assert talk.state.intake.step == IntakeStep.CONSENT

    @pytest.mark.parametrize("yes", ["yes", "हुन्छ", "ဟုတ်ကဲ့", "はい", "1"])
    def test_a_typed_yes_counts(self, respondent: Respondent, yes: str) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        for _ in range(5):
            talk.press("i:skip")
        assert isinstance(talk.say(yes).effects[0], OpenCase)

    @pytest.mark.parametrize("no", ["no", "होइन", "မလိုဘူး", "いいえ", "3"])
    def test_a_typed_no_passes_nothing_on(self, respondent: Respondent, no: str) -> None:
        talk = Talk(respondent, "en")
        talk.press("p")
        for _ in range(5):
            talk.press("i:skip")
        assert talk.say(no).effects == ()
        assert talk.state.intake is None

    def test_the_button_is_dead_before_its_time(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        assert talk.say(Press("y")).effects == ()
        talk.press("p")
        assert talk.press("y").effects == ()

    def test_everything_can_be_changed_in_the_summary(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        for _ in range(3):
            talk.press("i:skip")
        talk.press("i:change")
        talk.press("i:edit-what")
        turn = talk.say("they paid half of it")
        text = all_shown(turn)
        assert "they paid half of it" in text
        assert WAGES["en"] not in text
        assert agreed(talk).intake.what == "they paid half of it"


class TestTheReferral:
    def test_it_goes_to_whom_the_consent_names_with_the_reasons(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        talk.say("saitama")
        talk.press("i:skip")
        talk.press("i:skip")
        effect = agreed(talk)
        kinds = {str(reason.kind): reason.subject for reason in effect.reasons}
        assert kinds["covers"] == "saitama"
        assert kinds["takes_category"] == "work"
        assert kinds["reads"] == "en"

    def test_even_if_another_would_be_better_by_now(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        for _ in range(3):
            talk.press("i:skip")
        full = {"example-labour-desk": 10}
        turn = respondent.respond(talk.state, Press("y"), NOON, reference=REFERENCE, locale_hint="en", open_cases=full)
        effect = turn.effects[0]
        assert isinstance(effect, OpenCase)
        assert effect.consent is not None
        assert effect.consent.partner_id == "example-labour-desk"

    def test_without_a_partner_the_operators_desk_reads_it_and_the_consent_says_so(
        self, understanding: Understanding
    ) -> None:
        talk = Talk(understanding.respondent, "en")
        talk.press("p")
        for _ in range(5):
            talk.press("i:skip")
        assert words("en", "The people who run this Tomoni read it.") in all_shown(talk.turn)
        consent = agreed(talk).consent
        assert consent is not None
        assert consent.partner_id == "operator"

    @pytest.mark.parametrize("language", ["en", "my"])
    def test_the_person_is_told_when_somebody_reads_their_language(self, respondent: Respondent, language: str) -> None:
        """NOON is a Tuesday at noon in Japan: the desk is open, its Burmese readers come at one."""
        talk = at_the_place(respondent, language)
        for _ in range(3):
            talk.press("i:skip")
        talk.press("y")
        now = words(language, "Somebody who reads your language is there now.")
        assert (now in all_shown(talk.turn)) == (language == "en")

    def test_where_it_is_not_safe_nobody_writes_and_a_number_is_named(self, respondent: Respondent) -> None:
        talk = at_the_place(respondent)
        talk.press("i:skip")
        talk.press("i:safe-no")
        talk.press("i:skip")
        talk.press("y")
        said = "Nobody will write to you here. Call them with your case number, from a telephone that is safe."
        assert words("en", said) in all_shown(talk.turn)

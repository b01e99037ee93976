"""The way to a person: stored, told honestly, with somebody to call meanwhile; and forgetting."""

from __future__ import annotations

import pytest

from bot.conversation.respond import Quiet, Respondent
from bot.conversation.turn import AddToCase, Decision, ForgetConversation, OpenCase, SolveCase, Turn, WithdrawCase
from bot.i18n import LANGUAGES, translator
from bot.knowledge.render import render_contact
from bot.markup import to_plain
from bot.messages import LanguageCode
from tests.conversation.talk import ATTACK, DANGER_NOW, REFERENCE, WAGES, Talk, all_shown, buttons, data, words

PERSON = {
    "en": "I want to talk to a person",
    "ne": "मान्छेसँग कुरा गर्न चाहन्छु",
    "ne-Latn": "manche sanga kura garna chahanchu",
    "my": "လူတစ်ယောက်နဲ့ စကားပြောချင်တယ်",
    "my-Latn": "lu ta yauk ne sa kar pyaw chin tal",
    "ja": "人と 話したいです",
    "ja-Latn": "hito to hanashitai desu",
}


def added(turn: Turn) -> list[str]:
    """What a turn adds to the open case."""
    assert all(effect.reference == REFERENCE for effect in turn.effects if isinstance(effect, AddToCase))
    return [effect.text for effect in turn.effects if isinstance(effect, AddToCase)]


WRITE = "Please write in a few sentences what happened. I add it to your case."
ADDED = "Thank you. I have added this to your case %(reference)s."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", ["n:work/unpaid-wages", "p"])
def test_the_last_question_is_stored_with_its_language(respondent: Respondent, language: str, way: str) -> None:
    talk = Talk(respondent, language)
    talk.say(WAGES[language])
    turn = talk.hand_over(way)
    assert turn.decision == Decision.HANDOVER
    [effect] = turn.effects
    assert isinstance(effect, OpenCase)
    assert (effect.reference, effect.intake.what, effect.language) == (REFERENCE, WAGES[language], language)
    assert effect.articles[0] == "work/unpaid-wages"
    assert effect.urgency == "normal"
    text = all_shown(turn)
    assert REFERENCE in text
    promise = (
        "A person reads it as soon as one is there and answers you here. I cannot promise when. "
        "Nothing is passed on to anyone else without asking you first."
    )
    assert words(language, promise) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_names_somebody_to_call_in_the_persons_language(respondent: Respondent, language: str) -> None:
    text = all_shown(Talk(respondent, language).hand_over())
    code = LanguageCode(language)
    named = [
        contact
        for contact in respondent.knowledge_base.contacts.values()
        if to_plain(render_contact(contact, translator(code))) in text
    ]
    assert named
    assert all(contact.phone and contact.shows_number for contact in named[:1])
    assert any(language in contact.languages for contact in named)


@pytest.mark.parametrize("variant", PERSON)
def test_the_wish_is_understood_in_every_script(respondent: Respondent, variant: str) -> None:
    language = variant.partition("-")[0]
    talk = Talk(respondent, language)
    turn = talk.say(PERSON[variant])
    assert turn.decision == Decision.HANDOVER
    assert talk.state.intake is not None
    assert turn.replies[0].language == language


class TestWithoutAQuestion:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_asks_for_the_story_and_shows_the_numbers(self, respondent: Respondent, language: str) -> None:
        text = all_shown(Talk(respondent, language).hand_over())
        assert words(language, WRITE) in text
        assert words(language, DANGER_NOW) in text

    @pytest.mark.parametrize(
        "story",
        [
            "he took everything",
            "zzz qqq",
            "मुझे दो महीने से पैसे नहीं मिले हैं",
            "tôi bị công ty không trả lương, làm ơn giúp tôi",
        ],
    )
    def test_what_is_written_next_goes_into_the_case_in_any_language(self, patient: Respondent, story: str) -> None:
        talk = Talk(patient, "en")
        talk.hand_over()
        turn = talk.say(story)
        assert added(turn) == [story]
        assert words("en", ADDED, reference=REFERENCE) in all_shown(turn)

    def test_so_does_a_story_in_several_messages(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        talk.hand_over()
        told = ["it began in May", "then they moved me", "and nobody says why"]
        assert [added(talk.say(part, after_s=20)) for part in told] == [[part] for part in told]

    def test_later_words_are_questions_again(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        talk.say("it began in May")
        turn = talk.say(WAGES["en"], after_s=600)
        assert (turn.decision, turn.effects) == (Decision.ANSWER, ())

    def test_an_answer_is_shown_besides(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        turn = talk.say(WAGES["en"])
        assert turn.effects == (AddToCase(REFERENCE, WAGES["en"]),)
        assert "h:work/unpaid-wages" in data(turn)

    def test_words_behind_the_command_are_the_question(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.command("person", WAGES["en"])
        assert talk.state.intake is not None
        assert talk.state.intake.what == WAGES["en"]


class TestAnOpenCase:
    def test_a_double_tap_opens_one_and_adds_nothing(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        talk.hand_over()
        turn = talk.press("p")
        assert turn.effects == ()
        assert "added" not in all_shown(turn)
        assert REFERENCE in all_shown(turn)

    def test_another_question_is_added(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        talk.hand_over()
        talk.say("I lost my residence card")
        assert talk.press("p").effects == (AddToCase(REFERENCE, "I lost my residence card"),)

    def test_words_not_yet_answered_are_taken_along(self, patient_with_little: Respondent) -> None:
        talk = Talk(patient_with_little, "en")
        talk.say("boss did not pay me in May")
        assert talk.say("the weather").decision == Decision.WAIT
        talk.press("p")
        assert talk.state.intake is not None
        assert talk.state.intake.what == "boss did not pay me in May\nthe weather"
        assert talk.say(Quiet()).replies == ()

    def test_it_can_be_taken_back(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        turn = talk.press(f"w:{REFERENCE}")
        assert turn.effects == (WithdrawCase(REFERENCE),)
        assert talk.state.case == ""
        assert talk.press(f"w:{REFERENCE}").effects == ()

    def test_the_person_can_say_that_it_is_solved(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        assert talk.press(f"o:{REFERENCE}").effects == (SolveCase(REFERENCE),)
        assert talk.state.case == ""
        assert talk.press(f"o:{REFERENCE}").effects == ()

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_its_number_can_be_asked_for(self, respondent: Respondent, language: str) -> None:
        talk = Talk(respondent, language)
        assert words(language, "You have no open case.") in all_shown(talk.command("case"))
        talk.hand_over()
        assert REFERENCE in all_shown(talk.command("case"))

    def test_danger_skips_every_question_but_the_consent(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(ATTACK["en"])
        turn = talk.press("p")
        assert turn.effects == ()
        assert words("en", DANGER_NOW) in all_shown(turn)
        [effect] = talk.press("y").effects
        assert isinstance(effect, OpenCase)
        assert effect.intake.what == ATTACK["en"]
        assert effect.urgency == "immediate"
        assert effect.articles[0].startswith("emergency/")

    def test_danger_told_to_an_open_case_raises_its_urgency(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        assert AddToCase(REFERENCE, ATTACK["en"], "immediate") in talk.say(ATTACK["en"]).effects


class TestForget:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_asks_then_deletes_and_says_so(self, respondent: Respondent, language: str) -> None:
        talk = Talk(respondent, language)
        assert [item.data for item in buttons(talk.command("forget"))] == ["f", "q"]
        turn = talk.press("f")
        assert turn.effects == (ForgetConversation(),)
        assert all_shown(turn) == words(language, "Everything about you is deleted. If you write again, we start anew.")
        assert talk.state.language is None

    @pytest.mark.parametrize("yes", ["yes", "हजुर", "hajur", "hunchha", "ဟုတ်ကဲ့", "အင်း", "はい", "hai", "1", "१", "၁"])
    def test_a_typed_yes_counts(self, respondent: Respondent, yes: str) -> None:
        talk = Talk(respondent, "en")
        talk.command("forget")
        assert talk.say(yes).effects == (ForgetConversation(),)

    @pytest.mark.parametrize("no", ["no", "होइन", "पर्दैन", "pardaina", "မဟုတ်ဘူး", "いいえ", "iie", "2", "၂"])
    def test_a_typed_no_counts(self, respondent: Respondent, no: str) -> None:
        talk = Talk(respondent, "en")
        talk.command("forget")
        turn = talk.say(no)
        assert turn.effects == ()
        assert words("en", "Nothing was deleted.") in all_shown(turn)

    @pytest.mark.parametrize("between", [WAGES["en"], "hello", "", "🙏"])
    def test_a_yes_to_something_later_deletes_nothing(self, respondent: Respondent, between: str) -> None:
        talk = Talk(respondent, "en")
        talk.command("forget")
        talk.say(between)
        assert talk.say("yes").effects == ()

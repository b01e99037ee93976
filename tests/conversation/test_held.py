"""While a caseworker has the case: what is written goes into it, danger and other topics are answered as ever."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.conversation.respond import Respondent
from bot.conversation.scene import Standing
from bot.conversation.turn import AddToCase, Decision, Turn
from bot.i18n import LANGUAGES
from bot.messages import Attachment, AttachmentKind, Text
from bot.partners.directory import Directory
from bot.partners.prefectures import PrefectureFinder
from bot.partners.routing import OPERATOR
from tests.conversation.talk import (
    ATTACK,
    DANGER_NOW,
    NOON,
    NUMBERS,
    REFERENCE,
    WAGES,
    Talk,
    all_shown,
    button,
    buttons,
    words,
)
from tests.partners.cast import make_partner

# About immigration; the case is about work.
CARD = {
    "en": "I lost my residence card",
    "ne": "मेरो रेसिडेन्स कार्ड हरायो",
    "my": "နေထိုင်ခွင့်ကတ် ပျောက်သွားတယ်",
    "ja": "在留カードを なくしました",
}
PASSED_ON = "Passed on to %(partner)s."
DESK = "Labour desk"


@pytest.fixture(scope="module")
def staffed(respondent: Respondent) -> Respondent:
    """With one partner, which takes everything about work."""
    directory = Directory({"labour": make_partner()}, {}, PrefectureFinder({}))
    return Respondent(
        respondent.knowledge_base, respondent.reader, respondent.search, respondent.safety, respondent.operator,
        directory, quiet=dt.timedelta(seconds=2),
    )  # fmt: skip


def standing(*, accepted: bool = True, answered: bool = False, partner_id: str = "labour") -> Standing:
    return Standing(partner_id, NOON, accepted, ("work/unpaid-wages",), answered)


def held_talk(respondent: Respondent, language: str = "en") -> Talk:
    """A conversation whose case about wages a caseworker has accepted."""
    talk = Talk(respondent, language)
    talk.say(WAGES[language])
    talk.hand_over()
    talk.standing = standing()
    return talk


def added(turn: Turn) -> list[str]:
    return [effect.text for effect in turn.effects if isinstance(effect, AddToCase)]


class TestIntoTheCase:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_what_is_about_the_case_goes_into_it_and_is_not_answered(self, staffed: Respondent, language: str) -> None:
        turn = held_talk(staffed, language).say(WAGES[language])
        assert turn.effects == (AddToCase(REFERENCE, WAGES[language]),)
        assert all_shown(turn) == words(language, PASSED_ON, partner=DESK)
        assert [item.label.partition(" ")[2] for item in buttons(turn)] == [words(language, "It is a new question")]

    @pytest.mark.parametrize(
        "said",
        [
            "he shouted at me again", "yes", "no", "2", "120000", "?", "ok please", "help", "Здравствуйте, мне плохо",
            "I want to talk to a person", "my boss", "x" * 15_000,
        ],
    )  # fmt: skip
    def test_nothing_is_lost(self, staffed: Respondent, said: str) -> None:
        talk = held_talk(staffed)
        talk.say("he shouted")
        assert added(talk.say(said)) == [said]

    def test_what_is_longer_than_anybody_reads_is_cut_and_that_is_said(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say("wage " * 5000)
        assert [len(text) for text in added(turn)] == [20_000]
        assert words("en", "That is very long. I could read only the beginning.") in all_shown(turn)

    @pytest.mark.parametrize("said", ["thank you very much", "ok", "👍", "धन्यवाद", "ありがとう"])
    def test_an_acknowledgement_goes_into_it_without_a_word(self, staffed: Respondent, said: str) -> None:
        turn = held_talk(staffed).say(said)
        assert added(turn) == [said]
        assert turn.replies == ()

    def test_it_is_confirmed_once_in_ten_minutes(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        assert talk.say("boss paid for one week").replies
        assert talk.say("boss paid only half", after_s=300).replies == ()
        assert added(talk.turn) == ["boss paid only half"]
        assert talk.say("boss threw a chair", after_s=301).replies

    def test_a_changed_message_is_told_as_changed(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say(Text("he owes me 20000 yen for May", edited=True))
        assert turn.effects == (AddToCase(REFERENCE, "he owes me 20000 yen for May", edited=True),)

    def test_the_words_under_a_picture_go_into_it(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say(Attachment(AttachmentKind.PHOTO, "this is what he wrote"))
        assert added(turn) == ["this is what he wrote"]

    def test_after_the_caseworker_asked_a_yes_or_a_number_is_for_them(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.command("forget")
        talk.standing = standing(answered=True)
        assert added(talk.say("yes")) == ["yes"]
        talk.command("forget")
        assert added(talk.say("1")) == ["1"]

    def test_a_number_after_words_were_passed_on_presses_nothing(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.say("he pays me by the hour")
        assert added(talk.say("1")) == ["1"]

    def test_a_question_of_ours_is_answered_by_a_typed_yes(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.command("forget")
        assert added(talk.say("no")) == []
        assert words("en", "Nothing was deleted.") in all_shown(talk.turn)

    def test_the_operators_desk_has_no_name(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.standing = standing(partner_id=OPERATOR)
        assert all_shown(talk.say("he shouted")) == words("en", "Passed on to the people who run this Tomoni.")


class TestAnsweredAsEver:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_danger_comes_first_and_goes_into_the_case_too(self, staffed: Respondent, language: str) -> None:
        turn = held_talk(staffed, language).say(ATTACK[language])
        assert turn.decision == Decision.URGENT
        assert words(language, NUMBERS) in all_shown(turn)
        assert turn.effects == (AddToCase(REFERENCE, ATTACK[language], "immediate"),)

    def test_danger_far_down_in_a_long_message_is_passed_on_whole(self, staffed: Respondent) -> None:
        said = "I went to work. He said nothing. " * 150 + ATTACK["en"]
        turn = held_talk(staffed).say(said)
        assert turn.decision == Decision.URGENT
        assert added(turn) == [said]

    def test_what_may_be_danger_shows_the_numbers_and_goes_into_the_case(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say("the boss pushed me")
        assert words("en", DANGER_NOW) in all_shown(turn)
        assert added(turn) == ["the boss pushed me"]

    def test_what_an_emergency_answers_goes_into_the_case_too(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say("he followed me home")
        assert turn.found[0].id.startswith("emergency/")
        assert added(turn) == ["he followed me home"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_another_topic_is_answered_and_stays_out_of_the_case(self, staffed: Respondent, language: str) -> None:
        talk = held_talk(staffed, language)
        turn = talk.say(CARD[language])
        assert turn.decision == Decision.ANSWER
        assert turn.found[0].id.startswith("residence/")
        assert added(turn) == []
        turn = talk.tap(words(language, "Add this to my case"))
        assert added(turn) == [CARD[language]]
        assert words(language, PASSED_ON, partner=DESK) in all_shown(turn)
        assert added(talk.press("d")) == [], "once"

    def test_a_case_about_nothing_known_takes_everything(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.standing = Standing("labour", NOON, accepted=True)
        assert added(talk.say(CARD["en"])) == [CARD["en"]]

    def test_a_new_question_is_answered_by_a_tap(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.say(WAGES["en"])
        turn = talk.tap("It is a new question")
        assert (turn.decision, added(turn)) == (Decision.ANSWER, [])
        assert turn.found[0].id == "work/unpaid-wages"
        assert talk.press("u").decision == Decision.NAVIGATION, "once"

    def test_a_greeting_is_answered_and_passed_on(self, staffed: Respondent) -> None:
        turn = held_talk(staffed).say("hello")
        assert added(turn) == ["hello"]
        assert "Hello!" in all_shown(turn)

    def test_commands_and_buttons_work(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        assert added(talk.command("menu")) == []
        assert talk.turn.decision == Decision.NAVIGATION
        assert buttons(talk.press("c:residence"))

    def test_a_fault_of_ours_puts_the_words_into_the_case(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        turn = staffed.respond_to_failure(talk.state, Text("he shouted"), talk.now, reference="000-0000")
        assert added(turn) == ["he shouted"]


class TestBeforeAndAfter:
    def test_nobody_has_taken_it_yet_the_bot_answers(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.standing = standing(accepted=False)
        turn = talk.say(WAGES["en"])
        assert (turn.decision, added(turn)) == (Decision.ANSWER, [])

    @pytest.mark.parametrize("way", [f"o:{REFERENCE}", f"w:{REFERENCE}"])
    def test_after_the_end_nothing_of_the_case_is_left(self, staffed: Respondent, way: str) -> None:
        talk = held_talk(staffed)
        talk.say("he shouted at me about the money")
        talk.press(way)
        talk.standing = None
        assert "shouted" not in talk.state.to_json()
        assert WAGES["en"] not in talk.state.to_json()
        assert talk.state.articles == ()
        assert talk.say(WAGES["en"]).decision == Decision.ANSWER

    def test_a_consent_on_screen_does_not_swallow_words(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.state = talk.state.but(intake=talk.state.passed_on)
        assert added(talk.say("he shouted")) == ["he shouted"]


class TestShowCase:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_says_who_has_it_and_since_when(self, staffed: Respondent, language: str) -> None:
        talk = held_talk(staffed, language)
        text = all_shown(talk.command("case"))
        assert DESK in text
        assert words(language, "Somebody who reads your language is there now.") in text
        assert words(language, "Whatever you write here goes to them. If it is about something else, I answer.") in text

    def test_it_says_that_it_waits(self, staffed: Respondent) -> None:
        talk = held_talk(staffed)
        talk.standing = standing(accepted=False)
        assert "passed on to Labour desk. Nobody has taken it up yet." in all_shown(talk.command("case"))
        talk.standing = standing(accepted=False, partner_id=OPERATOR)
        assert "waits for the people who run this Tomoni" in all_shown(talk.command("case"))
        assert button(talk.turn, "Take the case back")

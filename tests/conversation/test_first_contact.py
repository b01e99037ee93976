"""A stranger is greeted in four languages, and what they asked first is not lost to the choice of one."""

from __future__ import annotations

import pytest

from bot.conversation.respond import Quiet, Respondent
from bot.conversation.state import Step
from bot.conversation.turn import Decision, ResumeAt
from bot.i18n import LANGUAGES
from bot.messages import Attachment, AttachmentKind, Command, Content
from tests.conversation.talk import (
    ATTACK,
    HELLO,
    INTRODUCTION,
    NUMBERS,
    WAGES,
    Talk,
    all_shown,
    data,
    language_of,
    shown,
    words,
)

CHOICES = [f"l:{code}" for code in LANGUAGES]


@pytest.fixture(scope="session")
def unclear(respondent: Respondent) -> str:
    """A word that leaves both the language and the topic open."""
    for word in ("visa", "boss", "job", "company", "school", "tax"):
        talk = Talk(respondent)
        talk.say(word)
        if talk.state.kept_question:
            return word
    raise AssertionError("no word is unclear to this model")


def greets(text: str) -> bool:
    return all(words(code, HELLO) in text for code in LANGUAGES)


class TestGreeting:
    @pytest.mark.parametrize(
        "first",
        [
            Command("start"),
            Command("help"),
            Command("menu"),
            Command("person"),
            Command("nonsense"),
            Attachment(AttachmentKind.STICKER),
            Attachment(AttachmentKind.VOICE),
        ],
    )
    def test_whatever_comes_first_it_is_in_four_languages_with_a_button_each(
        self, respondent: Respondent, first: Content
    ) -> None:
        talk = Talk(respondent)
        turn = talk.say(first)
        assert greets(shown(turn.replies[0]))
        assert [item.data for row in turn.replies[0].buttons for item in row] == CHOICES

    @pytest.mark.parametrize("text", ["hello", "नमस्ते", "မင်္ဂလာပါ", "こんにちは", "", "👍", "?", "x"])
    def test_so_is_a_word_or_nothing(self, respondent: Respondent, text: str) -> None:
        turn = Talk(respondent).say(text)
        assert greets(shown(turn.replies[0]))
        assert [item.data for row in turn.replies[0].buttons for item in row] == CHOICES

    def test_it_comes_once(self, respondent: Respondent) -> None:
        talk = Talk(respondent)
        talk.command("start")
        assert not greets(all_shown(talk.say(WAGES["en"])))
        assert not greets(all_shown(talk.command("help")))

    @pytest.mark.parametrize("code", LANGUAGES)
    def test_the_chosen_language_says_what_there_is(self, respondent: Respondent, code: str) -> None:
        talk = Talk(respondent)
        talk.command("start")
        turn = talk.press(f"l:{code}")
        assert talk.state.language == code
        assert words(code, INTRODUCTION) in all_shown(turn)
        assert {"m", "p"} <= set(data(turn))

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("english", "en"),
            ("Nepali", "ne"),
            ("नेपाली", "ne"),
            ("မြန်မာ", "my"),
            ("にほんご", "ja"),
            ("ネパール語", "ne"),
        ],
    )
    def test_its_name_can_be_typed(self, respondent: Respondent, typed: str, code: str) -> None:
        talk = Talk(respondent)
        talk.command("start")
        assert words(code, INTRODUCTION) in all_shown(talk.say(typed))
        assert talk.state.language == code


class TestTheFirstQuestion:
    @pytest.mark.parametrize("variant", WAGES)
    def test_a_plain_one_is_answered_at_once_in_its_language(self, respondent: Respondent, variant: str) -> None:
        talk = Talk(respondent)
        turn = talk.say(WAGES[variant])
        assert turn.decision == Decision.ANSWER
        assert turn.found[0].id == "work/unpaid-wages"
        assert turn.replies[-1].language == talk.state.language == language_of(variant)

    @pytest.mark.parametrize("choice", ["l:ne", "नेपाली", "nepali"])
    def test_an_unclear_one_is_kept_and_answered_after_the_choice(
        self, respondent: Respondent, unclear: str, choice: str
    ) -> None:
        talk = Talk(respondent)
        assert greets(all_shown(talk.say(unclear)))
        turn = talk.press(choice) if choice.startswith("l:") else talk.say(choice)
        assert turn.decision in (Decision.ANSWER, Decision.SUGGEST)
        assert turn.found == Talk(respondent, "ne").say(unclear).found
        assert {reply.language for reply in turn.replies} == {"ne"}
        assert talk.state.kept_question == ""

    def test_two_unclear_words_before_the_choice_are_one_question(self, patient: Respondent, unclear: str) -> None:
        talk = Talk(patient)
        talk.say(unclear)
        talk.say(unclear, after_s=1)
        assert talk.state.kept_question == f"{unclear} {unclear}"
        turn = talk.press("l:my")
        assert turn.found
        assert {reply.language for reply in turn.replies} == {"my"}
        assert talk.say(Quiet(), after_s=2).replies == ()

    @pytest.mark.parametrize("code", LANGUAGES)
    def test_an_answered_one_is_answered_again_in_the_language_chosen_then(
        self, respondent: Respondent, code: str
    ) -> None:
        talk = Talk(respondent)
        talk.say(WAGES["en"])
        turn = talk.press(f"l:{code}")
        assert {reply.language for reply in turn.replies} == {code}
        assert ("h:work/unpaid-wages" in data(turn)) == (code != "en")

    @pytest.mark.parametrize("code", ["ne", "my", "ja"])
    def test_so_is_danger(self, respondent: Respondent, code: str) -> None:
        talk = Talk(respondent)
        talk.say(ATTACK["en"])
        turn = talk.press(f"l:{code}")
        assert turn.decision == Decision.URGENT
        assert shown(turn.replies[0]) == words(code, NUMBERS)
        assert {reply.language for reply in turn.replies} == {code}

    def test_an_old_one_does_not_come_back_later(self, respondent: Respondent, unclear: str) -> None:
        talk = Talk(respondent)
        talk.say(unclear)
        talk.say(WAGES["en"])
        talk.command("language")
        turn = talk.press("l:ne")
        assert "h:work/unpaid-wages" in data(turn)

    def test_an_unclear_one_goes_into_the_case_of_someone_who_asks_for_a_person(
        self, respondent: Respondent, unclear: str
    ) -> None:
        talk = Talk(respondent)
        talk.say(unclear)
        talk.command("person")
        assert talk.state.intake is not None
        assert talk.state.intake.what == unclear


class TestDeepLink:
    @pytest.mark.parametrize("hint", ["ne", "my-MM", "ja", "en-US", "fr", ""])
    def test_it_opens_the_article_in_the_language_of_the_phone(self, respondent: Respondent, hint: str) -> None:
        talk = Talk(respondent, hint=hint)
        turn = talk.command("start", "work-unpaid-wages")
        assert greets(shown(turn.replies[0]))
        assert turn.replies[1].language == (hint.partition("-")[0] if hint[:2] in LANGUAGES else "en")
        assert "h:work/unpaid-wages" in data(turn)

    def test_it_is_shown_again_in_the_language_chosen_after_it(self, respondent: Respondent) -> None:
        talk = Talk(respondent, hint="en")
        talk.command("start", "work-unpaid-wages")
        turn = talk.press("l:my")
        assert {reply.language for reply in turn.replies} == {"my"}
        assert "h:work/unpaid-wages" in data(turn)

    def test_who_has_a_language_is_not_asked_again(self, respondent: Respondent) -> None:
        turn = Talk(respondent, "ne").command("start", "work-unpaid-wages")
        assert len(turn.replies) == 1
        assert turn.replies[0].language == "ne"

    @pytest.mark.parametrize("argument", ["nothing", "work-", "-", "../../etc/passwd", "work-unpaid-wages-x", "<b>"])
    def test_one_that_leads_nowhere_is_a_greeting(self, respondent: Respondent, argument: str) -> None:
        talk = Talk(respondent)
        [reply] = talk.command("start", argument).replies
        assert greets(shown(reply))
        assert talk.state.step == Step.CHOOSING_LANGUAGE


def test_waiting_for_more_is_announced_with_its_time(patient_with_little: Respondent) -> None:
    talk = Talk(patient_with_little, "en")
    turn = talk.say("the weather")
    assert turn.decision == Decision.WAIT
    [effect] = turn.effects
    assert isinstance(effect, ResumeAt)
    assert (effect.at - talk.now).total_seconds() == 2

"""Danger comes before any menu, question, limit or waiting, in every language and script."""

from __future__ import annotations

import random

import pytest

from bot.conversation.respond import Respondent
from bot.conversation.turn import AddToCase, Decision, Turn
from bot.knowledge.finding import Outcome
from bot.knowledge.labelled import Labelled, read_labelled
from bot.messages import Attachment, AttachmentKind, Command, Text
from tests.conftest import ROOT
from tests.conversation.talk import ATTACK, DANGER_NOW, NUMBERS, WAGES, Talk, all_shown, data, language_of, shown, words

FILLER = {
    "ne": "म कारखानामा काम गर्छु। यहाँको खाना मिठो छ। गाउँमा आमा र भाइ बस्नुहुन्छ। ",
    "my": "ကျွန်မ စက်ရုံမှာ အလုပ်လုပ်ပါတယ်။ ဒီမှာ အစားအသောက် ကောင်းတယ်။ ရွာမှာ အမေနဲ့ မောင်လေး ရှိတယ်။ ",
    "ja": "わたしは こうじょうで はたらいて います。ここの たべものは おいしいです。くにに ははと おとうとが います。",
    "en": "I work in a factory that makes lunch boxes. The food here is nice. My mother lives in the village. ",
}


def assert_urgent(turn: Turn, language: str) -> None:
    assert turn.decision == Decision.URGENT
    assert shown(turn.replies[0]) == words(language, NUMBERS)
    assert {reply.language for reply in turn.replies} == {language}
    assert "p" in data(turn), "a person is offered"
    assert turn.found[0].id.startswith("emergency/")
    assert f"h:{turn.found[0].id}" in data(turn), "the article is shown, not only named"


def is_hidden(respondent: Respondent, first: str, second: str) -> bool:
    """Whether the first half is waited on, the second is calm alone, and both together are a danger."""
    return (
        Talk(respondent, "en").say(first).decision == Decision.WAIT
        and respondent.safety.check(respondent.reader.read(second)) is None
        and respondent.safety.check(respondent.reader.read(f"{first} {second}")) is not None
    )


@pytest.mark.parametrize("variant", ATTACK)
class TestEveryScript:
    def test_from_a_stranger(self, patient: Respondent, variant: str) -> None:
        talk = Talk(patient)
        assert_urgent(talk.say(ATTACK[variant]), language_of(variant))
        assert talk.state.language == language_of(variant)

    def test_from_someone_who_chose_another_language(self, patient: Respondent, variant: str) -> None:
        chosen = "ja" if language_of(variant) != "ja" else "ne"
        talk = Talk(patient, chosen)
        assert_urgent(talk.say(ATTACK[variant]), language_of(variant))
        assert talk.state.language == chosen

    def test_while_the_language_is_being_chosen(self, patient: Respondent, variant: str) -> None:
        talk = Talk(patient)
        talk.command("start")
        assert_urgent(talk.say(ATTACK[variant]), language_of(variant))

    def test_as_a_caption(self, patient: Respondent, variant: str) -> None:
        turn = Talk(patient).say(Attachment(AttachmentKind.PHOTO, ATTACK[variant]))
        assert_urgent(turn.but(replies=turn.replies[:-1]), language_of(variant))

    def test_as_an_edit(self, patient: Respondent, variant: str) -> None:
        talk = Talk(patient, "en")
        talk.say("a bicycle")
        assert_urgent(talk.say(Text(ATTACK[variant], edited=True)), language_of(variant))

    @pytest.mark.parametrize("name", ["person", "help", "menu", "nonsense"])
    def test_behind_a_command(self, patient: Respondent, variant: str, name: str) -> None:
        turn = Talk(patient, "en").say(Command(name, ATTACK[variant]))
        assert turn.decision == Decision.URGENT
        assert shown(turn.replies[0]).startswith("🆘")


class TestMidway:
    def test_as_the_story_of_an_open_case_it_also_goes_into_the_case(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        talk.hand_over()
        turn = talk.say(ATTACK["en"])
        assert_urgent(turn.but(replies=turn.replies[:-1]), "en")
        [effect] = turn.effects
        assert isinstance(effect, AddToCase)
        assert effect.text == ATTACK["en"]

    def test_after_suggestions(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        talk.say("a boss who is bad to me")
        assert_urgent(talk.say(ATTACK["en"]), "en")

    def test_while_asked_whether_to_delete_everything(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        talk.command("forget")
        assert_urgent(talk.say(ATTACK["en"]), "en")

    def test_as_the_second_of_two_messages(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        assert talk.say("so listen", after_s=1).decision == Decision.WAIT
        assert_urgent(talk.say("my husband hits me with a knife", after_s=1), "en")
        assert talk.state.fragments == ""

    def test_spread_over_two_messages_neither_of_which_says_it(self, patient: Respondent) -> None:
        pairs = [
            ("I cannot", "breathe"), ("he will", "kill me"), ("my friend", "fell and does not wake up"),
            ("the house", "is burning now"), ("my boss", "locked us in"), ("I want to", "die tonight"),
            ("the visa", "he has a knife"),
        ]  # fmt: skip
        spread = [pair for pair in pairs if is_hidden(patient, *pair)]
        assert spread, "every half is taken for a danger by itself"
        for first, second in spread:
            talk = Talk(patient, "en")
            talk.say(first)
            assert_urgent(talk.say(second, after_s=1), "en")


class TestLongTexts:
    @pytest.mark.parametrize("language", FILLER)
    @pytest.mark.parametrize("before", [1, 20, 60])
    def test_it_is_heard_anywhere_in_a_long_story(self, respondent: Respondent, language: str, before: int) -> None:
        text = FILLER[language] * before + ATTACK[language] + ". " + FILLER[language] * 3
        turn = Talk(respondent, language).say(text)
        assert_urgent(turn, language)

    def test_at_the_end_of_a_hundred_kilobytes(self, respondent: Respondent) -> None:
        chance = random.Random(1)
        vocabulary = ["work", "factory", "money", "house", "train", "food", "card", "year", "month", "rain", "book"]
        text = ""
        while len(text) < 99_900:
            text += " ".join(chance.choices(vocabulary, k=9)) + ". "
        assert Talk(respondent, "en").say(text).decision != Decision.URGENT
        assert_urgent(Talk(respondent, "en").say(text + ATTACK["en"]), "en")

    @pytest.mark.parametrize("language", FILLER)
    def test_a_long_calm_story_is_no_alarm(self, respondent: Respondent, language: str) -> None:
        assert Talk(respondent, language).say(FILLER[language] * 20).decision != Decision.URGENT


class TestBareCries:
    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("SOS", "en"),
            ("🆘", "en"),
            ("🆘🆘", "en"),
            ("110", "en"),
            ("११९", "ne"),
            ("बचाउनुस्", "ne"),
            ("ကယ်ပါ", "my"),
            ("助けて!", "ja"),
            ("たすけて", "ja"),
        ],
    )
    def test_they_show_the_numbers(self, respondent: Respondent, text: str, language: str) -> None:
        turn = Talk(respondent, language).say(text)
        assert turn.decision == Decision.URGENT
        assert shown(turn.replies[0]) == words(language, NUMBERS)

    @pytest.mark.parametrize(("text", "language"), [("help", "en"), ("मद्दत", "ne"), ("ကူညီပါ", "my"), ("help me", "en")])
    def test_a_bare_call_for_help_says_what_there_is_with_the_numbers(
        self, respondent: Respondent, text: str, language: str
    ) -> None:
        turn = Talk(respondent, language).say(text)
        assert "110" in all_shown(turn)
        assert {"m", "p"} <= set(data(turn))


@pytest.mark.parametrize("text", ["11/3", "११/३", "၁၂-၃", "2026-11-03", "1000", "5", "?", "❤️", "00-1"])
def test_what_holds_no_letter_is_no_alarm(respondent: Respondent, text: str) -> None:
    turn = Talk(respondent, "en").say(text)
    assert turn.decision != Decision.URGENT
    assert words("en", DANGER_NOW) not in shown(turn.replies[0])


@pytest.mark.parametrize("variant", WAGES)
def test_unpaid_wages_are_no_alarm(respondent: Respondent, variant: str) -> None:
    assert Talk(respondent).say(WAGES[variant]).decision == Decision.ANSWER


class TestPossibleDanger:
    """Words that may speak of danger without being plain: the numbers stand above the usual reply."""

    def between(self, respondent: Respondent) -> Labelled:
        """A labelled message whose score lies between the two thresholds, and which gets no emergency article."""
        for row in read_labelled([ROOT / "tests" / "labelled"]):
            reading = respondent.reader.read(row.question)
            found = respondent.search.find(reading)
            if (
                row.language == reading.language
                and respondent.safety.may_be_danger(reading)
                and respondent.safety.check(reading) is None
                and (found.outcome != Outcome.ANSWER or not found.articles[0].id.startswith("emergency/"))
            ):
                return row
        raise AssertionError("no labelled message lies between the thresholds")

    def test_the_numbers_come_first_and_the_reply_follows(self, respondent: Respondent) -> None:
        row = self.between(respondent)
        turn = Talk(respondent, row.language).say(row.question)
        assert turn.decision != Decision.URGENT
        assert shown(turn.replies[0]) == words(row.language, DANGER_NOW)
        assert any(item.startswith("a:emergency/") for item in data(turn))
        assert len(turn.replies) > 1

"""The language somebody writes in wins; other languages, small talk, and several messages that are one."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.conversation.respond import Quiet, Respondent
from bot.conversation.turn import Decision, ResumeAt
from bot.conversation.typed import language_in
from bot.i18n import LANGUAGES, NATIVE_NAMES
from bot.language.folding import fold
from bot.messages import Attachment, AttachmentKind, LanguageCode, Text
from tests.conversation.talk import (
    DANGER_NOW,
    INTRODUCTION,
    NOT_KNOWN,
    WAGES,
    Talk,
    all_shown,
    button,
    data,
    language_of,
    shown,
    words,
)

SWITCH = "You wrote in %(language)s. Shall I go on in it?"
OTHERS = {
    "Vietnamese": "tôi bị công ty không trả lương, làm ơn giúp tôi",
    "Hindi": "मुझे दो महीने से पैसे नहीं मिले हैं",
    "Chinese": "老板两个月没有给我发工资怎么办",
    "Thai": "นายจ้างไม่จ่ายเงินเดือนสองเดือน",
    "Russian": "Мне не платят зарплату два месяца",
    "Korean": "사장님이 월급을 안 줘요",
    "Indonesian": "saya tidak dapat gaji dua bulan bagaimana ini",
    "Arabic": "لم أستلم راتبي منذ شهرين",
}
SMALL_TALK = {
    "greeting": ["hello", "नमस्ते", "မင်္ဂလာပါ", "mingalarpar", "こんにちは", "konnichiwa"],
    "thanks": ["thank you", "धन्यवाद", "dhanyabad", "ကျေးဇူးတင်ပါတယ်", "kyay zu tin par tal", "ありがとうございます"],
    "farewell": ["goodbye", "फेरि भेटौंला", "တာ့တာ", "さようなら", "sayounara"],
    "identity": ["who are you", "तपाईं को हो", "tapai ko ho", "မင်းက ဘယ်သူလဲ", "あなたは だれですか"],
}
SAID = {
    "greeting": "Hello! How can I help you? Write your problem, or choose a topic.",
    "thanks": "You are welcome. Write again any time.",
    "farewell": "Take care. I am here day and night.",
    "identity": "I am Tomoni, a computer program and no person. I show prepared answers and say where they come "
    "from. If you want, I pass your question to a person.",
}


class TestSwitching:
    @pytest.mark.parametrize("variant", WAGES)
    @pytest.mark.parametrize("chosen", LANGUAGES)
    def test_another_language_is_answered_in_it_and_asked_about(
        self, respondent: Respondent, chosen: str, variant: str
    ) -> None:
        written = language_of(variant)
        talk = Talk(respondent, chosen)
        turn = talk.say(WAGES[variant])
        assert turn.replies[0].language == written
        assert "h:work/unpaid-wages" in data(turn)
        assert talk.state.language == chosen
        asked = words(written, SWITCH, language=NATIVE_NAMES[written]) in all_shown(turn)
        assert asked == (written != chosen)

    @pytest.mark.parametrize("yes", ["l:ne", "हुन्छ", "hajur", "yes", "1", "१"])
    def test_yes_switches(self, respondent: Respondent, yes: str) -> None:
        talk = Talk(respondent, "ja")
        talk.say(WAGES["ne"])
        turn = talk.press(yes) if ":" in yes else talk.say(yes)
        assert talk.state.language == "ne"
        assert words("ne", INTRODUCTION) in all_shown(turn)

    @pytest.mark.parametrize("no", ["k:ne", "होइन", "no", "いいえ", "2"])
    def test_no_stays(self, respondent: Respondent, no: str) -> None:
        talk = Talk(respondent, "ja")
        talk.say(WAGES["ne"])
        turn = talk.press(no) if ":" in no else talk.say(no)
        assert talk.state.language == "ja"
        assert all_shown(turn) == words("ja", "Good, we stay with this language.")

    @pytest.mark.parametrize("between", ["k:ne", "h:work/unpaid-wages", ""])
    def test_it_is_asked_once(self, respondent: Respondent, between: str) -> None:
        talk = Talk(respondent, "ja")
        talk.say(WAGES["ne"])
        if between:
            talk.press(between)
        turn = talk.say(WAGES["ne-Latn"])
        assert turn.replies[0].language == "ne"
        assert words("ne", SWITCH, language=NATIVE_NAMES[LanguageCode("ne")]) not in all_shown(turn)

    def test_a_third_language_is_asked_about_too(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "ja")
        talk.say(WAGES["ne"])
        turn = talk.say(WAGES["my"])
        assert words("my", SWITCH, language=NATIVE_NAMES[LanguageCode("my")]) in all_shown(turn)

    def test_pressing_no_often_does_not_make_the_state_grow(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "ja")
        for _ in range(3):
            talk.press("k:ne")
        assert talk.state.switch_declined == ("ne",)

    @pytest.mark.parametrize("code", LANGUAGES)
    def test_the_command_shows_the_last_answer_in_the_language_chosen(self, respondent: Respondent, code: str) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        talk.command("language")
        turn = talk.press(f"l:{code}")
        assert ("h:work/unpaid-wages" in data(turn)) == (code != "en")
        assert {reply.language for reply in turn.replies} == {code}


class TestLanguagesWeDoNotSpeak:
    @pytest.mark.parametrize("name", OTHERS)
    @pytest.mark.parametrize("chosen", ["", "ne"])
    def test_they_are_answered_politely_in_all_four_with_who_speaks_more(
        self, respondent: Respondent, name: str, chosen: str
    ) -> None:
        talk = Talk(respondent, chosen)
        turn = talk.say(OTHERS[name])
        assert (turn.decision, turn.reading and turn.reading.language) == (Decision.UNKNOWN, "other")
        sorry = (
            "Sorry, I cannot read this language. I speak Nepali, Burmese, Japanese and English. "
            "In danger now? Police 110, ambulance and fire 119."
        )
        text = all_shown(turn)
        for code in LANGUAGES:
            assert words(code, sorry) in text
        assert "more language" in text
        assert {f"l:{code}" for code in LANGUAGES} <= set(data(turn))
        assert talk.state.language == (chosen or None)


class TestSmallTalk:
    @pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SMALL_TALK.items() for text in texts])
    def test_it_is_answered_in_kind(self, respondent: Respondent, kind: str, text: str) -> None:
        turn = Talk(respondent, "en").say(text)
        assert turn.decision == Decision.SMALLTALK
        assert any(shown(turn.replies[0]) == words(code, SAID[kind]) for code in LANGUAGES)

    @pytest.mark.parametrize("thumb", ["👍", "🙏", "❤️", "👍🏽", "🙏🙏"])
    def test_a_thumb_is_thanks(self, respondent: Respondent, thumb: str) -> None:
        turn = Talk(respondent, "my").say(thumb)
        assert all_shown(turn) == words("my", SAID["thanks"])

    @pytest.mark.parametrize("empty", ["", "  \n", "?", "...", "!!!", "\u200b\u200d", "\u202e", "\x00", "😭"])
    def test_nothing_to_read_is_said_so(self, respondent: Respondent, empty: str) -> None:
        turn = Talk(respondent, "ne").say(empty)
        assert all_shown(turn) == words("ne", "Your message is empty. Please write your question.")
        assert {"m", "p"} <= set(data(turn))
        assert turn.record == ""

    @pytest.mark.parametrize("no", ["no", "होइन", "いいえ"])
    def test_a_no_to_nothing_is_taken_kindly(self, respondent: Respondent, no: str) -> None:
        assert Talk(respondent, "en").say(no).decision == Decision.SMALLTALK

    def test_what_nobody_knows_is_admitted_and_kept_for_editors(self, small_respondent: Respondent) -> None:
        text = "what is the weather"
        talk = Talk(small_respondent, "en")
        turn = talk.say(text)
        assert all_shown(turn) == words("en", NOT_KNOWN)
        assert turn.record == text
        assert {"m", "p"} <= set(data(turn))


class TestSeveralShortMessages:
    def test_they_are_answered_as_one_question_when_it_goes_quiet(self, patient_with_little: Respondent) -> None:
        talk = Talk(patient_with_little, "en")
        for part in ("weather", "the weather", "what is the weather"):
            assert talk.say(part, after_s=1).decision == Decision.WAIT
        turn = talk.say(Quiet(), after_s=2)
        assert turn.decision in (Decision.UNKNOWN, Decision.SUGGEST)
        assert talk.state.question == "weather the weather what is the weather"
        assert talk.say(Quiet(), after_s=1).replies == ()

    def test_the_occasion_of_an_earlier_one_waits_for_the_later(self, patient_with_little: Respondent) -> None:
        talk = Talk(patient_with_little, "en")
        talk.say("weather")
        talk.say("the weather", after_s=1.5)
        early = talk.say(Quiet(), after_s=0.5)
        assert (early.replies, early.decision) == ((), Decision.WAIT)
        assert early.effects == (ResumeAt(talk.now + dt.timedelta(seconds=1.5)),)
        assert talk.say(Quiet(), after_s=1.5).replies

    def test_what_becomes_clear_with_the_second_is_answered_at_once(self, patient: Respondent) -> None:
        talk = Talk(patient, "en")
        assert talk.say("my boss").decision == Decision.WAIT
        turn = talk.say("did not pay my salary", after_s=1)
        assert turn.decision == Decision.ANSWER
        assert turn.found[0].id == "work/unpaid-wages"
        assert talk.say(Quiet(), after_s=2).replies == ()

    @pytest.mark.parametrize("between", ["hello", "🙏"])
    def test_thanks_in_between_do_not_swallow_the_question(self, patient_with_little: Respondent, between: str) -> None:
        talk = Talk(patient_with_little, "en")
        talk.say("weather")
        assert talk.say(between, after_s=1).decision == Decision.SMALLTALK
        talk.say(Quiet(), after_s=2)
        assert talk.state.question == "weather"

    def test_a_sticker_in_between_does_not_either(self, patient_with_little: Respondent) -> None:
        talk = Talk(patient_with_little, "en")
        talk.say("weather")
        talk.say(Attachment(AttachmentKind.STICKER), after_s=1)
        assert talk.say(Quiet(), after_s=2).replies

    def test_a_later_message_stands_alone(self, patient_with_little: Respondent) -> None:
        talk = Talk(patient_with_little, "en")
        talk.say("weather")
        talk.say(Quiet())
        talk.say("the weather", after_s=600)
        talk.say(Quiet())
        assert talk.state.question == "the weather"

    def test_a_long_message_does_not_wait(self, patient_with_little: Respondent) -> None:
        turn = Talk(patient_with_little, "en").say("what is the weather and what is the weather")
        assert turn.decision != Decision.WAIT


class TestWhatIsNotText:
    @pytest.mark.parametrize("kind", AttachmentKind)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_gets_a_helpful_answer(self, respondent: Respondent, kind: AttachmentKind, language: str) -> None:
        turn = Talk(respondent, language).say(Attachment(kind))
        assert words(language, DANGER_NOW) in all_shown(turn)
        assert {"m", "p"} <= set(data(turn))

    def test_a_caption_is_answered_as_words(self, respondent: Respondent) -> None:
        turn = Talk(respondent, "ne").say(Attachment(AttachmentKind.PHOTO, WAGES["ne"]))
        assert "h:work/unpaid-wages" in data(turn)
        assert shown(turn.replies[0]).startswith(
            words("ne", "I cannot look at pictures or files, I read only the words with it.")
        )

    def test_an_edited_message_is_looked_at_again_and_that_is_said(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say("bicycle")
        turn = talk.say(Text(WAGES["en"], edited=True))
        assert shown(turn.replies[0]) == words("en", "You changed your message, so I look again.")
        assert "h:work/unpaid-wages" in data(turn)

    def test_a_very_long_one_is_answered_from_its_beginning_and_that_is_said(self, respondent: Respondent) -> None:
        turn = Talk(respondent, "en").say(WAGES["en"] + ". " + "It was a company in the north. " * 200)
        assert shown(turn.replies[0]) == words("en", "That is very long. I could read only the beginning.")
        assert len(turn.replies) > 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_says_what_is_stored_and_how_to_delete_it(respondent: Respondent, language: str) -> None:
    text = all_shown(Talk(respondent, language).command("about"))
    assert "/forget" in text
    assert words(language, "This Tomoni is a test installation; no organisation stands behind it yet.") in text


def test_the_language_button_is_in_the_menu(respondent: Respondent) -> None:
    talk = Talk(respondent, "my")
    talk.command("menu")
    turn = talk.press(button(talk.turn, "Language").data)
    assert {f"l:{code}" for code in LANGUAGES} == set(data(turn))


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("nepli", "ne"), ("Nepalii", "ne"), ("नेपालि", "ne"), ("burmise", "my"), ("myanmr", "my"), ("မြန်မာစာ", "my"),
        ("japnese", "ja"), ("ネパル語", "ne"), ("englsh", "en"), ("Inglish", "en"),
    ],
)  # fmt: skip
def test_a_language_is_chosen_by_its_name_with_a_letter_wrong(
    respondent: Respondent, typed: str, language: str
) -> None:
    talk = Talk(respondent)
    talk.command("start")
    talk.say(typed)
    assert talk.state.language == language


@pytest.mark.parametrize("typed", ["japan", "engine", "salary", "police", "hospital", "निकाल्यो"])
def test_a_word_that_is_no_language_chooses_none(typed: str) -> None:
    assert language_in(fold(typed)) is None

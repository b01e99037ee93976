"""Language, script and normal form of messages as people type them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.i18n import JAPANESE, NEPALI
from bot.language.folding import fold
from bot.language.reading import Reader
from bot.language.romanise import romanise_nepali
from bot.language.script import main_script


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("मलाई तीन महिनादेखि तलब दिएको छैन", "ne", "Deva"),
        ("malai 2 mahina dekhi talab diyeko xaina", "ne", "Latn"),
        ("ကျနော့်ကို လစာ မပေးသေးဘူး", "my", "Mymr"),
        ("က်ေနာ့္ကို လစာ မေပးေသးဘူး", "my", "Zawgyi"),
        ("thu htay ka la kha ma pay bu", "my", "Latn"),
        ("きゅうりょう まだ もらっていません", "ja", "Jpan"),
        ("給料がまだ出ません", "ja", "Jpan"),
        ("kyuryo mada moratte imasen", "ja", "Latn"),
        ("my boss did not pay me for two months", "en", "Latn"),
        ("मुझे दो महीने से वेतन नहीं मिला है", "other", "Deva"),
        ("Tôi chưa được trả lương hai tháng", "other", "Latn"),
        ("我两个月没有拿到工资了怎么办", "other", "Hani"),
        ("월급을 두 달 동안 못 받았어요", "other", "Hang"),
        ("มีปัญหาเรื่องเงินเดือน", "other", "Thai"),
    ],
)
def test_language_and_script(reader: Reader, text: str, language: str, script: str) -> None:
    reading = reader.read(text)
    assert (reading.language, reading.script) == (language, script)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("पाइन्टको गोजीमा zairyu card भुलेर धुने मेसिनमा हालेछु", "ne"),
        ("ဇိုင်ရျူးကဒ် zairyu card ပျောက်သွားလို့ 在留カード", "my"),
        ("I got 解雇 what can I do", "en"),
        ("saitama no 会社 wo やめたい", "ja"),
    ],
)
def test_in_a_mixed_message_the_language_of_the_sentence_decides(reader: Reader, text: str, language: str) -> None:
    assert reader.read(text).language == language


def test_zawgyi_is_read_as_unicode(reader: Reader) -> None:
    assert reader.read("က်ေနာ့္ကို လစာ မေပးေသးဘူး").text == "ကျနော့်ကို လစာ မပေးသေးဘူး"


@pytest.mark.parametrize("word", ["လစာ မရဘူး", "မရဘူး", "ရမလား", "အိမ်လခ"])
def test_short_unicode_burmese_is_left_alone(reader: Reader, word: str) -> None:
    reading = reader.read(word)
    assert (reading.script, reading.text) == ("Mymr", word)


def test_a_prior_decides_where_nothing_else_does(reader: Reader) -> None:
    assert reader.read("12345 😀", NEPALI).language == NEPALI
    assert not reader.read("12345 😀", JAPANESE).certain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("talab diyeko chhaina", "talab diyeko xaina"),
        ("bha6", "vachha"),
        ("मेरो तलव दियेन", "मेरो तलब दियेन"),
        ("ｶｲｼｬ", "かいしゃ"),
        ("２ヶ月", "2ヶ月"),
        ("၂ လ", "2 လ"),
        ("Heeeelp!!!", "heelp"),
        ("ကျွန်တော် ပြီ", "ကျနော် ပီ"),
    ],
)
def test_spelling_habits_fold_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_devanagari_and_romanised_nepali_meet() -> None:
    assert romanise_nepali(fold("तलब")) == fold("talab")
    assert romanise_nepali(fold("दिएन")).replace("i", "") == fold("diyena").replace("i", "").replace("y", "")


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_anything_can_be_read(reader_for_any_text: Reader, text: str) -> None:
    reading = reader_for_any_text.read(text)
    assert fold(reading.normal_form) == reading.normal_form
    assert main_script(reading.text)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\u202e\u200b\u2066", "\ud800 lone", "\x00\x07", "👍👍👍", "https://example.org/x", "a" * 100_000],
)
def test_strange_input_is_read_without_a_fault(reader: Reader, text: str) -> None:
    reading = reader.read(text)
    assert "\u202e" not in reading.text
    assert "\ud800" not in reading.text
    assert len(reading.normal_form) < 5000

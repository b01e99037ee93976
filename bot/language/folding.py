"""The normal form: one spelling for what people spell in many ways. For matching only, never for reading."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_NOT_WORD = re.compile(r"[^\w\s\u0900-\u097f\u1000-\u109f]+")
_SPACES = re.compile(r"\s+")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_REPEATS = re.compile(r"(.)\1{2,}")
_DEVANAGARI = re.compile(r"[\u0900-\u097f]+")
_BURMESE_GAP = re.compile(r"(?<=[\u1000-\u109f])\s+(?=[\u1000-\u109f])")
_JAPANESE_GAP = re.compile(r"(?<=[\u3040-\u30ff\u4e00-\u9fff])\s+(?=[\u3040-\u30ff\u4e00-\u9fff])")
_LATIN_WORD = re.compile(r"[a-z0-9]*[a-z][a-z0-9]*")
_UNSEEN = ("Cf", "Cc", "Cs", "Co", "Cn")
_KEPT_SPACES = "\n\t "


def clean(text: str) -> str:
    """What a person meant to type: NFC, no control, zero-width or bidirectional marks, no lone surrogates."""
    if not text.isprintable():
        text = "".join(
            character if character in _KEPT_SPACES or unicodedata.category(character) not in _UNSEEN else ""
            for character in text
        )
    return unicodedata.normalize("NFC", text).strip()


def fold(text: str) -> str:
    """The normal form of clean text in any of our scripts: lower case, ASCII digits, half width, no links,
    emoji or punctuation, one spelling per sound. Idempotent."""
    text = _LINK.sub(" ", text)
    text = unicodedata.normalize("NFKC", text).lower()
    text = _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    text = _NOT_WORD.sub(" ", text)
    text = _REPEATS.sub(r"\1\1", text)
    text = _DEVANAGARI.sub(lambda match: fold_nepali(match[0]), text)
    text = fold_burmese(text)
    text = fold_japanese(text)
    text = _LATIN_WORD.sub(lambda match: fold_latin(match[0]), text)
    text = _SPACES.sub(" ", text).strip()
    return _JAPANESE_GAP.sub("", _BURMESE_GAP.sub("", text))


_NEPALI: Final = str.maketrans(
    {
        "ी": "ि", "ू": "ु", "ई": "इ", "ऊ": "उ", "श": "स", "ष": "स", "ण": "न", "ङ": "न", "ञ": "न",
        "व": "ब", "ँ": "ं", "ऐ": "ए", "ै": "े", "औ": "ओ", "ौ": "ो", "ृ": "्रि", "़": None, "ः": None,
        "।": " ", "॥": " ", "ॉ": "ा", "ॅ": "े",
    }
)  # fmt: skip


def fold_nepali(text: str) -> str:
    """Short and long vowels, the three s, the n and b/v become one; a halant at a word's end falls."""
    text = text.translate(_NEPALI)
    text = re.sub(r"न्(?=[क-म])", "ं", text)
    text = re.sub("म्(?=[पफबभ])", "ं", text)
    return text.rstrip("्")


_BURMESE_HABITS: Final = (
    ("ဥ်", "ဉ်"), ("့်", "့်"), ("ပြီ", "ပီ"), ("လည်း", "လဲ"), ("ကျွန်တော်", "ကျနော်"), ("ကျွန်မ", "ကျမ"),
    ("ယောက်ျား", "ယောကျာ်း"), ("သည်", "တယ်"), ("ဘူး", "ဘူ"), ("ဦး", "အုံး"), ("ပဲ", "ဘဲ"), ("၎င်း", "လည်းကောင်း"),
)  # fmt: skip


def fold_burmese(text: str) -> str:
    """Marks in one order and the common everyday spellings as one."""
    if not re.search("[\u1000-\u109f]", text):
        return text
    text = re.sub("([\u1037])([\u103a])", r"\2\1", text)
    for habit, form in _BURMESE_HABITS:
        text = text.replace(habit, form)
    return text.replace("၊", " ").replace("။", " ").replace("\u103a\u1037", "\u1037\u103a")


def fold_japanese(text: str) -> str:
    """Katakana becomes hiragana, long-vowel marks fall, small tsu and small vowels keep their place."""
    kana = (chr(ord(character) - 0x60) if "\u30a1" <= character <= "\u30f6" else character for character in text)
    return "".join(kana).replace("ー", "")


_LATIN_RULES: Final = (
    (re.compile("chh|ch|x"), "c"),
    (re.compile("([kgjtdpbs])h"), r"\1"),
    (re.compile("ph|f"), "p"),
    (re.compile("[vw]"), "b"),
    (re.compile("z"), "j"),
    (re.compile("q"), "k"),
    (re.compile("ee|ii|ea"), "i"),
    (re.compile("oo|uu"), "u"),
    (re.compile("ou"), "o"),
    (re.compile("a+"), "a"),
    (re.compile("(?<=.)y$"), "i"),
    (re.compile(r"(.)\1"), r"\1"),
)


def fold_latin(word: str) -> str:
    """One spelling for romanised Nepali, Burmese and Japanese as texted: chha, xa, 6 and cha become ca;
    aspirates, doubled letters, v/w/b and long vowels become one. English words fold the same way."""
    word = re.sub(r"(?<=[a-z])6|^6(?=[a-z])", "cha", word)
    folded = ""
    while folded != word:
        folded, word = word, _fold_once(word)
    return word


def _fold_once(word: str) -> str:
    for rule, form in _LATIN_RULES:
        word = rule.sub(form, word)
    return word

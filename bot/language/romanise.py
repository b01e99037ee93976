"""Folded Latin for text in other scripts, as people text it: phrases of both scripts then share what they teach.

For matching only. The spellings follow the habits of chat, not a standard of transliteration.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final

import jaconv

from bot.language.folding import fold_japanese, fold_latin

_NEPALI_LETTERS: Final = {
    "अ": "a", "आ": "a", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ए": "e", "ऐ": "ai", "ओ": "o", "औ": "au",
    "क": "k", "ख": "k", "ग": "g", "घ": "g", "ङ": "n", "च": "c", "छ": "c", "ज": "j", "झ": "j", "ञ": "n",
    "ट": "t", "ठ": "t", "ड": "d", "ढ": "d", "ण": "n", "त": "t", "थ": "t", "द": "d", "ध": "d", "न": "n",
    "प": "p", "फ": "p", "ब": "b", "भ": "b", "म": "m", "य": "y", "र": "r", "ल": "l", "व": "b", "स": "s",
    "श": "s", "ष": "s", "ह": "h",
}  # fmt: skip
_NEPALI_SIGNS: Final = {"ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "े": "e", "ै": "ai", "ो": "o", "ौ": "au"}

# The last vowel is silent in nouns (talab), not in negated verbs (diyena, chaina, paina).
_NEPALI_NEGATIVE: Final = re.compile("[एइेिै]न$")


def romanise_nepali(text: str) -> str:
    """Folded Devanagari in folded Latin, word by word."""
    words: list[str] = []
    for word in text.split():
        out: list[str] = []
        for index, character in enumerate(word):
            following = word[index + 1] if index + 1 < len(word) else ""
            if character in _NEPALI_SIGNS:
                out.append(_NEPALI_SIGNS[character])
            elif character == "ं":
                out.append("n")
            elif character in _NEPALI_LETTERS:
                out.append(_NEPALI_LETTERS[character])
                bare = character not in "अआइईउऊएऐओऔ"
                spoken = following or len(word) < 3 or _NEPALI_NEGATIVE.search(word)
                if bare and following not in _NEPALI_SIGNS and following != "्" and spoken:
                    out.append("a")
            elif character != "्":
                out.append(character)
        words.append(fold_latin("".join(out)))
    return " ".join(words)


_BURMESE_SYLLABLE: Final = re.compile(
    "(?P<initial>[က-အ])(?:္[က-အ])?(?P<medials>[ျြွှ]*)(?P<vowels>[ါာိီုူေဲံ့း်]*)(?P<finals>(?:[က-အ](?:်[့း]?|့်း?))*)"
)
_BURMESE_INITIALS: Final = {
    "က": "k", "ခ": "kh", "ဂ": "g", "ဃ": "g", "င": "ng", "စ": "s", "ဆ": "s", "ဇ": "z", "ဈ": "z", "ည": "ny", "ဉ": "ny",
    "ဋ": "t", "ဌ": "t", "ဍ": "d", "ဎ": "d", "ဏ": "n", "တ": "t", "ထ": "t", "ဒ": "d", "ဓ": "d", "န": "n", "ပ": "p",
    "ဖ": "p", "ဗ": "b", "ဘ": "b", "မ": "m", "ယ": "y", "ရ": "y", "လ": "l", "ဝ": "w", "သ": "th", "ဟ": "h", "ဠ": "l",
    "အ": "",
}  # fmt: skip
_BURMESE_PALATAL: Final = {"k": "ky", "kh": "ch", "g": "gy"}
_BURMESE_OPEN: Final = {
    "": "a", "ာ": "a", "ါ": "a", "ိ": "i", "ီ": "i", "ု": "u", "ူ": "u", "ေ": "ay", "ဲ": "ae", "ော": "aw", "ေါ": "aw",
    "ို": "o", "ံ": "an", "ုံ": "one", "ိံ": "ein",
}  # fmt: skip
_BURMESE_CLOSED: Final = {
    "": {"က": "et", "င": "in", "စ": "it", "ည": "i", "ဉ": "in", "တ": "at", "ပ": "at", "န": "an", "မ": "an", "ယ": "e"},
    "ာ": {"န": "an", "တ": "at"},
    "ိ": {"တ": "ate", "ပ": "ate", "က": "ate", "န": "ein", "မ": "ein"},
    "ု": {"တ": "ote", "ပ": "ote", "က": "ote", "န": "one", "မ": "one", "ဏ": "one"},
    "ော": {"က": "auk", "င": "aung"},
    "ေါ": {"က": "auk", "င": "aung"},
    "ို": {"က": "ite", "င": "ine"},
}


def romanise_burmese(text: str) -> list[str]:
    """Folded Burmese as folded Latin syllables."""
    return [fold_latin(_burmese_syllable(match)) for match in _BURMESE_SYLLABLE.finditer(text)]


def _burmese_syllable(match: re.Match[str]) -> str:
    initial = _BURMESE_INITIALS.get(match["initial"], "")
    medials = match["medials"]
    if "ျ" in medials or "ြ" in medials:
        initial = _BURMESE_PALATAL.get(initial, initial + "y")
    if "ှ" in medials and match["initial"] in "ယရ":
        initial = "sh"
    if "ွ" in medials:
        initial += "w"
    vowels = re.sub("[့း်]", "", match["vowels"])
    finals = match["finals"][:1]
    rhyme = _BURMESE_CLOSED.get(vowels, {}).get(finals) if finals else None
    return initial + (rhyme or _BURMESE_OPEN.get(vowels, "a"))


_CONTINUES_A_WORD: Final = ("助動詞", "接尾辞")


def read_japanese(text: str) -> list[str]:
    """The words of folded Japanese in hiragana, kanji read as UniDic reads them; endings stay with their word."""
    words: list[str] = []
    for token in _tagger()(text):
        kana = fold_japanese(token.feature.kana or token.surface)
        joined = token.feature.pos1 in _CONTINUES_A_WORD or token.feature.pos2 == "接続助詞"
        if joined and words:
            words[-1] += kana
        else:
            words.append(kana)
    return words


def romanise_japanese(words: list[str]) -> list[str]:
    """Hiragana words in folded Latin; long vowels as people leave them out."""
    return [fold_latin(jaconv.kana2alphabet(word)) for word in words]


@functools.cache
def _tagger() -> Any:
    # The dictionary takes a moment to open and only Japanese needs it.
    import fugashi  # noqa: PLC0415

    return fugashi.Tagger()

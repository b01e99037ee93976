"""Which language a text is in, once its script is known."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from bot.language.folding import clean

_WORD = re.compile(r"[a-z0-9'’]+")
# Words that only one of the two languages written in Devanagari uses, as they are heard every day.
_NEPALI_WORDS: Final = frozenset(
    [
        "छ",
        "छैन",
        "छु",
        "छन्",
        "छौ",
        "हो",
        "होइन",
        "लाई",
        "ले",
        "मा",
        "बाट",
        "को",
        "का",
        "की",
        "र",
        "पनि",
        "गर्न",
        "गर्ने",
        "गर्नु",
        "भयो",
        "भए",
        "भन्छ",
        "भने",
        "मलाई",
        "मेरो",
        "हुन्छ",
        "हुँदैन",
        "कति",
        "कहाँ",
        "कसरी",
        "किन",
        "के",
        "कुन",
        "यो",
        "त्यो",
        "हामी",
        "तपाईं",
        "उनी",
        "थियो",
        "थिए",
        "पर्छ",
        "पर्यो",
        "सक्छु",
        "जान्छु",
        "दिएन",
        "दिन्छ",
        "आउँछ",
        "गयो",
        "अब",
        "नि",
        "ल",
        "हजुर",
    ]
)
_HINDI_WORDS: Final = frozenset(
    [
        "है",
        "हैं",
        "हूँ",
        "हूं",
        "था",
        "थी",
        "थे",
        "नहीं",
        "मुझे",
        "मेरा",
        "मेरी",
        "मेरे",
        "क्या",
        "कैसे",
        "कहाँ",
        "क्यों",
        "में",
        "से",
        "और",
        "भी",
        "हम",
        "आप",
        "वह",
        "यह",
        "ये",
        "वे",
        "किया",
        "करना",
        "करने",
        "करता",
        "करती",
        "चाहिए",
        "सकता",
        "सकते",
        "गया",
        "गयी",
        "गई",
        "रहा",
        "रही",
        "रहे",
        "लिए",
        "बहुत",
        "अगर",
        "तो",
        "ने",
        "कर",
        "दिया",
        "मिला",
        "मिली",
    ]
)
_HINDI_ONLY: Final = _HINDI_WORDS - _NEPALI_WORDS - {"क्या", "कहाँ", "से", "कर", "ने", "तो"}
_NEPALI_ENDINGS: Final = (
    "लाई",
    "हरू",
    "हरु",
    "को",
    "मा",
    "बाट",
    "छु",
    "छन्",
    "छैन",
    "दैन",
    "यो",
    "एको",
    "नुपर्छ",
    "ले",
)
# Characters of simplified Chinese that Japanese does not write.
_SIMPLIFIED: Final = frozenset(
    "们说没吗么这还资钱签证问个为什给谁吧呢您她从东车长门医药护华难让应该边关开样两时过话费办处报种"
)
_OTHER_LATIN: Final = re.compile(r"[ăâđêôơưãõçñßığşżłąęðþøåæœ¿¡ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
# Function words of languages often heard among our readers' neighbours: Vietnamese without marks, Indonesian,
# Tagalog, Portuguese, Spanish, French, German, romanised Hindi.
_OTHER_WORDS: Final[Mapping[str, str]] = {
    "vi": "toi khong duoc cua nhung nguoi cho voi lam viec luong cong ty bi va mot nhu the nao khi nay ban muon giup",
    "id": "saya tidak yang dan untuk dengan ini itu ada bisa bagaimana kerja gaji belum mau dari apa",
    "tl": "ako ang mga hindi ko sa na ng po paano saan trabaho sahod wala akong kami para gusto ito siya",
    "pt": "eu não nao uma que para meu minha trabalho salário como posso fazer estou tem você voce com por onde",
    "es": "yo que para mi trabajo salario como puedo hacer estoy tengo los las por donde ayuda quiero cuando no me el",
    "fr": "je ne pas mon ma travail salaire comment puis faire suis une les des pour avec est dans vous où aide",
    "de": "ich nicht mein meine arbeit lohn wie kann machen bin eine der die das für mit ist und sie wo hilfe",
    "hi": "mujhe nahi hai hain mera meri kya kaise mein kar raha rahi hoon karna chahiye mili nahin aap hum tha se aur",
}
_OTHER_SETS: Final = {code: frozenset(words.split()) for code, words in _OTHER_WORDS.items()}


def is_hindi(text: str) -> bool:
    """Whether Devanagari text is Hindi rather than Nepali. In doubt it is Nepali, whom we serve."""
    words = re.findall(r"[\u0900-\u097f]+", text)
    hindi = sum(word in _HINDI_ONLY for word in words)
    nepali = sum(word in _NEPALI_WORDS or (len(word) > 3 and word.endswith(_NEPALI_ENDINGS)) for word in words)
    return hindi >= 1 and hindi > nepali


def is_chinese(text: str) -> bool:
    """Whether text in Chinese characters alone is Chinese rather than a Japanese word without kana."""
    han = [character for character in text if "\u4e00" <= character <= "\u9fff"]
    return any(character in _SIMPLIFIED for character in han) or len(han) > 12


class LatinIdentifier:
    """Tells English, romanised Nepali, romanised Burmese and romaji apart.

    A naive Bayes model over character 2- to 4-grams of the words, learnt from the project's own phrases, for
    which no library knows the romanised languages (measured in docs/understanding.md).
    """

    def __init__(self, samples: Mapping[str, Iterable[str]]) -> None:
        """`samples`: variant (en, ne-Latn, my-Latn, ja-Latn) to lines written in it."""
        counts = {variant: Counter[str]() for variant in samples}
        for variant, lines in samples.items():
            # Most words come again and again; each is taken apart once.
            for word, times in Counter(_words("\n".join(lines))).items():
                for gram in _grams(word):
                    counts[variant][gram] += times
        self.variants = tuple(counts)
        vocabulary = set().union(*counts.values()) if counts else set()
        size = len(vocabulary) + 1
        totals = {variant: sum(counter.values()) for variant, counter in counts.items()}
        self._unknown = tuple(-math.log((totals[variant] + 0.5 * size) / 0.5) for variant in self.variants)
        self._weights: dict[str, tuple[float, ...]] = {
            gram: tuple(
                math.log((counts[variant][gram] + 0.5) / (totals[variant] + 0.5 * size)) for variant in self.variants
            )
            for gram in vocabulary
        }

    def scores(self, text: str) -> dict[str, float]:
        """The probability of each variant for `text`; they add up to 1."""
        logs = [0.0] * len(self.variants)
        for word in _words(text)[:80]:
            for gram in _grams(word):
                for index, weight in enumerate(self._weights.get(gram, self._unknown)):
                    logs[index] += weight
        # Overlapping n-grams count the same evidence several times; a third of it is a sober estimate.
        best = max(logs, default=0.0)
        shares = [math.exp((log - best) / 3) for log in logs]
        total = sum(shares) or 1.0
        return {variant: share / total for variant, share in zip(self.variants, shares, strict=True)}


def other_latin_language(text: str) -> str | None:
    """The code of a language we do not speak that Latin text is plainly written in, or None."""
    lowered = text.lower()
    words = _words(lowered)
    if not words:
        return None
    marks = len(_OTHER_LATIN.findall(lowered))
    found = {code: sum(word in known for word in words) for code, known in _OTHER_SETS.items()}
    code = max(found, key=lambda key: found[key])
    if marks >= 2 or (marks and found[code]):
        return code if found[code] else "und"
    return code if found[code] >= 3 and found[code] / len(words) >= 0.4 else None


def _words(text: str) -> list[str]:
    return _WORD.findall(clean(text).lower())


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    grams = [padded[start : start + size] for size in (2, 3, 4) for start in range(len(padded) - size + 1)]
    grams.append(padded)
    return grams

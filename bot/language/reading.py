"""A message understood as language: which one, in which script, and in what normal form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.i18n import BURMESE, ENGLISH, JAPANESE, LANGUAGES, NEPALI
from bot.language.folding import clean, fold
from bot.language.identify import LatinIdentifier, is_chinese, is_hindi, other_latin_language
from bot.language.script import main_script
from bot.language.zawgyi import is_zawgyi, to_unicode
from bot.messages import LanguageCode

OTHER: Final = LanguageCode("other")
UNWRITTEN: Final = LanguageCode("")
_BY_LATIN_VARIANT: Final = {"en": ENGLISH, "ne-Latn": NEPALI, "my-Latn": BURMESE, "ja-Latn": JAPANESE}
# What decides is said early; a hundred kilobytes pasted in must not keep anyone else waiting.
MAX_READ: Final = 2000


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as the thinking part sees it.

    `language` is one of LANGUAGES, `other`, or empty where nothing is written in any (digits, emoji).
    `script` is an ISO 15924 code, or Zawgyi. `text` is clean Unicode, `normal_form` is for matching only.
    `certain` tells whether the language is plain; where not, the conversation's own language outranks it.
    """

    language: LanguageCode
    script: str
    text: str
    normal_form: str
    certain: bool

    @property
    def variant(self) -> str:
        """The name of the phrase files this reading matches: ne, ne-Latn, my, my-Latn, ja, ja-Latn, en."""
        if self.script == "Latn" and self.language in (NEPALI, BURMESE, JAPANESE):
            return f"{self.language}-Latn"
        return self.language


class Reader:
    """Reads messages. Pure: the same text always gives the same reading."""

    def __init__(self, latin: LatinIdentifier) -> None:
        self._latin = latin

    def read(self, text: str, prior: LanguageCode | None = None) -> Reading:
        """Understand `text` as language; `prior` is the language the conversation is in, if it is known.

        Never fails: at worst the language is `other`, or empty where there is no letter at all.
        """
        text = clean(text)
        script = main_script(text[:MAX_READ])
        if script == "Mymr" and is_zawgyi(text[:MAX_READ]):
            script, text = "Zawgyi", to_unicode(text)
        language, certain = self._identify(text[:MAX_READ], script, prior)
        return Reading(language, script, text, fold(text[:MAX_READ]), certain)

    def _identify(self, text: str, script: str, prior: LanguageCode | None) -> tuple[LanguageCode, bool]:
        if script == "Deva":
            return (OTHER, True) if is_hindi(text) else (NEPALI, True)
        if script in ("Mymr", "Zawgyi"):
            return BURMESE, True
        if script == "Jpan":
            return JAPANESE, True
        if script == "Hani":
            return (OTHER, True) if is_chinese(text) else (JAPANESE, len(text) > 3)
        if script == "Zyyy":
            return prior or UNWRITTEN, False
        if script != "Latn":
            return OTHER, True
        return self._identify_latin(text, prior)

    def _identify_latin(self, text: str, prior: LanguageCode | None) -> tuple[LanguageCode, bool]:
        if other_latin_language(text):
            return OTHER, True
        scores = self._latin.scores(text)
        if not scores:
            return prior or ENGLISH, False
        if prior in LANGUAGES:
            favoured = "en" if prior == ENGLISH else f"{prior}-Latn"
            scores = {variant: score * (3 if variant == favoured else 1) for variant, score in scores.items()}
        best = max(scores, key=lambda variant: scores[variant])
        letters = len(re.findall(r"[A-Za-z]", text))
        certain = scores[best] / sum(scores.values()) > 0.9 and letters >= 8
        return _BY_LATIN_VARIANT[best], certain

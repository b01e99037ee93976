"""Finding the prefecture somebody means, in whatever script and spelling they type it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz, process

from bot.knowledge.article import LocalText
from bot.language.folding import clean, fold

# Measured on the misspellings in the tests: below this, different prefectures begin to pass for one another.
SURE: Final = 80.0
POSSIBLE: Final = 62.0
MAX_POSSIBLE: Final = 3
# Words around the name: “I live in …”, 県, ken, city. They would make long sentences look alike.
_AROUND: Final = ("県", "都", "府", "市", "けん", "し", "ken", "prefecture", "city", "to", "fu", "shi")


class Prefecture(BaseModel):
    """One prefecture: its name in four languages, its reading, and other names people write for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str
    ja: str
    kana: str
    ne: str
    my: str
    also: tuple[str, ...] = ()

    def in_language(self, language: str) -> str:
        """Its name for a reader of `language`."""
        return LocalText(en=self.en, ja=self.ja, ne=self.ne, my=self.my).in_language(language)


class PrefectureFinder:
    """Finds prefectures by any of their names. Immutable."""

    def __init__(self, prefectures: Mapping[str, Prefecture]) -> None:
        self._owners: dict[str, str] = {}
        for key, prefecture in prefectures.items():
            names = (key, prefecture.en, prefecture.ja, prefecture.kana, prefecture.ne, prefecture.my, *prefecture.also)
            for name in names:
                self._owners.setdefault(fold(clean(name)), key)
                self._owners.setdefault(_bare(fold(clean(name))), key)

    def find(self, text: str) -> list[str]:
        """The prefectures `text` may mean, best first: one where it is plain, up to three where not, else none."""
        form = fold(clean(text))
        if not form:
            return []
        if form in self._owners or _bare(form) in self._owners:
            return [self._owners.get(form) or self._owners[_bare(form)]]
        spoken = [name for name in self._owners if len(name) > 1 and _contains(form, name)]
        if spoken:
            # とうきょうと holds きょうと too; the longest name is the one that was meant.
            return [self._owners[max(spoken, key=len)]]
        scored = process.extract(_bare(form), self._owners.keys(), scorer=fuzz.ratio, score_cutoff=POSSIBLE, limit=10)
        best: dict[str, float] = {}
        for name, score, _ in scored:
            best[self._owners[name]] = max(score, best.get(self._owners[name], 0))
        ranked = sorted(best, key=lambda key: -best[key])
        if ranked and best[ranked[0]] >= SURE and (len(ranked) == 1 or best[ranked[0]] - best[ranked[1]] >= 5):
            return ranked[:1]
        return ranked[:MAX_POSSIBLE]


def _bare(form: str) -> str:
    """A folded name without the word for prefecture or city behind it."""
    for ending in _AROUND:
        folded = fold(ending)
        if (
            form.endswith(folded)
            and len(form) - len(folded) >= 2
            and (not folded.isascii() or form[-len(folded) - 1] == " ")
        ):
            return form[: -len(folded)].strip()
    return form


def _contains(form: str, name: str) -> bool:
    """Whether a sentence names a place: as a word of its own, or anywhere where no spaces are written."""
    if name.isascii():
        return f" {name} " in f" {form} "
    return name in form

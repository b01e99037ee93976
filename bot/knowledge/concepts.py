"""The concept lexicon: words of all languages and scripts that mean the same, so that the phrases of one language
teach what they share to the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.language.folding import fold

_UNSPACED: Final = re.compile("[\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
_LONGEST_EXPRESSION: Final = 3
_SHORTEST_STEM: Final = 5
_SHORTEST_UNSPACED: Final = 2


class ConceptLexicon:
    """Finds concepts in normal forms. Immutable.

    Burmese and Japanese forms are found anywhere; other forms as whole words or expressions of up to three words,
    and single words of five letters and more also as the beginning of a word.
    """

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        """`concepts` maps each concept to its forms as people type them."""
        self._parts: dict[str, list[str]] = {}
        self._words: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        for concept, forms in concepts.items():
            for form in dict.fromkeys(fold(form) for form in forms):
                if _UNSPACED.search(form):
                    if len(form) >= _SHORTEST_UNSPACED:
                        self._parts.setdefault(form, []).append(concept)
                elif form:
                    self._words.setdefault(form, []).append(concept)
                    if " " not in form and len(form) >= _SHORTEST_STEM:
                        self._stems.setdefault(form, []).append(concept)
        self._lengths = sorted({len(form) for form in self._parts})

    def find(self, normal_form: str) -> set[str]:
        """The concepts a normal form speaks of."""
        found: set[str] = set()
        words = normal_form.split()
        for start, word in enumerate(words):
            for size in range(1, _LONGEST_EXPRESSION + 1):
                found.update(self._words.get(" ".join(words[start : start + size]), ()))
            for size in range(_SHORTEST_STEM, len(word)):
                found.update(self._stems.get(word[:size], ()))
        if _UNSPACED.search(normal_form):
            for start in range(len(normal_form)):
                for size in self._lengths:
                    found.update(self._parts.get(normal_form[start : start + size], ()))
        return found

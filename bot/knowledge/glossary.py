"""The glossary: official Japanese words and the one wording that the articles of each language use for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from bot.errors import KnowledgeBaseError
from bot.knowledge.article import LocalText, Words
from bot.knowledge.files import Problems, read_registry, read_text
from bot.markup import RUBY, without_ruby


class Term(LocalText):
    """An official word. `ja` has its furigana, `reading` is in Latin letters.

    `also` holds wordings that are right too, mostly for grammar; `avoid` those that articles must not use.
    """

    reading: Words
    also: dict[Literal["en", "ne", "my"], tuple[Words, ...]] = Field(default_factory=dict)
    avoid: dict[Literal["en", "ne", "my"], tuple[Words, ...]] = Field(default_factory=dict)

    @property
    def written(self) -> str:
        """As it stands on a sign or a paper: 在留カード."""
        return without_ruby(self.ja)

    @property
    def in_kana(self) -> str:
        """As it is spoken: ざいりゅうカード."""
        return RUBY.sub(r"\2", self.ja)


@dataclass(frozen=True, slots=True)
class Glossary:
    """The terms by id, and the line of `path` on which each begins."""

    path: Path
    terms: Mapping[str, Term]
    lines: Mapping[str, int]


def read_glossary(root: Path) -> Glossary:
    """Read `root`'s glossary.yaml; one without terms where there is no such file.

    Raises KnowledgeBaseError listing each malformed term as `file:line: what is wrong`.
    """
    path = root / "glossary.yaml"
    if not path.exists():
        return Glossary(path, {}, {})
    problems = Problems(root)
    terms = read_registry(path, Term, problems)
    lines: dict[str, int] = {}
    for number, line in enumerate((read_text(path, problems) or "").splitlines(), start=1):
        begin = re.match(r"([^\s#:]+):", line)
        # YAML itself would silently keep the last of two.
        if begin and lines.setdefault(begin[1], number) != number:
            problems.add(path, number, f"{begin[1]}: stands on line {lines[begin[1]]} already; give it another id")
    if problems.lines:
        raise KnowledgeBaseError(problems.lines)
    return Glossary(path, terms, lines)

"""What search came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The ways out of a search."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    SMALLTALK = "smalltalk"
    PERSON = "person"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article and the calibrated probability that it is the one asked for."""

    id: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Finding:
    """The articles, best first, and what to do with them. `smalltalk` is its kind (greeting, thanks, …)."""

    outcome: Outcome
    articles: tuple[ScoredArticle, ...] = ()
    smalltalk: str = ""

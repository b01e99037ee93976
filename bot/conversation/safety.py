"""Danger to life, recognised before anything else is thought of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.knowledge.classifier import LinearClassifier
from bot.knowledge.finding import ScoredArticle
from bot.language.reading import Reading

CALM: Final = "calm"


@dataclass(frozen=True, slots=True)
class Urgency:
    """A danger: its kind and the emergency articles for it, best first."""

    kind: str
    articles: tuple[ScoredArticle, ...]


class Safety:
    """Tells danger in a reading. Immutable; errs on the safe side, by as much as calibration found right."""

    def __init__(self, classifier: LinearClassifier, articles: Mapping[str, tuple[str, ...]], threshold: float) -> None:
        """`articles` maps each kind of danger to its emergency articles; `threshold` is how far the likeliest
        kind must score above calm."""
        self._classifier = classifier
        self._articles = articles
        self._threshold = threshold
        self._calm = classifier.labels.index(CALM)

    def margin(self, reading: Reading) -> tuple[float, str]:
        """How far the likeliest kind of danger scores above calm, and which kind that is."""
        scores = self._classifier.scores(reading.normal_form)
        calm = float(scores[self._calm])
        dangers = [
            (float(score), label) for score, label in zip(scores, self._classifier.labels, strict=True) if label != CALM
        ]
        score, kind = max(dangers)
        return score - calm, kind

    def check(self, reading: Reading) -> Urgency | None:
        """The danger a message speaks of, or None."""
        if not reading.normal_form:
            return None
        margin, kind = self.margin(reading)
        if margin < self._threshold:
            return None
        certainty = float(1 / (1 + np.exp(-4 * (margin - self._threshold))))
        return Urgency(
            kind,
            tuple(
                ScoredArticle(article, round(certainty * 0.95**rank, 4))
                for rank, article in enumerate(self._articles.get(kind, ()))
            ),
        )

"""From a reading to a finding: which articles, how sure, and which of the three ways out."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.knowledge.calibration import Calibration
from bot.knowledge.classifier import Floats, LinearClassifier
from bot.knowledge.finding import Finding, Outcome, ScoredArticle
from bot.language.reading import Reading

PERSON: Final = "person"
NOTHING: Final = "nothing"
SMALLTALK: Final = "smalltalk:"
MAX_FOUND: Final = 5
# Small talk is short; a longer message that begins with hello is about what comes after it.
MAX_SMALLTALK: Final = 80


class Search:
    """Ranks articles for a reading. Immutable; the same reading always gives the same finding."""

    def __init__(self, classifier: LinearClassifier, calibration: Calibration) -> None:
        self.classifier = classifier
        self.calibration = calibration
        self._articles = tuple((index, label) for index, label in enumerate(classifier.labels) if "/" in label)

    def find(self, reading: Reading) -> Finding:
        """What fits `reading`: articles with calibrated confidence, best first, at most five."""
        if not reading.normal_form:
            return Finding(Outcome.UNKNOWN)
        shares = self.probabilities(self.classifier.scores(reading.normal_form))
        ranked = sorted(((float(shares[index]), label) for index, label in self._articles), reverse=True)
        articles = tuple(ScoredArticle(label, round(share, 4)) for share, label in ranked[:MAX_FOUND])
        label = self.classifier.labels[int(np.argmax(shares))]
        certain = float(np.max(shares)) >= self.calibration.intent
        if label == PERSON and certain:
            return Finding(Outcome.PERSON, articles)
        if label.startswith(SMALLTALK) and certain and len(reading.text) <= MAX_SMALLTALK:
            return Finding(Outcome.SMALLTALK, articles, label.removeprefix(SMALLTALK))
        best = articles[0].confidence if articles else 0.0
        if best >= self.calibration.answer:
            return Finding(Outcome.ANSWER, articles)
        if best >= self.calibration.suggest and label != NOTHING:
            return Finding(Outcome.SUGGEST, articles)
        return Finding(Outcome.UNKNOWN, articles)

    def probabilities(self, scores: Floats) -> Floats:
        """Scores of all labels as probabilities that add up to 1."""
        scaled = scores * self.calibration.sharpness
        powers = np.exp(scaled - np.max(scaled))
        return np.asarray(powers / powers.sum(), dtype=np.float32)

"""Danger to life, recognised before anything else is thought of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.conversation.typed import is_cry_for_help, is_plain_reply
from bot.knowledge.classifier import LinearClassifier
from bot.knowledge.finding import ScoredArticle
from bot.language.reading import Reader, Reading

CALM: Final = "calm"
# ISO 15924 for what is in no script: digits, signs, emoji.
NO_LETTERS: Final = "Zyyy"
# Of a text longer than 100 kB the rest is not looked through.
MAX_CHECKED_BYTES: Final = 100 * 1024
# The check is calibrated on messages, which are up to 150 characters long. In a longer text one line of danger
# drowns: set among six calm messages, none of the labelled dangers was found, but nine in ten (eight in ten where
# nothing separates the sentences) when looked for in pieces of this size, with four false alarms in a hundred.
LONG_MESSAGE: Final = 160
LONGEST_PIECE: Final = 60
SHORTEST_PIECE: Final = 20
OVERLAP: Final = 30
# Every piece of a long text, and the whole of it, is one more chance of a false alarm.
EXTRA_FOR_PIECES: Final = 0.3
_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？।॥။\n])\s*")


@dataclass(frozen=True, slots=True)
class Urgency:
    """A danger: its kind and the emergency articles for it, best first."""

    kind: str
    articles: tuple[ScoredArticle, ...]


class Safety:
    """Tells danger in a reading. Immutable; errs on the safe side, by as much as calibration found right."""

    def __init__(
        self,
        classifier: LinearClassifier,
        articles: Mapping[str, tuple[str, ...]],
        threshold: float,
        possible: float = float("inf"),
    ) -> None:
        """`articles` maps each kind of danger to its emergency articles; `threshold` is how far the likeliest
        kind must score above calm to be a danger, `possible` from where on it may be one."""
        self._classifier = classifier
        self._articles = articles
        self._threshold = threshold
        self._possible = possible
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

    def check(self, reading: Reading, *, extra: float = 0.0) -> Urgency | None:
        """The danger a message speaks of, or None. `extra` is added to the threshold."""
        if not reading.normal_form:
            return None
        margin, kind = self.margin(reading)
        if margin < self._threshold + extra:
            return None
        certainty = float(1 / (1 + np.exp(-4 * (margin - self._threshold))))
        return Urgency(
            kind,
            tuple(
                ScoredArticle(article, round(certainty * 0.95**rank, 4))
                for rank, article in enumerate(self._articles.get(kind, ()))
            ),
        )

    def may_be_danger(self, reading: Reading) -> tuple[str, ...]:
        """The emergency articles of the danger a message may speak of without being plain; empty where none."""
        if not reading.normal_form or reading.script == NO_LETTERS:
            return ()
        margin, kind = self.margin(reading)
        return self._articles.get(kind, ()) if margin >= self._possible else ()

    def look_through(self, reader: Reader, text: str, reading: Reading) -> Urgency | None:
        """The danger anywhere in `text`, however long and wherever in it; `reading` is that of its beginning.
        A bare call to be saved counts as an attack; a bare yes, no, number or name of a language as nothing."""
        if is_plain_reply(reading.normal_form):
            return None
        if reading.script == NO_LETTERS and not is_cry_for_help(text, reading.normal_form):
            return None
        urgency = self.check(reading, extra=EXTRA_FOR_PIECES if len(text) > LONG_MESSAGE else 0.0)
        if urgency is None and is_cry_for_help(text, reading.normal_form):
            articles = self._articles.get("attack", ())
            urgency = Urgency("attack", tuple(ScoredArticle(article, 1.0) for article in articles))
        pieces = pieces_of(text) if urgency is None else iter(())
        return urgency or next(
            filter(None, (self.check(reader.read(piece), extra=EXTRA_FOR_PIECES) for piece in pieces)), None
        )


def pieces_of(text: str) -> Iterator[str]:
    """The sentences of a text longer than a message, each different one once: short ones joined with the next,
    long ones cut so that the pieces overlap. Nothing for a text no longer than a message."""
    if len(text) <= LONG_MESSAGE:
        return
    text = text.encode("utf-8", "ignore")[:MAX_CHECKED_BYTES].decode("utf-8", "ignore")
    seen: set[str] = set()
    rest = ""
    for sentence in _SENTENCE_END.split(text):
        rest = f"{rest} {sentence}".strip()
        while len(rest) >= SHORTEST_PIECE:
            cut = len(rest)
            if cut > LONGEST_PIECE:
                cut = rest.rfind(" ", SHORTEST_PIECE, LONGEST_PIECE) + 1 or LONGEST_PIECE
            piece = rest[:cut]
            rest = rest[max(cut - OVERLAP, SHORTEST_PIECE) :] if cut < len(rest) else ""
            if piece not in seen:
                seen.add(piece)
                yield piece
    if rest:
        yield rest

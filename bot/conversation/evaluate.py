"""Measuring understanding on labelled messages, and calibrating the figures that decide.

Each message is read as the first of a new conversation, through the whole order of thought.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bot.conversation.respond import Respondent
from bot.conversation.state import ConversationState
from bot.conversation.turn import Decision, Turn
from bot.knowledge.calibration import Calibration
from bot.knowledge.labelled import Labelled
from bot.knowledge.search import Search
from bot.messages import Text

_NOON: Final = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled message and what was made of it."""

    row: Labelled
    turn: Turn
    # Whether the emergency numbers were shown at least above the answer.
    warned: bool

    @property
    def best(self) -> str:
        return self.turn.found[0].id if self.turn.found else ""

    @property
    def is_top1(self) -> bool:
        return self.best in self.row.expect

    @property
    def is_top3(self) -> bool:
        return any(item.id in self.row.expect for item in self.turn.found[:3])

    @property
    def is_wrong_answer(self) -> bool:
        """An article was shown outright and it was not the right one."""
        return self.turn.decision == Decision.ANSWER and not self.is_top1


@dataclass(slots=True)
class Score:
    """Figures of one group, as shares of 1; None where the group has no such message."""

    name: str
    count: int = 0
    figures: dict[str, float | None] = field(default_factory=dict)


FIGURES: Final[dict[str, tuple[str, Callable[[Judged], bool]]]] = {
    "top-1": ("question", lambda judged: judged.is_top1),
    "top-3": ("question", lambda judged: judged.is_top3),
    "answered": ("question", lambda judged: judged.turn.decision in (Decision.ANSWER, Decision.URGENT)),
    "wrong": ("question", lambda judged: judged.is_wrong_answer),
    "danger": ("urgent", lambda judged: judged.turn.decision == Decision.URGENT),
    "danger-3": ("urgent", lambda judged: judged.is_top3),
    "warned": ("urgent", lambda judged: judged.warned),
    "false alarm": ("calm", lambda judged: judged.turn.decision == Decision.URGENT),
    "alarm, other": (
        "out_of_scope|smalltalk|human|work",
        lambda judged: judged.turn.decision == Decision.URGENT,
    ),
    "out answered": ("out_of_scope", lambda judged: judged.turn.decision == Decision.ANSWER),
    "person": ("human", lambda judged: judged.turn.decision == Decision.HANDOVER),
    "small talk": ("smalltalk", lambda judged: judged.turn.decision == Decision.SMALLTALK),
}


def judge(respondent: Respondent, rows: Iterable[Labelled]) -> list[Judged]:
    """Let `respondent` answer every message. Questions whose articles do not exist yet are left out."""
    known = set(respondent.knowledge_base.articles)
    judged: list[Judged] = []
    for row in rows:
        if row.kind == "question" and not known & set(row.expect):
            continue
        turn = respondent.respond(ConversationState(), Text(row.question), _NOON, reference="000-0000")
        warned = turn.decision == Decision.URGENT or (
            turn.reading is not None and bool(respondent.safety.may_be_danger(turn.reading))
        )
        judged.append(Judged(row, turn, warned))
    return judged


def score(judged: Sequence[Judged]) -> list[Score]:
    """One Score for each language and script, and one for all together."""
    groups: dict[str, list[Judged]] = {}
    for item in judged:
        groups.setdefault(item.row.group, []).append(item)
    return [_score(name, items) for name, items in [*sorted(groups.items()), ("all", list(judged))]]


def _score(name: str, items: Sequence[Judged]) -> Score:
    result = Score(name, len(items))
    emergencies = "emergency/"
    for figure, (kinds, holds) in FIGURES.items():
        wanted = kinds.split("|")
        chosen = [
            item
            for item in items
            if item.row.kind in wanted
            or ("work" in wanted and item.row.kind == "question" and not item.row.expect[0].startswith(emergencies))
        ]
        result.figures[figure] = sum(map(holds, chosen)) / len(chosen) if chosen else None
    read = [
        item.turn.reading.language == item.row.language and item.turn.reading.script == item.row.script
        for item in items
        if item.turn.reading is not None
    ]
    result.figures["language"] = sum(read) / len(read) if read else None
    return result


def as_table(scores: Sequence[Score]) -> str:
    """The scores as a Markdown table, in per cent."""
    names = [*FIGURES, "language"]
    lines = ["| | n | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for item in scores:
        cells = ["–" if (value := item.figures[name]) is None else f"{100 * value:.1f}" for name in names]
        lines.append(f"| {item.name} | {item.count} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def calibrate(
    respondent: Respondent, rows: Sequence[Labelled], *, wrong: float = 0.02, alarms: float = 0.05
) -> Calibration:
    """Choose the figures on labelled messages.

    1. The sharpness that makes the probability of the right article likeliest (temperature scaling, Guo et
       al. 2017).
    2. The lowest threshold for an outright answer that keeps wrong answers to questions and answers to
       out-of-scope messages at `wrong` or less; for suggestions, the one that lets at most a fifth of the
       out-of-scope messages through.
    3. The lowest danger threshold that keeps false alarms on calm messages at `alarms` or less; the numbers are
       shown above an answer from the threshold on that would leave out no more than three dangers in two hundred.
    """
    known = set(respondent.knowledge_base.articles)
    usable = [row for row in rows if row.kind != "question" or known & set(row.expect)]
    readings = [respondent.reader.read(row.question) for row in usable]
    search = respondent.search
    scores = [search.classifier.scores(reading.normal_form) for reading in readings]
    sharpness = _sharpest(usable, scores, search.classifier.labels)
    base = search.calibration.model_copy(update={"sharpness": sharpness})
    answer, suggest = _answer_thresholds(Search(search.classifier, base), usable, scores, wrong)
    margins = [(respondent.safety.margin(reading)[0], row.kind) for row, reading in zip(usable, readings, strict=True)]
    danger, possible = _danger_thresholds(margins, alarms)
    return base.model_copy(update={"answer": answer, "suggest": suggest, "danger": danger, "possible_danger": possible})


def _answer_thresholds(
    search: Search, rows: Sequence[Labelled], scores: Sequence[np.ndarray], wrong: float
) -> tuple[float, float]:
    labels = search.classifier.labels
    articles = [index for index, label in enumerate(labels) if "/" in label]
    questions: list[tuple[float, bool]] = []
    outside: list[float] = []
    for row, item in zip(rows, scores, strict=True):
        share = search.probabilities(item)
        best = max(articles, key=lambda index: share[index])
        if row.kind == "question":
            questions.append((float(share[best]), labels[best] in row.expect))
        elif row.kind == "out_of_scope":
            outside.append(float(share[best]))
    answer = _lowest(
        np.arange(0.2, 0.99, 0.01),
        lambda t: (
            sum(share >= t and not right for share, right in questions) <= wrong * len(questions)
            and sum(share >= t for share in outside) <= wrong * len(outside)
        ),
    )
    plausible = _lowest(np.arange(0.03, 0.6, 0.01), lambda t: sum(s >= t for s in outside) <= 0.2 * len(outside))
    return answer, min(answer, plausible)


def _danger_thresholds(margins: Sequence[tuple[float, str]], alarms: float) -> tuple[float, float]:
    dangers = sorted(margin for margin, kind in margins if kind == "urgent")
    calm = [margin for margin, kind in margins if kind == "calm"]
    danger = _lowest(np.arange(-0.5, 2.0, 0.01), lambda t: sum(m >= t for m in calm) <= alarms * len(calm))
    possible = dangers[int(0.015 * len(dangers))] - 0.01 if dangers else danger
    return danger, min(danger, possible)


def _sharpest(rows: Sequence[Labelled], scores: Sequence[np.ndarray], labels: Sequence[str]) -> float:
    targets: list[tuple[np.ndarray, list[int]]] = []
    for row, item in zip(rows, scores, strict=True):
        if row.kind == "question":
            right = [labels.index(expected) for expected in row.expect if expected in labels]
            targets.append((item, right))

    def loss(sharpness: float) -> float:
        total = 0.0
        for item, right in targets:
            scaled = item * sharpness
            scaled = scaled - scaled.max()
            share = np.exp(scaled[right]).sum() / np.exp(scaled).sum()
            total -= float(np.log(share + 1e-9))
        return total

    return float(min(np.arange(1.0, 12.0, 0.25), key=loss)) if targets else 4.0


def _lowest(thresholds: np.ndarray, holds: Callable[[float], bool]) -> float:
    """The lowest of `thresholds`, ascending, for which `holds`; the highest where none does."""
    return float(next((t for t in thresholds if holds(float(t))), thresholds[-1]))

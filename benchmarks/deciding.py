"""Time to decide one message: reading, danger, search, reply text; one core, by language and script."""

from __future__ import annotations

import datetime as dt
import time

from benchmarks.base import load, median, percentile, table
from bot.app import build_respondent
from bot.conversation.state import ConversationState, Step
from bot.i18n import LANGUAGES
from bot.knowledge.features import hash_features
from bot.messages import LanguageCode, Text
from bot.settings import Settings

ROUNDS = 3


def run() -> None:
    """Print p50 and p99 in milliseconds."""
    _, index, rows = load()
    respondent = build_respondent(Settings(), index, dt.timedelta(0))
    now = dt.datetime.now(dt.UTC)
    times: dict[str, list[float]] = {}
    for row in rows[:50]:
        respondent.respond(ConversationState(), Text(row.question), now, reference="000-0000")
    for row in rows:
        language = LanguageCode(row.language) if row.language in LANGUAGES else None
        state = ConversationState(step=Step.READY, language=language)
        best = []
        for _ in range(ROUNDS):
            # The features of the last messages are kept; a message that comes again must not profit from it.
            hash_features.cache_clear()
            started = time.perf_counter()
            respondent.respond(state, Text(row.question), now, reference="000-0000")
            best.append(1000 * (time.perf_counter() - started))
        times.setdefault(row.group, []).append(median(best))
    times["all"] = [value for group in times.values() for value in group]
    table(
        ["", "messages", "p50 ms", "p99 ms"],
        [(name, len(values), median(values), percentile(values, 0.99)) for name, values in times.items()],
    )

"""`python -m benchmarks.grown ROOT CACHE SIZE`: one start over a knowledge base, told in JSON lines as it goes."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.base import KNOWLEDGE_BASE, percentile, resident_mb
from benchmarks.synthetic import Writer
from bot.app import build_respondent
from bot.conversation.state import ConversationState, Step
from bot.i18n import ENGLISH
from bot.knowledge.index import build_index
from bot.knowledge.loader import load_knowledge_base
from bot.messages import Text
from bot.settings import Settings

QUESTIONS = 400


def main(root: Path, cache: Path, size: int) -> None:
    started = time.perf_counter()
    knowledge_base = load_knowledge_base(root)
    tell("read", time.perf_counter() - started)
    started = time.perf_counter()
    index = build_index(knowledge_base, cache)
    tell("index", time.perf_counter() - started)
    respondent = build_respondent(Settings(), index, dt.timedelta(0))
    tell("resident", resident_mb(os.getpid()))
    state = ConversationState(step=Step.READY, language=ENGLISH)
    now = dt.datetime.now(dt.UTC)
    times = []
    for question in Writer(load_knowledge_base(KNOWLEDGE_BASE)).questions(size, QUESTIONS):
        started = time.perf_counter()
        respondent.respond(state, Text(question), now, reference="000-0000")
        times.append(1000 * (time.perf_counter() - started))
    warm = times[len(times) // 4 :]
    tell("p50", percentile(warm, 0.5))
    tell("p99", percentile(warm, 0.99))


def tell(name: str, value: float) -> None:
    print(json.dumps([name, value]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

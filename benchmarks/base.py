"""What the parts share: the real knowledge base and labelled messages, and small helpers."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.knowledge.article import KnowledgeBase
from bot.knowledge.index import Index, build_index
from bot.knowledge.labelled import Labelled, read_labelled
from bot.knowledge.loader import load_knowledge_base

ROOT = Path(__file__).parent.parent
KNOWLEDGE_BASE = ROOT / "knowledge_base"
LABELLED = ROOT / "tests" / "labelled"
CACHE = ROOT / ".cache"


def load() -> tuple[KnowledgeBase, Index, list[Labelled]]:
    """The real knowledge base, its index and the labelled messages."""
    knowledge_base = load_knowledge_base(KNOWLEDGE_BASE)
    return knowledge_base, build_index(knowledge_base, CACHE), read_labelled([LABELLED])


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def resident_mb(pid: int) -> float:
    """Memory a process holds now; 0 where that cannot be read."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this thread, and processes started from it, on one core; nothing where that cannot be done."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) <= core:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")

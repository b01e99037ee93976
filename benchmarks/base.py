"""What the parts share: the real knowledge base and labelled messages, and small helpers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
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


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")

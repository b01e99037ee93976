"""What it costs when the knowledge base grows: the real one, then 97, 1,000 and 10,000 articles.

Each size is trained in a process of its own, then started again from the cache in another. A size that takes too
long or too much memory is stopped, and the table says how far it came.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.base import KNOWLEDGE_BASE, ROOT, resident_mb, table
from benchmarks.synthetic import Writer
from bot.knowledge.loader import load_knowledge_base

SIZES = (97, 1_000, 10_000)
LIMIT_S = 360
LIMIT_MB = 8_000


@dataclass
class Run:
    """One process: what it told, its largest memory, when its index stood, and why it was stopped, if it was."""

    told: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    ready_s: float = 0.0
    stopped: str = ""

    def cell(self, name: str) -> str:
        """A figure, or that there is none."""
        return f"{self.told[name]:.2f}" if name in self.told else "–"


def run() -> None:
    """Print one row a size."""
    knowledge_base = load_knowledge_base(KNOWLEDGE_BASE)
    writer = Writer(knowledge_base)
    real = len(knowledge_base.articles)
    rows = [_measure(writer, size) for size in (real, *(size for size in SIZES if size > real))]
    table(
        ["articles", "read files s", "train s", "training's peak MB", "model MB", "start from cache s",
         "decide p50 ms", "p99 ms", "resident MB", "stopped"],
        rows,
    )  # fmt: skip
    print(f"\nStopped: a process past {LIMIT_S} s or {LIMIT_MB} MB. The first row is the real knowledge base.")


def _measure(writer: Writer, size: int) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder) / "knowledge_base", Path(folder) / "cache"
        writer.grow(root, size)
        trained = _run(root, cache, size)
        started = Run() if trained.stopped else _run(root, cache, size)
        model_mb = sum(file.stat().st_size for file in cache.glob("*.npz")) / 1e6
    return (
        f"{size:,}", trained.cell("read"), trained.cell("index"), round(trained.peak_mb),
        f"{model_mb:.0f}" if started.ready_s else "–", f"{started.ready_s:.2f}" if started.ready_s else "–",
        started.cell("p50"), started.cell("p99"),
        f"{started.told['resident']:.0f}" if "resident" in started.told else "–",
        trained.stopped or started.stopped or "no",
    )  # fmt: skip


def _run(root: Path, cache: Path, size: int) -> Run:
    """Run `benchmarks.grown` and watch it."""
    result, began = Run(), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.grown", str(root), str(cache), str(size)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            result.peak_mb = max(result.peak_mb, resident_mb(process.pid))
            if result.peak_mb > LIMIT_MB or time.monotonic() - began > LIMIT_S:
                process.kill()
                stage = "training" if "read" in result.told else "reading files"
                result.stopped = f"{stage}, after {time.monotonic() - began:.0f} s at {result.peak_mb:.0f} MB"
                break
            continue
        if not line:
            break
        name, value = json.loads(line)
        result.told[name] = value
        if name == "index":
            result.ready_s = time.monotonic() - began
    if process.wait() and not result.stopped:
        result.stopped = f"failed with exit code {process.returncode}"
    return result


def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put("")

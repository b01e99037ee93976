"""`tomoni ask --jsonl` as a process: start-up, lines a second, resident memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from benchmarks.base import ROOT, load, median, resident_mb, table

LINES = 1000
ROUNDS = 3


def run() -> None:
    """Print medians over a few rounds of a thousand lines."""
    _, _, rows = load()
    questions = [row.question for row in rows]
    lines = [json.dumps({"text": questions[number % len(questions)]}) for number in range(LINES)]
    starts, rates, memories = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "ask", "--jsonl"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(lines[0] + "\n")
        process.stdin.flush()
        process.stdout.readline()
        first = time.perf_counter()
        for line in lines[1:]:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            process.stdout.readline()
        last = time.perf_counter()
        memories.append(resident_mb(process.pid))
        process.stdin.close()
        process.wait()
        starts.append(first - started)
        rates.append((LINES - 1) / (last - first))
    table(
        ["start s", "lines a second", "resident MB"],
        [(round(median(starts), 2), round(median(rates)), round(median(memories)))],
    )

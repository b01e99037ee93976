"""Cases a second, from the first question to the partner's own system, and the time from consent until it has the
case: on SQLite and PostgreSQL, with one, two and four `tomoni serve` processes.

A case is eight updates by webhook: question, the request for a person, five steps of the intake, consent. The partner's
system answers at once. Processes, database, people and far ends share the machine's processors.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.base import CACHE, KNOWLEDGE_BASE, load, percentile, table
from benchmarks.far_ends import PLACES, FarEnds, Faults, open_far_ends, partners
from benchmarks.fleet import People, open_fleet
from benchmarks.updates import new_chats
from tests.servers.postgres import PostgresServer

CASES, WARM_UP = 100, 10
AT_ONCE = 16
WEBHOOKS = 8
ARRIVES_IN_S = 60.0


def run() -> None:
    """Print one row for each database and number of processes."""
    load()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as postgres:
        for kind in ("SQLite", "PostgreSQL"):
            for processes in (1, 2, 4):
                name = f"{kind}_{processes}".lower()
                url = (
                    postgres.create_database(name)
                    if kind == "PostgreSQL"
                    else f"sqlite+aiosqlite:///{folder}/{name}.db"
                )
                rows.append([kind, processes, *asyncio.run(_measure(Path(folder), url, processes))])
    print(f"{CASES} cases, {AT_ONCE} people at a time; {os.cpu_count()} processors for all of it.\n")
    table(
        ["", "processes", "cases/s", "consent to partner: p50 ms", "p99 ms", "not delivered", "delivered twice"], rows
    )


async def _measure(folder: Path, url: str, processes: int) -> list[object]:
    async with open_far_ends(Faults(random.Random(1))) as ends:
        file = folder / "partners.yaml"
        file.write_text(yaml.safe_dump(partners(ends, WEBHOOKS), allow_unicode=True), encoding="utf-8")
        settings = {
            "DATABASE_URL": url, "KNOWLEDGE_BASE": str(KNOWLEDGE_BASE), "CACHE_DIR": str(CACHE),
            "PARTNERS": str(file), "TELEGRAM_API_URL": ends.url, "TELEGRAM_MESSAGES_PER_SECOND": "0",
        }  # fmt: skip
        async with open_fleet(folder, settings, processes) as fleet:
            people = People(fleet, PLACES[:WEBHOOKS], random.Random(1))
            await people.open_cases(new_chats(WARM_UP), AT_ONCE)
            await _arrived(ends, WARM_UP)
            agreed: dict[int, float] = {}
            chats = new_chats(CASES)
            started = time.perf_counter()
            await people.open_cases(
                chats, AT_ONCE, before_consent=lambda chat: agreed.update({chat: time.perf_counter()})
            )
            await _arrived(ends, WARM_UP + CASES)
            seconds = max(ends.arrived.values()) - started
    waits = [1000 * (ends.arrived[told] - agreed[chat]) for chat in chats if (told := ends.reference_of(chat))]
    twice = sum(len(letters) > 1 or letters.total() > 1 for letters in ends.letters.values())
    return [CASES / seconds, percentile(waits, 0.5), percentile(waits, 0.99), CASES - len(waits), twice]


async def _arrived(ends: FarEnds, count: int) -> None:
    """Wait until so many cases arrived, and the people were told, or it takes too long."""
    deadline = time.monotonic() + ARRIVES_IN_S
    while time.monotonic() < deadline:
        if len(ends.arrived) >= count and sum(ends.reference_of(chat) is not None for chat in ends.said) >= count:
            return
        await asyncio.sleep(0.05)

"""Updates a second from webhook to reply, beside two echo bots: server on one core, sink and load on the other.

Tomoni understands, answers, stores and settles each update; the echo bots say it back and keep nothing. All are run
in turn, round by round, so that what else the machine does falls on all of them. Each chat has chosen its language
before; short unclear messages are answered at once instead of after a pause (TOMONI_QUIET_SECONDS=0).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.base import CACHE, KNOWLEDGE_BASE, ROOT, free_port, load, median, percentile, pinned, resident_mb, table
from benchmarks.sink import CONCURRENT, TOKEN, Delivery, Sink, open_sink
from benchmarks.updates import Update, language_choices, new_chats, presses, questions

UPDATES = 600
ROUNDS = 3
SERVER_CORE, LOAD_CORE = 0, 1
# No limit: the echo bots keep to none. What keeping to one costs shows with a high one instead.
MESSAGES_PER_SECOND = "0"
TOMONI, PTB, AIOGRAM = "Tomoni", "python-telegram-bot echo", "aiogram echo"


@dataclass
class Contender:
    """A bot under load and what its rounds came to."""

    name: str
    sink: Sink
    process: subprocess.Popen[bytes]
    rounds: list[Delivery] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    async def run(self, updates: Sequence[Update]) -> None:
        """One measured round."""
        before = _cpu_seconds(self.process.pid)
        self.rounds.append(await self.sink.deliver(updates))
        self.cpu_ms.append(1000 * (_cpu_seconds(self.process.pid) - before) / len(updates))

    @property
    def rate(self) -> float:
        return median([UPDATES / item.seconds for item in self.rounds])


def run() -> None:
    """Print one table for questions and one for presses."""
    with tempfile.TemporaryDirectory() as folder, pinned(LOAD_CORE):
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    knowledge_base, _, rows = load()
    rng = random.Random(1)
    database = folder / "tomoni.db"

    def ask(chats: list[int]) -> tuple[list[Update], list[Update]]:
        asked = rng.sample(rows, len(chats))
        return language_choices(asked, chats), questions(asked, chats)

    def go_about(chats: list[int]) -> tuple[list[Update], list[Update]]:
        asked = rng.sample(rows, len(chats))
        return language_choices(asked, chats), presses(knowledge_base, chats, rng)

    async with contextlib.AsyncExitStack() as stack:
        contenders = []
        for name, start in {TOMONI: _tomoni(folder), PTB: _peer("ptb_echo"), AIOGRAM: _peer("aiogram_echo")}.items():
            sink = await stack.enter_async_context(open_sink())
            contenders.append(Contender(name, sink, stack.enter_context(start(sink.url))))
        print(f"{UPDATES} updates a round, {ROUNDS} rounds in turn, {CONCURRENT} posts at a time, medians.\n")
        for title, prepare in {"Questions": ask, "Presses of buttons": go_about}.items():
            stored = _stored(database)
            await _run_rounds(contenders, prepare)
            _print(title, contenders)
            missing = 2 * UPDATES * ROUNDS - (await _settled(database) - stored)
            print(f"\nOf Tomoni's updates not stored, or stored with a reply not settled: {missing}.\n")


async def _run_rounds(
    contenders: Sequence[Contender], prepare: Callable[[list[int]], tuple[list[Update], list[Update]]]
) -> None:
    for contender in contenders:
        contender.rounds.clear()
        contender.cpu_ms.clear()
    for _ in range(ROUNDS):
        before, measured = prepare(new_chats(UPDATES))
        for contender in contenders:
            await contender.sink.deliver(before)
            await contender.run(measured)


def _print(title: str, contenders: Sequence[Contender]) -> None:
    print(f"### {title}\n")
    rates = {contender.name: contender.rate for contender in contenders}
    table(
        ["", "updates/s", f"of {PTB}", f"of {AIOGRAM}", "post to 200: p50 ms", "p99 ms", "CPU ms an update",
         "resident MB", "refused", "lost", "doubled"],
        [
            (
                contender.name, round(contender.rate), contender.rate / rates[PTB], contender.rate / rates[AIOGRAM],
                *(1000 * median([percentile(item.posts, share) for item in contender.rounds]) for share in (0.5, 0.99)),
                median(contender.cpu_ms), round(resident_mb(contender.process.pid)),
                sum(item.refused for item in contender.rounds), sum(item.lost for item in contender.rounds),
                sum(item.doubled for item in contender.rounds),
            )
            for contender in contenders
        ],
    )  # fmt: skip
    busy = max(item.busy for contender in contenders for item in contender.rounds)
    print(f"\nSink and load took at most {busy:.0%} of their core.")


def _tomoni(folder: Path) -> Callable[[str], contextlib.AbstractContextManager[subprocess.Popen[bytes]]]:
    def start(api_url: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        port = free_port()
        settings = {
            "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}", "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": api_url, "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/tomoni.db",
            "KNOWLEDGE_BASE": str(KNOWLEDGE_BASE), "CACHE_DIR": str(CACHE), "QUIET_SECONDS": "0",
            "LOG_LEVEL": "WARNING", "TELEGRAM_MESSAGES_PER_SECOND": MESSAGES_PER_SECOND,
        }  # fmt: skip
        return _server(["-m", "bot.cli", "serve"], folder, {f"TOMONI_{key}": value for key, value in settings.items()})

    return start


def _peer(module: str) -> Callable[[str], contextlib.AbstractContextManager[subprocess.Popen[bytes]]]:
    def start(api_url: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        return _server(["-m", f"benchmarks.peers.{module}", api_url, str(free_port()), TOKEN], ROOT, {})

    return start


@contextlib.contextmanager
def _server(arguments: list[str], folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process on the servers' core, ended with the block."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TOMONI_")}
    with pinned(SERVER_CORE):
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env={**environment, "PYTHONPATH": str(ROOT), **settings},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def _settled(database: Path) -> int:
    """How many updates are stored, once no reply waits to be settled any more (or after a while)."""
    for _ in range(50):
        with contextlib.closing(sqlite3.connect(database)) as connection:
            (waiting,) = connection.execute("SELECT count(*) FROM replies WHERE status != 'sent'").fetchone()
        if not waiting:
            break
        await asyncio.sleep(0.1)
    return _stored(database) - int(waiting)


def _stored(database: Path) -> int:
    if not database.exists():
        return 0
    with contextlib.closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchone():
            return 0
        (count,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    return int(count)


def _cpu_seconds(pid: int) -> float:
    """Processor time a process has taken so far; 0 where that cannot be read."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

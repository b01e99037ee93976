"""Cases under fire: no case is lost and none doubled while processes, database and partners fail.

People open cases by Telegram's webhook, several `tomoni serve` processes share one database. Processes are killed
with SIGKILL and started anew, PostgreSQL is restarted, one partner is away at first, the others answer 500, hang, hang
up, or take a letter and die; mail servers say “later” after having taken a mail; Telegram says 429, 502, or does a
thing and loses the answer. Everything is drawn from one seed. Waits are a twentieth of the real ones
(`benchmarks/impatient.py`).
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from sqlalchemy import func, select

from benchmarks.base import KNOWLEDGE_BASE, table
from benchmarks.far_ends import PLACES, FarEnds, Faults, open_far_ends, partners, surplus
from benchmarks.fleet import SECRET_KEY, Fleet, People, open_fleet
from benchmarks.updates import new_chats
from bot.app import Understanding
from bot.cases.case import referral_of, status_of
from bot.partners.routing import OPERATOR
from bot.settings import Settings
from bot.storage.cases import CaseWithEvents, list_cases
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.models import CaseEventKind, JobKind, JobRow
from tests.servers.postgres import PostgresServer
from tests.small_base import write_base

CASES, CASES_ON_SQLITE = 2000, 300
SEED = 3
TELEGRAM_FAULTS, PARTNER_FAULTS = 0.05, 0.4
AT_ONCE = 24
WEBHOOKS, GROUPS, MAILS = 6, 4, 2
# What is left must be done in this time once everything runs again.
SETTLES_IN_S = 240.0
FAILS_IN_S = 60.0


@dataclass
class Outcome:
    """What a fault run came to. `repeated` letters came again with the id they had, as they may; `lost` and `doubled`
    are faults of ours; those of Telegram, which takes no key, are counted apart."""

    cases: int = 0
    lost: int = 0
    doubled: int = 0
    waiting: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)
    repeated: int = 0
    telegram_topics_doubled: int = 0
    telegram_posts_doubled: int = 0
    replies_lost: int = 0
    replies_doubled: int = 0
    kills: int = 0
    restarts: int = 0
    posted_again: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)


def run(cases: int = CASES) -> None:
    """Print a table for PostgreSQL with four processes and one for SQLite with one."""
    on_sqlite = min(cases, CASES_ON_SQLITE)
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as postgres:
        outcomes = {
            "PostgreSQL, 4 processes": asyncio.run(under_fire(Path(folder), cases, 4, postgres=postgres)),
            "SQLite, 1 process": asyncio.run(under_fire(Path(folder), on_sqlite, 1)),
        }
    print_outcomes(outcomes)


def print_outcomes(outcomes: dict[str, Outcome]) -> None:
    """Print one column for each run."""
    names = {
        "cases": "cases", "lost": "**lost**", "doubled": "**doubled**", "waiting": "**waiting**",
        "failed": "given up", "repeated": "letters repeated with the same id (the far end drops these)",
        "telegram_topics_doubled": "Telegram topics doubled (takes no key)",
        "telegram_posts_doubled": "Telegram posts doubled in their topic", "replies_lost": "replies to people lost",
        "replies_doubled": "replies to people doubled", "kills": "processes killed", "restarts": "database restarts",
        "posted_again": "updates posted again", "seconds": "seconds",
    }  # fmt: skip
    table(
        ["", *outcomes],
        [[title, *(_plain(getattr(item, name)) for item in outcomes.values())] for name, title in names.items()]
        + [["cases in a wrong state", *(len(item.wrong) for item in outcomes.values())]],
    )
    for name, outcome in outcomes.items():
        faults = ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.faults.items()))
        print(f"\nFaults of the far ends, {name}: {faults}.")
        for line in outcome.wrong[:10]:
            print(f"- {line}")


async def under_fire(
    folder: Path, cases: int, processes: int, *, postgres: PostgresServer | None = None, seed: int = SEED
) -> Outcome:
    """Open `cases` while everything fails, wait until all is settled, and count. The database is a file in `folder`
    where there is no `postgres`."""
    outcome = Outcome()
    faults = Faults(random.Random(seed), TELEGRAM_FAULTS, PARTNER_FAULTS, away={"web0"})
    name = f"fire_{random.randbytes(4).hex()}"
    url = postgres.create_database(name) if postgres else f"sqlite+aiosqlite:///{folder}/{name}.db"
    knowledge_base = folder / "knowledge_base"
    if not knowledge_base.exists():
        small = Settings(_env_file=None, knowledge_base=write_base(knowledge_base), cache_dir=folder / "cache")  # type: ignore[call-arg]
        shutil.copy(KNOWLEDGE_BASE / "prefectures.yaml", knowledge_base)
        Understanding(small, quiet=False)
    async with open_far_ends(faults) as ends:
        ends.gives_verdicts = True
        file = folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(partners(ends, WEBHOOKS, GROUPS, MAILS), allow_unicode=True), encoding="utf-8")
        settings = {
            "DATABASE_URL": url, "KNOWLEDGE_BASE": str(knowledge_base), "CACHE_DIR": str(folder / "cache"),
            "PARTNERS": str(file), "TELEGRAM_API_URL": ends.url, "TELEGRAM_MESSAGES_PER_SECOND": "500",
            "SMTP_URL": ends.smtp_url, "MAIL_FROM": "Tomoni <tomoni@example.org>",
        }  # fmt: skip
        started = time.perf_counter()
        async with open_fleet(folder, settings, processes, "benchmarks.impatient") as fleet:
            ends.tomoni = lambda: faults.rng.choice(fleet.urls)
            storage = Storage(create_engine(url), Cipher(SECRET_KEY))
            chats = await _open_all(fleet, faults, cases, postgres, outcome)
            await ends.verdicts_told()
            await _settled(storage, outcome)
            outcome.seconds = time.perf_counter() - started
        async with storage.reading() as session:
            found = await list_cases(session, limit=2 * cases)
        await storage.close()
    outcome.faults = faults.counts
    _judge(found, chats, ends, outcome)
    return outcome


async def _open_all(
    fleet: Fleet, faults: Faults, cases: int, postgres: PostgresServer | None, outcome: Outcome
) -> list[int]:
    rng = random.Random(faults.rng.random())
    every = max(16, cases // 40)
    kill_at = {rng.randrange(start, start + every) for start in range(1, cases - every, every)}
    restart_at = set(range(min(500, cases // 2), cases, 500)) if postgres else set()

    async def opened(done: int) -> None:
        if done in kill_at:
            outcome.kills += 1
            await asyncio.to_thread(fleet.kill, rng.randrange(len(fleet.ports)))
        if done == cases // 2:
            faults.away.clear()
        if postgres is not None and done in restart_at:
            outcome.restarts += 1
            await asyncio.to_thread(postgres.stop)
            await asyncio.to_thread(postgres.start)

    people = People(fleet, PLACES[: WEBHOOKS + GROUPS + MAILS], rng)
    chats = new_chats(cases)
    await people.open_cases(chats, AT_ONCE, opened=opened)
    # On a busy machine cases open faster than letters go out: let the far ends fail as often as they are meant to.
    deadline = time.monotonic() + FAILS_IN_S
    while faults.counts.total() <= cases / 4 and time.monotonic() < deadline:  # noqa: ASYNC110 (they only count)
        await asyncio.sleep(0.1)
    # From now on nothing more fails; what failed must come right.
    faults.telegram = faults.partner = 0.0
    faults.away.clear()
    outcome.posted_again = people.posted_again
    for url in fleet.urls:
        await fleet.wait_until_ready(url)
    return chats


async def _settled(storage: Storage, outcome: Outcome) -> None:
    """Wait until no letter or reply waits any more, or it takes too long."""
    query = select(func.count()).where(JobRow.kind != JobKind.SERVICE_LEVEL)
    deadline = time.monotonic() + SETTLES_IN_S
    while True:
        async with storage.reading() as session:
            outcome.waiting = (await session.execute(query.where(JobRow.state == "waiting"))).scalar_one()
            outcome.failed = (await session.execute(query.where(JobRow.state == "failed"))).scalar_one()
        if not outcome.waiting or time.monotonic() > deadline:
            return
        await asyncio.sleep(0.5)


def _judge(found: list[CaseWithEvents], chats: list[int], ends: FarEnds, outcome: Outcome) -> None:
    """Compare what stands in the database with what the far ends saw."""
    outcome.cases = len(found)
    references = {item.case.reference for item in found}
    outcome.lost = len(chats) - len(found)
    outcome.doubled = max(0, len(found) - len(chats))
    for item in found:
        reference = item.case.reference
        letters, topics = len(ends.letters[reference]), len(ends.topics[reference])
        outcome.lost += not letters and not topics
        outcome.doubled += max(0, letters - 1)
        outcome.telegram_topics_doubled += max(0, topics - 1)
        outcome.wrong += _faults_of(item, ends.verdicts.get(reference, ""))
    outcome.repeated = surplus(list(ends.letters.values()))
    outcome.telegram_posts_doubled = surplus(list(ends.posts.values()))
    for chat in chats:
        told = Counter({words: times for words, times in ends.said[chat].items() if _names(words, references)})
        outcome.replies_lost += not told
        outcome.replies_doubled += surplus([told])


def _names(words: str, references: set[str]) -> bool:
    return any(word.strip("*.,").removeprefix("<b>").removesuffix("</b>") in references for word in words.split())


def _faults_of(item: CaseWithEvents, verdict: str) -> list[str]:
    """What is wrong with the state of a case that its partner answered with `verdict`."""
    # A declined case is offered to the operator's own desk as well.
    kinds = Counter(event.kind for event in item.events if event.partner_id != OPERATOR)
    referral, status = referral_of(item.events), status_of(item.events).name
    state = (status, bool(referral.accepted_by), referral.partner_id == "operator")
    expected = {
        "": ("open", False, False), "accepted": ("open", True, False), "declined": ("open", False, True),
        "closed": ("closed", False, False),
    }[verdict]  # fmt: skip
    once = (CaseEventKind.OPENED, CaseEventKind.OFFERED, *([CaseEventKind(verdict)] if verdict else []))
    faults = [f"{item.case.reference}: {kind} stands there {kinds[kind]} times" for kind in once if kinds[kind] != 1]
    if kinds[CaseEventKind.DELIVERED] > 1 or kinds[CaseEventKind.FAILED]:
        faults.append(f"{item.case.reference}: delivered {kinds['delivered']} times, failed {kinds['failed']} times")
    if not verdict and kinds[CaseEventKind.DELIVERED] != 1:
        faults.append(f"{item.case.reference}: its delivery is not noted")
    if state != expected:
        faults.append(f"{item.case.reference}: is {state}, not {expected}")
    return faults


def _plain(value: float) -> object:
    return round(value) if isinstance(value, float) else value

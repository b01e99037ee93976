"""Nobody changes the audit trail through the program, and whoever changes it otherwise is found out."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.cases.service import close_case
from bot.conversation.respond import Respondent
from bot.delivery.retention import Retention
from bot.messages import Command
from bot.storage.audit import entries, record, verify
from bot.storage.cases import lock_case
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import upgrade
from bot.storage.models import AuditRow
from tests.conftest import SECRET
from tests.delivery.house import MAIL, House
from tests.partners.cast import make_partner
from tests.servers.postgres import PostgresServer
from tests.test_helpline import ALICE, BOB, message

NOW = dt.datetime(2026, 11, 24, 3, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=9)))


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent) -> House:
    return House(storage, small_respondent, labour=make_partner(channels=MAIL))


async def note(storage: Storage, *subjects: str) -> None:
    async with storage.transaction() as session:
        for subject in subjects:
            record(session, NOW, "佐藤", "seen", subject, "help with this case")


async def trail(storage: Storage, reference: str | None = None, batch: int = 1000) -> list[AuditRow]:
    async with storage.reading() as session:
        return [entry async for entry in entries(session, reference, batch)]


async def proof_of(storage: Storage, known: str | None = None) -> tuple[int, int | None, bool]:
    async with storage.reading() as session:
        proof = await verify(session, known)
    return proof.count, proof.broken, proof.holds_known


async def tamper(storage: Storage, statement: str) -> None:
    """What somebody with the database's own password could do: take the guard away, then change something."""
    postgres = storage.engine.dialect.name == "postgresql"
    guards = ["audit_is_final", "audit_is_kept"] if postgres else ["audit_is_final_update", "audit_is_final_delete"]
    async with storage.engine.begin() as connection:
        for guard in guards:
            await connection.execute(text(f"DROP TRIGGER {guard}{' ON audit' if postgres else ''}"))
        await connection.execute(text(statement))


class TestChain:
    async def test_entries_come_back_as_they_were_noted_and_prove_whole(self, storage: Storage) -> None:
        assert await proof_of(storage) == (0, None, False)
        await note(storage, "367-9CDF", "all cases")
        await note(storage, "444-4444")
        found = await trail(storage, batch=1)
        assert [(item.number, item.subject) for item in found] == [(1, "367-9CDF"), (2, "all cases"), (3, "444-4444")]
        assert (found[0].at, found[0].actor, found[0].action) == (NOW, "佐藤", "seen")
        assert await proof_of(storage, found[1].digest) == (3, None, True)

    async def test_both_databases_chain_alike(self, storage: Storage) -> None:
        """A trail moved from one to the other still proves whole; the digest is a format, not an accident."""
        await note(storage, "367-9CDF", "444-4444")
        last = (await trail(storage))[-1]
        assert last.digest == ("492278e830928c208ff2441fb9d78148aa99d0c898b978a2b66914947875e86a")

    async def test_what_was_taken_back_leaves_no_entry(self, storage: Storage) -> None:
        async with storage.transaction() as session:
            await session.execute(text("SELECT 1"))
            record(session, NOW, "x", "seen", "first", "x")
            await session.rollback()
            record(session, NOW, "x", "seen", "second", "x")

        async def record_and_fail() -> None:
            async with storage.transaction() as session:
                record(session, NOW, "x", "seen", "third", "x")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await record_and_fail()
        assert [item.subject for item in await trail(storage)] == ["second"]

    async def test_words_too_long_are_cut_and_still_prove_whole(self, storage: Storage) -> None:
        async with storage.transaction() as session:
            record(session, NOW, "🙂" * 100, "x" * 100, "x" * 100, "é" * 100)
        assert await proof_of(storage) == (1, None, False)

    async def test_many_at_once_leave_no_gap_and_wait_for_nobody_in_a_circle(self, house: House) -> None:
        """Each holds one of two cases while it waits for the chain."""
        references = [await house.open_case(who) for who in (ALICE, BOB)]
        cases = [(await house.case(reference)).case.id for reference in references]
        before = len(await trail(house.storage))

        async def one(number: int) -> None:
            async with house.storage.transaction() as session:
                await lock_case(session, cases[number % 2])
                record(session, NOW, f"caseworker {number}", "seen", references[number % 2], "help")
                record(session, NOW, f"caseworker {number}", "seen", "all cases", "help")

        await asyncio.gather(*(one(number) for number in range(20)))
        assert await proof_of(house.storage) == (before + 40, None, False)
        actors = [item.actor for item in (await trail(house.storage))[before:]]
        assert actors[::2] == actors[1::2]
        assert len(set(actors)) == 20

    async def test_servers_of_their_own_share_the_chain(self, postgres: PostgresServer) -> None:
        url = postgres.create_database("audit_shared")
        servers = [Storage(create_engine(url), Cipher(SECRET)) for _ in range(4)]
        await upgrade(servers[0])
        await asyncio.gather(*(note(servers[number % 4], str(number)) for number in range(40)))
        assert await proof_of(servers[0]) == (40, None, False)
        for server in servers:
            await server.close()


class TestTampering:
    @pytest.mark.parametrize("verb", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
    async def test_the_database_refuses_changes(self, storage: Storage, verb: str) -> None:
        await note(storage, "367-9CDF")
        with pytest.raises(DBAPIError, match="never changed"):
            async with storage.transaction() as session:
                await session.execute(text(verb))
        assert await proof_of(storage) == (1, None, False)

    async def test_postgres_refuses_to_empty_it(self, postgres: PostgresServer) -> None:
        storage = Storage(create_engine(postgres.create_database("audit_truncate")), Cipher(SECRET))
        await upgrade(storage)
        await note(storage, "367-9CDF")
        with pytest.raises(DBAPIError, match="never changed"):
            async with storage.transaction() as session:
                await session.execute(text("TRUNCATE audit"))
        assert await proof_of(storage) == (1, None, False)
        await storage.close()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE audit SET actor = 'nobody' WHERE number = 3",
            "UPDATE audit SET digest = 'x' WHERE number = 3",
            "UPDATE audit SET purpose = '', subject = subject || 'help with this case' WHERE number = 3",
            "DELETE FROM audit WHERE number = 3",
        ],
    )
    async def test_a_changed_or_missing_entry_is_named(self, storage: Storage, change: str) -> None:
        await note(storage, *"abcde")
        await tamper(storage, change)
        assert await proof_of(storage) == (2, 3, False)

    async def test_a_missing_beginning_is_found(self, storage: Storage) -> None:
        await note(storage, *"abc")
        await tamper(storage, "DELETE FROM audit WHERE number = 1")
        assert await proof_of(storage) == (0, 1, False)

    async def test_a_cut_off_end_is_found_by_a_head_noted_down(self, storage: Storage) -> None:
        await note(storage, *"abc")
        head = (await trail(storage))[-1].digest
        await tamper(storage, "DELETE FROM audit WHERE number = 3")
        assert await proof_of(storage) == (2, None, False)
        await note(storage, "other")
        assert await proof_of(storage, head) == (3, None, False)


class TestWhatIsRecorded:
    async def test_every_event_of_a_case_and_the_partners_reading(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(dt.timedelta(seconds=2))
        recorded = [(item.actor, item.action) for item in await trail(house.storage, reference)]
        assert recorded == [(event.actor, event.kind) for event in (await house.case(reference)).events]
        assert ("tomoni", "delivered") in recorded

    async def test_forgetting_keeps_the_number_and_nothing_else(self, house: House) -> None:
        reference = await house.open_case()
        await house.helpline.receive(message(ALICE, 90, Command("forget")))
        await house.helpline.receive(message(ALICE, 91, "yes"))
        last = (await trail(house.storage))[-2:]
        assert [(item.actor, item.action, item.subject) for item in last] == [
            ("person", "forgotten", "a conversation"), ("person", "forgotten", reference),
        ]  # fmt: skip
        assert await proof_of(house.storage) == (len(await trail(house.storage)), None, False)

    async def test_retention_says_what_it_deleted(self, house: House) -> None:
        reference = await house.open_case()
        found = await house.case(reference)
        async with house.storage.transaction() as session:
            await close_case(session, found, "Sato", "solved", house.clock())
        house.clock.now += dt.timedelta(days=400)
        await Retention(house.storage, lambda: house.respondent, house.clock).run()
        recorded = [(item.action, item.subject, item.purpose) for item in (await trail(house.storage))[-2:]]
        assert recorded == [("erased", reference, "retention"), ("forgotten", "silent conversations: 1", "retention")]

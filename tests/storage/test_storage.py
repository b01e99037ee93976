"""The same promises on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, bindparam, select, text

from bot.errors import StorageUnavailable, TomoniError
from bot.messages import Button, ConversationKey, LanguageCode, Reply
from bot.storage import conversations, jobs
from bot.storage.cases import list_cases
from bot.storage.encryption import Cipher, load_or_create_secret
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import alembic_config, is_current, upgrade
from bot.storage.models import Base, ConversationRow, JobKind, JobRow, MessageRow
from bot.storage.models.base import UtcDateTime
from tests.conftest import SECRET

NOW = dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)
KEY = ConversationKey("telegram", "1", "42")


def conversation(state: str = "{}") -> ConversationRow:
    return ConversationRow(
        id=uuid.uuid4(), key_hash=uuid.uuid4().hex * 2, channel="web", state=state, version=1, created_at=NOW,
        updated_at=NOW,
    )  # fmt: skip


def _as_stored(database_url: str, *ids: uuid.UUID) -> list[object]:
    """UUIDs as the database keeps them."""
    return [item.hex if database_url.startswith("sqlite") else item for item in ids]


class TestMigrations:
    async def test_they_make_what_the_models_say(self, storage: Storage) -> None:
        def differences(connection: Connection) -> list[object]:
            return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

        async with storage.reading() as session:
            assert await (await session.connection()).run_sync(differences) == []

    async def test_no_row_is_lost_on_the_way_from_the_first_to_the_newest(self, database_url: str) -> None:
        """SQLite makes some changes by copying a table and dropping the old one, and what refers to it goes along."""
        opened = Storage(create_engine(database_url), Cipher(SECRET))
        case, event, talk = (uuid.uuid4() for _ in range(3))
        sealed = opened.cipher.encrypt("told", "case_events.text")
        state = opened.cipher.encrypt("{}", "conversations.state")
        ids = dict(zip(("case", "event", "talk"), _as_stored(database_url, case, event, talk), strict=True))
        async with opened.transaction() as session:
            connection = await session.connection()
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0001"))
        async with opened.transaction() as session:
            for statement in (
                "INSERT INTO conversations (id, key_hash, channel, state, version, created_at, updated_at) "
                "VALUES (:talk, 'k', 'web', :state, 1, :now, :now)",
                "INSERT INTO cases (id, reference, conversation_id, language, urgency, articles, created_at) "
                "VALUES (:case, '367-9CDF', :talk, 'ne', 'normal', '[]', :now)",
                "INSERT INTO case_events (id, case_id, position, kind, actor, at, text) "
                "VALUES (:event, :case, 0, 'opened', 'person', :now, :sealed)",
            ):
                query = text(statement).bindparams(bindparam("now", type_=UtcDateTime()))
                used = {name: value for name, value in {**ids, "state": state, "sealed": sealed, "now": NOW}.items()
                        if f":{name}" in statement}  # fmt: skip
                await session.execute(query, used)
        await upgrade(opened)
        async with opened.reading() as session:
            [found] = await list_cases(session)
            kept = await conversations.find_conversation(session, "k")
        assert (found.case.id, found.case.prefecture, found.intake) == (case, "", {})
        assert [(item.kind, item.text) for item in found.events] == [("opened", "told")]
        assert kept is not None
        await opened.close()

    async def test_running_them_again_changes_nothing(self, storage: Storage) -> None:
        await upgrade(storage)
        assert await is_current(storage)

    async def test_two_servers_may_start_at_once(self, database_url: str) -> None:
        servers = [Storage(create_engine(database_url), Cipher(SECRET)) for _ in range(3)]
        await asyncio.gather(*(upgrade(server) for server in servers))
        assert await is_current(servers[0])
        for server in servers:
            await server.close()


class TestTransaction:
    async def test_an_error_takes_everything_back(self, storage: Storage) -> None:
        async def write_and_fail() -> None:
            async with storage.transaction() as session:
                session.add(conversation())
                await session.flush()
                raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011
            await write_and_fail()
        async with storage.reading() as session:
            assert (await session.execute(select(ConversationRow))).first() is None

    async def test_times_come_back_in_utc(self, storage: Storage) -> None:
        row = conversation()
        async with storage.transaction() as session:
            session.add(row)
        async with storage.reading() as session:
            found = await conversations.find_conversation(session, row.key_hash)
        assert found is not None
        assert found.created_at == NOW
        assert found.created_at.tzinfo is not None

    async def test_only_the_loaded_version_can_be_advanced(self, storage: Storage) -> None:
        row = conversation()
        async with storage.transaction() as session:
            session.add(row)
        async with storage.transaction() as session:
            assert await conversations.advance_conversation(session, row.id, 1, "{}", NOW)
        async with storage.transaction() as session:
            assert not await conversations.advance_conversation(session, row.id, 1, "{}", NOW)


class TestEncryption:
    async def test_text_is_not_readable_in_the_database(self, storage: Storage) -> None:
        async with storage.transaction() as session:
            session.add(conversation('{"question": "my husband"}'))
        async with storage.reading() as session:
            raw = (await session.execute(text("SELECT state FROM conversations"))).scalar_one()
        assert b"husband" not in bytes(raw)

    def test_a_value_is_bound_to_its_column(self) -> None:
        cipher = Cipher(SECRET)
        sealed = cipher.encrypt("secret", "cases.address")
        assert cipher.decrypt(sealed, "cases.address") == "secret"
        with pytest.raises(TomoniError, match="changed from outside"):
            cipher.decrypt(sealed, "messages.text")

    def test_another_key_says_so(self) -> None:
        sealed = Cipher(SECRET).encrypt("secret", "a.b")
        with pytest.raises(TomoniError, match="another TOMONI_SECRET_KEY"):
            Cipher("x" * 40).decrypt(sealed, "a.b")

    def test_the_hash_depends_on_bot_and_chat(self) -> None:
        cipher = Cipher(SECRET)
        keys = [KEY, ConversationKey("telegram", "2", "42"), ConversationKey("telegram", "1", "43")]
        assert len({cipher.hash_key(key) for key in keys}) == 3

    def test_a_kept_secret_stays_and_is_private(self, tmp_path: Path) -> None:
        path = tmp_path / "tomoni.key"
        assert load_or_create_secret(path) == load_or_create_secret(path)
        assert path.stat().st_mode & 0o077 == 0

    def test_servers_that_start_at_once_agree_on_it(self, tmp_path: Path) -> None:
        for number in range(20):
            path = tmp_path / f"{number}.key"
            with ThreadPoolExecutor(8) as pool:
                secrets = set(pool.map(load_or_create_secret, [path] * 8))
            assert secrets == {path.read_text().strip()}
            assert len(path.read_text().strip()) == 64
        assert len(list(tmp_path.iterdir())) == 20


class TestJobs:
    async def add(self, storage: Storage, count: int, run_at: dt.datetime = NOW) -> None:
        async with storage.transaction() as session:
            for number in range(count):
                jobs.add_job(session, JobKind.RESUME, dedup=f"job:{number}", subject="x", address=KEY, run_at=run_at)

    async def test_no_job_is_claimed_twice(self, storage: Storage) -> None:
        await self.add(storage, 30)

        async def claim(owner: str) -> list[JobRow]:
            async with storage.transaction() as session:
                return await jobs.claim_jobs(session, owner, NOW, dt.timedelta(seconds=60), 10)

        claimed = await asyncio.gather(*(claim(f"worker {number}") for number in range(6)))
        ids = [job.id for batch in claimed for job in batch]
        assert len(ids) == len(set(ids))
        assert len(ids) == 30

    async def test_a_dead_workers_job_comes_back(self, storage: Storage) -> None:
        await self.add(storage, 1)
        lease = dt.timedelta(seconds=60)
        async with storage.transaction() as session:
            assert len(await jobs.claim_jobs(session, "dies", NOW, lease, 10)) == 1
        async with storage.transaction() as session:
            assert await jobs.claim_jobs(session, "lives", NOW + lease / 2, lease, 10) == []
        async with storage.transaction() as session:
            assert len(await jobs.claim_jobs(session, "lives", NOW + lease, lease, 10)) == 1

    async def test_a_failed_job_stays_and_is_not_claimed(self, storage: Storage) -> None:
        await self.add(storage, 1)
        async with storage.transaction() as session:
            job = (await jobs.claim_jobs(session, "one", NOW, dt.timedelta(0), 10))[0]
            await jobs.fail_job(session, job.id, "blocked")
        async with storage.transaction() as session:
            assert await jobs.claim_jobs(session, "two", NOW + dt.timedelta(days=1), dt.timedelta(0), 10) == []
            assert await jobs.count_jobs(session) == {"failed": 1}

    async def test_the_address_is_encrypted(self, storage: Storage) -> None:
        await self.add(storage, 1)
        async with storage.reading() as session:
            raw = (await session.execute(text("SELECT address FROM jobs"))).scalar_one()
        assert b"42" not in bytes(raw)


class TestReplies:
    async def test_they_come_back_as_they_were_and_in_order(self, storage: Storage) -> None:
        replies = [
            Reply("one", LanguageCode("my"), ((Button("က", "a:b"), Button("ख", "c")),), large=True),
            Reply("two", LanguageCode("ne")),
        ]
        row = conversation()
        message = MessageRow(
            id=uuid.uuid4(), conversation_id=row.id, channel_message_id="1", kind="text", received_at=NOW,
            language="", script="", decision="", articles=[],
        )  # fmt: skip
        async with storage.transaction() as session:
            session.add(row)
            await session.flush()
            session.add(message)
            await session.flush()
            pending = conversations.add_replies(session, message.id, replies)
        async with storage.transaction() as session:
            found = await conversations.unsent_replies(session, row.id)
            assert [item.reply for item in found] == replies
            await conversations.settle_replies(session, [pending[0].id], "sent", NOW)
        async with storage.reading() as session:
            assert [item.reply for item in await conversations.unsent_replies(session, row.id)] == replies[1:]


class TestUnavailable:
    async def test_a_read_only_file_says_so(self, tmp_path: Path) -> None:
        folder = tmp_path / "none"
        storage = Storage(create_engine(f"sqlite+aiosqlite:///{folder}/tomoni.db"), Cipher(SECRET))
        with pytest.raises(StorageUnavailable, match="cannot be opened"):
            await storage.check()
        await storage.close()

    async def test_a_postgres_that_is_away_says_so(self) -> None:
        storage = Storage(create_engine("postgresql+asyncpg://nobody@127.0.0.1:9/none"), Cipher(SECRET))
        with pytest.raises(StorageUnavailable):
            await storage.check()
        await storage.close()

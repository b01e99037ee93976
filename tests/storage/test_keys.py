"""The key can be changed while people write, and a missing or wrong one stops the start before anything is written."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import LargeBinary, select, text, type_coerce

from bot.conversation.respond import Respondent
from bot.errors import TomoniError
from bot.helpline import Helpline
from bot.messages import Command
from bot.settings import Settings
from bot.storage import keys
from bot.storage.cases import list_cases, lock_case
from bot.storage.conversations import count_hashed_by_others
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine, open_storage
from bot.storage.keys import encrypted_columns, rotate
from bot.storage.migrate import alembic_config, upgrade
from bot.storage.models import AttachmentRow, CaseRow, ConversationRow
from tests.conftest import SECRET
from tests.servers.postgres import PostgresServer
from tests.test_helpline import ALICE, BOB, count, hand_over, message

NEW = "fedcba9876543210" * 4
NOW = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


async def fill(storage: Storage, respondent: Respondent) -> None:
    """Something in most of the encrypted columns."""
    helpline = Helpline(storage, lambda: respondent)
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await hand_over(helpline, ALICE, 2)
    await helpline.receive(message(BOB, 1, "qwertz asdf"))
    async with storage.transaction() as session:
        case_id = (await session.execute(select(CaseRow.id))).scalar_one()
        for number in range(3):
            session.add(
                AttachmentRow(
                    case_id=case_id, position=number, kind="photo", media_type="image/png", size=3,
                    content=b"\xff\x00" + bytes([number]), name="payslip.png", created_at=NOW,
                )
            )  # fmt: skip


async def keys_in_use(storage: Storage) -> dict[bytes, int]:
    """How many stored values begin with which head."""
    found: dict[bytes, int] = {}
    async with storage.reading() as session:
        for column in encrypted_columns():
            for value in (await session.execute(select(type_coerce(column, LargeBinary)))).scalars():
                if value is not None:
                    found[bytes(value)[:5]] = found.get(bytes(value)[:5], 0) + 1
    return found


def opened(url: str, secret: str, *previous: str) -> Storage:
    return Storage(create_engine(url), Cipher(secret, previous))


class TestCipher:
    def test_it_reads_what_any_of_its_keys_wrote_and_writes_with_the_current(self) -> None:
        both = Cipher(NEW, [SECRET])
        assert both.decrypt(Cipher(SECRET).encrypt("told", "a.b"), "a.b") == "told"
        assert Cipher(NEW).decrypt(both.encrypt("told", "a.b"), "a.b") == "told"
        with pytest.raises(TomoniError, match="TOMONI_PREVIOUS_SECRET_KEYS"):
            Cipher(NEW).decrypt(Cipher(SECRET).encrypt("told", "a.b"), "a.b")

    def test_hashes_are_the_current_one_and_then_the_previous(self) -> None:
        assert Cipher(NEW, [SECRET, NEW]).hashes(ALICE) == [Cipher(NEW).hash_key(ALICE), Cipher(SECRET).hash_key(ALICE)]


class TestConversations:
    async def test_one_found_by_a_previous_key_goes_on_and_moves_to_the_current(
        self, database_url: str, small_respondent: Respondent
    ) -> None:
        old = opened(database_url, SECRET)
        await upgrade(old)
        await fill(old, small_respondent)
        both = opened(database_url, NEW, SECRET)
        helpline = Helpline(both, lambda: small_respondent)
        async with both.reading() as session:
            assert await count_hashed_by_others(session, both.cipher.key_id) == 2
        again = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        assert again.replies == ()
        await helpline.receive(message(ALICE, 50, "tell me a joke"), pulled=True)
        assert await helpline.waiting_replies(ALICE)
        async with both.reading() as session:
            rows = (await session.execute(select(ConversationRow.key_hash, ConversationRow.hashed_by))).all()
            assert await count_hashed_by_others(session, both.cipher.key_id) == 1
        assert sorted(rows) == sorted(
            [(both.cipher.hash_key(ALICE), both.cipher.key_id), (old.cipher.hash_key(BOB), old.cipher.key_id)]
        )
        assert await helpline.forget(BOB)
        for storage in (old, both):
            await storage.close()

    async def test_one_from_before_keys_were_noted_is_noted_with_the_next_message(
        self, storage: Storage, helpline: Helpline
    ) -> None:
        await helpline.receive(message(ALICE, 1, "hello"))
        async with storage.transaction() as session:
            await session.execute(text("UPDATE conversations SET hashed_by = NULL"))
        async with storage.reading() as session:
            assert await count_hashed_by_others(session, storage.cipher.key_id) == 1
        await helpline.receive(message(ALICE, 2, "hello"))
        async with storage.reading() as session:
            assert await count_hashed_by_others(session, storage.cipher.key_id) == 0

    async def test_forgetting_deletes_what_stands_under_every_key(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        """A server that was started without the previous key began the conversation a second time."""
        await Helpline(storage, lambda: small_respondent).receive(message(ALICE, 1, "hello"))
        lacking = Storage(storage.engine, Cipher(NEW))
        await Helpline(lacking, lambda: small_respondent).receive(message(ALICE, 2, "hello"))
        assert await count(storage, ConversationRow) == 2
        helpline = Helpline(Storage(storage.engine, Cipher(NEW, [SECRET])), lambda: small_respondent)
        await helpline.receive(message(ALICE, 3, Command("forget")))
        await helpline.receive(message(ALICE, 4, "yes"))
        assert await count(storage, ConversationRow) == 0


class TestRotation:
    async def test_every_value_comes_under_the_current_key_and_reads_as_before(
        self, database_url: str, small_respondent: Respondent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = opened(database_url, SECRET)
        await upgrade(old)
        await fill(old, small_respondent)
        [values] = (await keys_in_use(old)).values()
        async with old.reading() as session:
            told = [(item.intake, [event.text for event in item.events]) for item in await list_cases(session)]
        await old.close()
        # Several batches, though there is little to write.
        monkeypatch.setattr(keys, "_BATCH", {kind: min(size, 2) for kind, size in keys._BATCH.items()})
        both = opened(database_url, NEW, SECRET)
        await upgrade(both)
        assert await rotate(both) == values
        assert await rotate(both) == 0
        await both.close()
        new = opened(database_url, NEW)
        await upgrade(new)
        assert await keys_in_use(new) == {new.cipher.current_head: values}
        async with new.reading() as session:
            assert [(item.intake, [event.text for event in item.events]) for item in await list_cases(session)] == told
            files = (await session.execute(select(AttachmentRow.content).order_by(AttachmentRow.position))).scalars()
            assert list(files) == [b"\xff\x00" + bytes([number]) for number in range(3)]
        await new.close()

    async def test_people_write_meanwhile_and_nothing_is_lost(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        await fill(storage, small_respondent)
        both = Storage(storage.engine, Cipher(NEW, [SECRET]))
        helpline = Helpline(both, lambda: small_respondent)

        async def write() -> None:
            for number in range(60, 70):
                await helpline.receive(message(ALICE, number, "tell me a joke"))

        await asyncio.gather(rotate(both), write())
        await rotate(both)
        assert set(await keys_in_use(both)) == {both.cipher.current_head}
        assert (await helpline.receive(message(ALICE, 70, "hello"))).replies

    async def test_broken_off_it_goes_on_and_is_noticed_where_the_old_key_is_gone(
        self, database_url: str, small_respondent: Respondent
    ) -> None:
        old = opened(database_url, SECRET)
        await upgrade(old)
        await fill(old, small_respondent)
        async with old.transaction() as session:
            last = (await session.execute(text("SELECT max(CAST(id AS varchar(36))) FROM attachments"))).scalar_one()
            await session.execute(
                text("UPDATE attachments SET name = :broken WHERE id = :id").bindparams(
                    broken=old.cipher.encrypt_bytes(b"", "attachments.name")[:-1], id=_as_stored(old, last)
                )
            )
        both, new = opened(database_url, NEW, SECRET), opened(database_url, NEW)
        with pytest.raises(TomoniError, match=r"attachments\.name was changed from outside"):
            await rotate(both)
        in_use = await keys_in_use(both)
        assert set(in_use) == {old.cipher.current_head, both.cipher.current_head}
        with pytest.raises(TomoniError, match="another TOMONI_SECRET_KEY"):
            await upgrade(new)
        async with old.transaction() as session:
            await session.execute(text("UPDATE attachments SET name = NULL"))
        assert 0 < await rotate(both) < sum(in_use.values())
        assert set(await keys_in_use(both)) == {both.cipher.current_head}
        for storage in (old, both, new):
            await storage.close()

    async def test_a_case_somebody_holds_is_waited_for_last(
        self, postgres: PostgresServer, small_respondent: Respondent
    ) -> None:
        old = opened(postgres.create_database("keys_held"), SECRET)
        await upgrade(old)
        await fill(old, small_respondent)
        both = Storage(old.engine, Cipher(NEW, [SECRET]))
        async with both.transaction() as session:
            [case] = await list_cases(session)
            await lock_case(session, case.case.id)
            rotating = asyncio.create_task(rotate(both))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(rotating), 0.3)
        await rotating
        assert set(await keys_in_use(both)) == {both.cipher.current_head}
        await both.close()


def _as_stored(storage: Storage, value: str) -> object:
    return uuid.UUID(value) if storage.engine.dialect.name == "postgresql" else value


class TestWrongKey:
    async def test_it_stops_the_start_and_names_what_to_do(
        self, database_url: str, small_respondent: Respondent
    ) -> None:
        right = opened(database_url, SECRET)
        await upgrade(right)
        await fill(right, small_respondent)
        wrong = opened(database_url, NEW)
        with pytest.raises(TomoniError, match=r"another TOMONI_SECRET_KEY.*Nothing was changed"):
            await upgrade(wrong)
        await upgrade(right)
        for storage in (right, wrong):
            await storage.close()

    async def test_an_older_database_is_not_even_upgraded(self, database_url: str) -> None:
        right = opened(database_url, SECRET)
        async with right.transaction() as session:
            connection = await session.connection()
            await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0001"))
        async with right.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO conversations (id, key_hash, channel, state, version, created_at, updated_at) "
                    "VALUES (:id, 'k', 'web', :state, 1, '2026-11-24', '2026-11-24')"
                ).bindparams(
                    id=_as_stored(right, uuid.uuid4().hex), state=right.cipher.encrypt("{}", "conversations.state")
                )
            )
        wrong = opened(database_url, NEW)
        with pytest.raises(TomoniError, match=r"conversations\.state was written under another"):
            await upgrade(wrong)
        async with right.reading() as session:
            assert (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "0001"
        await upgrade(right)
        for storage in (right, wrong):
            await storage.close()

    def test_a_lost_key_file_is_not_made_anew(self, tmp_path: Path) -> None:
        settings = Settings(
            _env_file=None, knowledge_base=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"
        )
        key = tmp_path / "tomoni.key"

        async def start() -> None:
            storage = open_storage(settings)
            try:
                await upgrade(storage)
            finally:
                await storage.close()

        asyncio.run(start())
        kept = key.rename(tmp_path / "elsewhere")
        before = (tmp_path / "tomoni.db").read_bytes()
        with pytest.raises(TomoniError, match="put the file back"):
            asyncio.run(start())
        assert not key.exists()
        assert (tmp_path / "tomoni.db").read_bytes() == before
        kept.rename(key)
        asyncio.run(start())

    @pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 10])
    def test_a_key_file_without_a_key_says_so(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "tomoni.key").write_bytes(content)
        with pytest.raises(TomoniError, match="holds no key"):
            open_storage(
                Settings(
                    _env_file=None, knowledge_base=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"
                )
            )

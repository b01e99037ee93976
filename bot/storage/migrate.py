"""Bring a database to the newest schema, or tell that it is not there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.storage.engine import Storage
from bot.storage.keys import refuse_unknown_keys

MIGRATIONS: Final = Path(__file__).parent / "migrations"
# Any number does, as long as no other program on the same PostgreSQL server uses it.
_LOCK: Final = 7_064_017_411
_ONE_AT_A_TIME: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


async def upgrade(storage: Storage) -> None:
    """Run every migration this database has not seen. Two servers that start at once wait for each other.

    Raises StorageUnavailable when the database is away or may not be written, and TomoniError where what it holds was
    encrypted under a key that is not set; nothing was changed then.
    """
    # Alembic keeps what it is doing in global names: two upgrades in one process must not take turns.
    lock = _ONE_AT_A_TIME.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    async with lock, storage.transaction() as session:
        connection = await session.connection()
        await connection.run_sync(_upgrade)
        await connection.run_sync(refuse_unknown_keys, storage.cipher)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(alembic_config(connection), "head")


async def is_current(storage: Storage) -> bool:
    """Whether the database has the newest schema."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    async with storage.reading() as session:
        connection = await session.connection()
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return current == head

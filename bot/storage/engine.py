"""The database: SQLite or PostgreSQL, opened so that both behave alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot.errors import StorageUnavailable, TomoniError
from bot.settings import Settings
from bot.storage.audit import append_noted
from bot.storage.encryption import Cipher, load_or_create_secret, use_cipher

BUSY_TIMEOUT_S: Final = 15
READ_ONLY: Final = "tomoni_read_only"


class Storage:
    """An open database. One Storage serves a whole process."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        self.engine = engine
        self.cipher = cipher
        use_cipher(engine.sync_engine.dialect, cipher)
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A look at the database that takes no write lock. Raises StorageUnavailable when it is away."""
        async with self._translated_errors(), self._sessions() as session:
            await session.connection(execution_options={READ_ONLY: True})
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: committed when the block ends well, together with what it recorded for the audit trail,
        and taken back when it raises.

        Raises StorageUnavailable when the database is away, full or read-only; nothing was written then.
        """
        async with self._translated_errors(), self._sessions() as session:
            yield session
            await append_noted(session)
            await session.commit()

    @asynccontextmanager
    async def _translated_errors(self) -> AsyncIterator[None]:
        try:
            yield
        except OperationalError as error:
            raise StorageUnavailable(explain(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated or is_away(error):
                raise StorageUnavailable(explain(error)) from error
            raise
        except PoolTimeout as error:
            raise StorageUnavailable("the database does not answer: every connection is taken") from error
        except OSError as error:
            raise StorageUnavailable(
                f"the database does not answer: {error.strerror or type(error).__name__}"
            ) from error

    async def check(self) -> None:
        """Ask the database for a sign of life. Raises StorageUnavailable when there is none."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


def is_away(error: DBAPIError) -> bool:
    """Whether an error means that PostgreSQL is going, coming or out of means: SQLSTATE classes 08, 53 and 57 (its
    documentation, appendix A). Drivers report some of these without calling the connection broken."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""
    return str(state)[:2] in ("08", "53", "57")


def explain(error: DBAPIError) -> str:
    """What a database error means for the one who runs the server, without any value in it."""
    reason = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
    hints = {
        "readonly": "the database file is read-only; give this user the right to write it and its folder",
        "disk is full": "the disk is full; free some space, nothing is lost meanwhile",
        "disk I/O": "the disk cannot be written; check its space and health",
        "unable to open": "the database file cannot be opened; check that its folder exists and may be written",
        "locked": "another process holds the SQLite file for too long; run one server on it, or use PostgreSQL",
    }
    for sign, hint in hints.items():
        if sign in reason:
            return hint
    return f"the database does not answer ({reason[:160]})"


def secret_of(settings: Settings) -> str:
    """The key everything is encrypted under: the setting, else one kept beside the SQLite file.

    Raises TomoniError where PostgreSQL is used without TOMONI_SECRET_KEY, since many machines share it, and where an
    SQLite file holds something but its key is gone: a new key could not read it.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        raise TomoniError(
            "TOMONI_SECRET_KEY: must be set with PostgreSQL, the same on every machine; "
            "make one with: openssl rand -hex 32"
        )
    database = Path(url.database or "tomoni.db")
    if url.database in (None, "", ":memory:"):
        return load_or_create_secret(Path("tomoni.key"))
    key = database.with_suffix(".key")
    # In this order: a server that starts now makes the key first and then the database.
    if database.is_file() and database.stat().st_size and not key.exists():
        raise TomoniError(
            f"{key}: the key that {database} was encrypted with is gone; put the file back, or set TOMONI_SECRET_KEY "
            f"to the key it was made with. Without it nothing in there can be read: to begin anew, move {database} away"
        )
    return load_or_create_secret(key)


def open_storage(settings: Settings) -> Storage:
    """Open (not yet connect to) the database of `settings`. Raises TomoniError where there is no key for it."""
    previous = settings.previous_secret_keys.get_secret_value().split() if settings.previous_secret_keys else ()
    return Storage(create_engine(settings.database_url), Cipher(secret_of(settings), previous))


def create_engine(url: str) -> AsyncEngine:
    """An engine for `url`; SQLite in WAL mode with immediate transactions, one writer waiting for another."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10, pool_timeout=10)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        finally:
            cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine

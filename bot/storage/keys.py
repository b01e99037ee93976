"""Under which keys the stored values are: refuse to start without one of them, and bring all under the current one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from bot.storage.encryption import HEAD_BYTES, Cipher, unknown_key
from bot.storage.engine import Storage
from bot.storage.models import Base
from bot.storage.models.base import EncryptedBytes, EncryptedText

# Files are large: one at a time. Texts are short, and the database is left alone between these many.
_BATCH: Final = {EncryptedBytes: 1, EncryptedText: 200}
# Who waits for an SQLite file looks only now and then whether it is free: there must be a gap to find.
_PAUSE_S: Final = 0.02


def encrypted_columns() -> Iterator[Column[Any]]:
    """Every encrypted column of every table."""
    for table in Base.metadata.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, tuple(_BATCH)))


def refuse_unknown_keys(connection: Connection, cipher: Cipher) -> None:
    """Raises TomoniError, naming a column, where stored values were written under a key that `cipher` lacks.

    Looks at the first and the last value of each column by primary key, the order in which `rotate` goes, so that a
    rotation somebody broke off is noticed as well.
    """
    for column in encrypted_columns():
        for order in (_key_of(column).asc(), _key_of(column).desc()):
            query = select(_head(column)).where(column.is_not(None)).order_by(order).limit(1)
            head = connection.execute(query).scalar_one_or_none()
            if head is not None and not cipher.can_read(bytes(head)):
                raise unknown_key(str(column))


async def rotate(storage: Storage) -> int:
    """Write every encrypted value that is under a previous key anew under the current one. Returns how many it wrote.

    Servers may run meanwhile, if they know both keys. Broken off, it goes on where it was when it is started again.
    Raises TomoniError at a value that no known key reads; those before it are done.
    """
    written = 0
    for column in encrypted_columns():
        batch = _BATCH[type(column.type)]
        if batch > 1:
            # Several rows are locked at once, so none is waited for: two that wait for each other would be stopped.
            written += await _rotate(storage, column, batch, skip_locked=True)
        written += await _rotate(storage, column, 1, skip_locked=False)
    return written


async def _rotate(storage: Storage, column: Column[Any], batch: int, *, skip_locked: bool) -> int:
    key, stored = _key_of(column), type_coerce(column, LargeBinary)
    query: Select[uuid.UUID, bytes] = (
        select(key, stored)
        .where(_head(column) != literal(storage.cipher.current_head, LargeBinary))
        .order_by(key)
        .limit(batch)
        .with_for_update(key_share=True, skip_locked=skip_locked)
    )
    written, after = 0, None
    while True:
        async with storage.transaction() as session:
            found = (await session.execute(query if after is None else query.where(key > after))).all()
            for row_id, value in found:
                content = storage.cipher.decrypt_bytes(bytes(value), str(column))
                sealed = storage.cipher.encrypt_bytes(content, str(column))
                anew = update(column.table).where(key == row_id)
                await session.execute(anew.values({column: type_coerce(sealed, LargeBinary)}))
        if not found:
            return written
        written, after = written + len(found), found[-1][0]
        await asyncio.sleep(_PAUSE_S)


def _key_of(column: Column[Any]) -> Column[Any]:
    [key] = column.table.primary_key.columns
    return key


def _head(column: Column[Any]) -> ColumnElement[bytes]:
    return func.substr(type_coerce(column, LargeBinary), 1, HEAD_BYTES, type_=LargeBinary)

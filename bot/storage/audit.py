"""The audit trail: entries are noted during a transaction and chained to the ones before right ahead of its commit."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import event, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bot.storage.models import AuditRow

# What somebody looked at or deleted where that was no single case.
OPEN_CASES: Final = "open cases"
ALL_CASES: Final = "all cases"
CONVERSATION: Final = "a conversation"
FORGOTTEN: Final = "forgotten"
_NOTED: Final = "tomoni_audit"
# Any number does, as long as no other program on the same PostgreSQL server uses it.
_LOCK: Final = 7_064_017_412


@dataclass(frozen=True, slots=True)
class Entry:
    """What `record` noted: who did what to what, when, and what for."""

    at: dt.datetime
    actor: str
    action: str
    subject: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What `verify` found: how many entries stand whole from the first on, the digest of the last of them, the number
    of the first that is changed or missing (None where all are whole), and whether a known digest is among them."""

    count: int
    head: str
    broken: int | None
    holds_known: bool


def record(session: AsyncSession, at: dt.datetime, actor: str, action: str, subject: str, purpose: str) -> None:
    """Note that `actor` did `action` (seen, exported, or an event's kind) to `subject`, for `purpose`. The entry is
    committed with this session's transaction (Storage.transaction), or lost with it. Words too long for their column
    are cut: 32 characters for the action, 64 for the others."""
    entry = Entry(at, actor[:64], action[:32], subject[:64], purpose[:64])
    session.info.setdefault(_NOTED, []).append(entry)


async def append_noted(session: AsyncSession) -> None:
    """Write what was noted in this session to the end of the chain. Nothing but the commit may follow: until then
    everybody else who has noted something waits."""
    noted: list[Entry] = session.info.pop(_NOTED, [])
    if not noted:
        return
    # Whoever waits for a row must do so before the chain is locked, else two may wait for each other.
    await session.flush()
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    query = select(AuditRow.number, AuditRow.digest).order_by(AuditRow.number.desc()).limit(1)
    last = (await session.execute(query)).first()
    number, digest = (last.number, last.digest) if last is not None else (0, "")
    rows = []
    for entry in noted:
        number += 1
        digest = digest_of(number, entry, digest)
        rows.append(
            {
                "number": number, "at": entry.at, "actor": entry.actor, "action": entry.action,
                "subject": entry.subject, "purpose": entry.purpose, "digest": digest,
            }
        )  # fmt: skip
    await session.execute(insert(AuditRow), rows)


@event.listens_for(Session, "after_rollback")
def _forget_noted(session: Session) -> None:
    """What was noted before a rollback did not happen, though the session may go on."""
    session.info.pop(_NOTED, None)


def digest_of(number: int, entry: Entry | AuditRow, previous: str) -> str:
    """The SHA-256, in hexadecimal digits, of an entry and of the digest of the one before; empty for the first."""
    at = entry.at.astimezone(dt.UTC).isoformat()
    fields = [number, at, entry.actor, entry.action, entry.subject, entry.purpose, previous]
    canonical = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def entries(session: AsyncSession, reference: str | None = None, batch: int = 1000) -> AsyncIterator[AuditRow]:
    """All entries in order, however many; `batch` are held at once. With `reference` those about this case, among
    them looks at many cases since it was opened."""
    query = select(AuditRow).order_by(AuditRow.number).limit(batch)
    if reference is not None:
        first = select(func.min(AuditRow.number)).where(AuditRow.subject == reference).scalar_subquery()
        of_many = AuditRow.subject.in_((OPEN_CASES, ALL_CASES)) & (AuditRow.number > first)
        query = query.where(or_(AuditRow.subject == reference, of_many))
    last = 0
    while True:
        rows = (await session.execute(query.where(AuditRow.number > last))).scalars().all()
        for row in rows:
            yield row
        if len(rows) < batch:
            return
        last = rows[-1].number


async def verify(session: AsyncSession, known: str | None = None) -> Proof:
    """Prove the chain whole: numbers without a gap from 1 on, every digest right. `known` is a digest noted down
    earlier; one that is no longer in the chain says that its end was cut off, or that it was written anew."""
    count, head, holds_known = 0, "", False
    async for row in entries(session):
        if row.number != count + 1 or row.digest != digest_of(row.number, row, head):
            return Proof(count, head, count + 1, holds_known)
        count, head = row.number, row.digest
        holds_known = holds_known or head == known
    return Proof(count, head, None, holds_known)

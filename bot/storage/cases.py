"""Queries of the case aggregate."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, case, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.audit import CONVERSATION, FORGOTTEN, record
from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow, ConsentRow

# What things are done to a case for, as the audit trail has it.
HELP: Final = "help with this case"
RETENTION: Final = "retention"
REQUEST: Final = "the person's request"
_LEAVES_PARTNER: Final = (
    CaseEventKind.DECLINED,
    CaseEventKind.REVOKED,
    CaseEventKind.UNANSWERED,
    CaseEventKind.WITHDRAWN,
    CaseEventKind.CLOSED,
)


@dataclass(frozen=True, slots=True)
class CaseWithEvents:
    """A case and all that happened to it, in order."""

    case: CaseRow
    events: tuple[CaseEventRow, ...]

    @property
    def intake(self) -> dict[str, Any]:
        """What was told when it was opened; empty where that was deleted."""
        return dict(json.loads(self.case.intake)) if self.case.intake else {}


async def add_case_event(
    session: AsyncSession,
    case_id: uuid.UUID,
    kind: CaseEventKind,
    *,
    actor: str,
    at: dt.datetime,
    text: str | None,
    partner_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> CaseEventRow:
    """Add what happened to a case behind all that happened before. `partner_id` is whom it concerns, `detail` what
    is not personal about it. Returns the event, which stands in the audit trail as well. Who adds another to the same
    case meanwhile waits."""
    locked = select(CaseRow.reference).where(CaseRow.id == case_id).with_for_update(key_share=True)
    reference = (await session.execute(locked)).scalar_one_or_none()
    count = await session.execute(select(func.count()).select_from(CaseEventRow).where(CaseEventRow.case_id == case_id))
    event = CaseEventRow(
        id=uuid.uuid4(), case_id=case_id, position=count.scalar_one(), kind=kind, actor=actor[:64], at=at, text=text,
        partner_id=partner_id, detail=detail,
    )  # fmt: skip
    session.add(event)
    await session.flush()
    purpose = RETENTION if kind == CaseEventKind.ERASED else HELP
    record(session, at, actor, kind, reference or "", purpose)
    return event


async def lock_case(session: AsyncSession, case_id: uuid.UUID) -> CaseWithEvents | None:
    """A case as it stands now, which nobody else can add to before this transaction ends; None where it is gone.

    What was read before may be old: somebody else may have accepted or ended the case since.
    """
    rows = await session.execute(_lock(case_id))
    found = await _with_events(session, rows.scalars().all())
    return found[0] if found else None


async def find_event(session: AsyncSession, event_id: uuid.UUID) -> tuple[CaseWithEvents, CaseEventRow] | None:
    """A case by one of its events, with all of them, and that event; None where it is gone."""
    event = await session.get(CaseEventRow, event_id)
    if event is None:
        return None
    rows = await session.execute(select(CaseRow).where(CaseRow.id == event.case_id))
    [found] = await _with_events(session, rows.scalars().all())
    return found, event


async def cases_of_conversation(session: AsyncSession, conversation_id: uuid.UUID) -> list[CaseWithEvents]:
    """The cases a conversation has had, oldest first."""
    rows = await session.execute(
        select(CaseRow).where(CaseRow.conversation_id == conversation_id).order_by(CaseRow.created_at)
    )
    return await _with_events(session, rows.scalars().all())


async def list_cases(session: AsyncSession, limit: int = 1000) -> list[CaseWithEvents]:
    """The newest cases, oldest of them first."""
    rows = await session.execute(select(CaseRow).order_by(CaseRow.created_at.desc()).limit(limit))
    return await _with_events(session, list(reversed(rows.scalars().all())))


async def each_case(session: AsyncSession, batch: int = 500) -> AsyncIterator[CaseWithEvents]:
    """All cases, oldest first, however many there are; `batch` are held at once."""
    query = select(CaseRow).order_by(CaseRow.created_at, CaseRow.id).limit(batch)
    last: CaseRow | None = None
    while True:
        after = query
        if last is not None:
            same = and_(CaseRow.created_at == last.created_at, CaseRow.id > last.id)
            after = query.where(or_(CaseRow.created_at > last.created_at, same))
        rows = (await session.execute(after)).scalars().all()
        for found in await _with_events(session, rows):
            yield found
        if len(rows) < batch:
            return
        last = rows[-1]


async def find_case(session: AsyncSession, reference: str) -> CaseWithEvents | None:
    """The case with this reference, or None."""
    rows = await session.execute(select(CaseRow).where(CaseRow.reference == reference))
    found = await _with_events(session, rows.scalars().all())
    return found[0] if found else None


async def consents_of(session: AsyncSession, case_id: uuid.UUID) -> list[ConsentRow]:
    """What was agreed to for a case, oldest first."""
    rows = await session.execute(select(ConsentRow).where(ConsentRow.case_id == case_id).order_by(ConsentRow.given_at))
    return list(rows.scalars())


async def count_open_cases(session: AsyncSession) -> dict[str, int]:
    """How many open cases each partner has: offered to it last, and neither ended nor given up by it."""
    offered = case((CaseEventRow.kind == CaseEventKind.OFFERED, CaseEventRow.position))
    left = case((CaseEventRow.kind.in_(_LEAVES_PARTNER), CaseEventRow.position))
    last = (
        select(CaseEventRow.case_id, func.max(offered).label("offered"), func.max(left).label("left"))
        .group_by(CaseEventRow.case_id)
        .subquery()
    )
    rows = await session.execute(
        select(CaseEventRow.partner_id, func.count())
        .join(last, (last.c.case_id == CaseEventRow.case_id) & (last.c.offered == CaseEventRow.position))
        .where(or_(last.c.left.is_(None), last.c.left < last.c.offered))
        .group_by(CaseEventRow.partner_id)
    )
    return {str(partner_id): int(count) for partner_id, count in rows}


async def record_forgotten(session: AsyncSession, conversation_id: uuid.UUID, actor: str, at: dt.datetime) -> None:
    """Note in the audit trail that a conversation and its cases are deleted; their case numbers stay there."""
    rows = await session.execute(select(CaseRow.reference).where(CaseRow.conversation_id == conversation_id))
    for subject in (CONVERSATION, *rows.scalars()):
        record(session, at, actor, FORGOTTEN, subject, REQUEST)


async def delete_cases_of_conversation(session: AsyncSession, conversation_id: uuid.UUID) -> int:
    """Delete the cases of a conversation with all their events. Returns how many there were."""
    result = await session.execute(delete(CaseRow).where(CaseRow.conversation_id == conversation_id))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _lock(case_id: uuid.UUID) -> Select[CaseRow]:
    """Holds a case's row until the transaction ends. SQLite has one writer anyway and leaves the lock out."""
    query = select(CaseRow).where(CaseRow.id == case_id).execution_options(populate_existing=True)
    return query.with_for_update(key_share=True)


async def _with_events(session: AsyncSession, cases: Sequence[CaseRow]) -> list[CaseWithEvents]:
    rows = await session.execute(
        select(CaseEventRow)
        .where(CaseEventRow.case_id.in_([case.id for case in cases]))
        .order_by(CaseEventRow.position)
    )
    events: dict[uuid.UUID, list[CaseEventRow]] = {}
    for event in rows.scalars():
        events.setdefault(event.case_id, []).append(event)
    return [CaseWithEvents(case, tuple(events.get(case.id, ()))) for case in cases]

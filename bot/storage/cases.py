"""Queries of the case aggregate."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow


@dataclass(frozen=True, slots=True)
class CaseWithEvents:
    """A case and all that happened to it, in order."""

    case: CaseRow
    events: tuple[CaseEventRow, ...]


async def add_case_event(
    session: AsyncSession,
    case_id: uuid.UUID,
    kind: CaseEventKind,
    *,
    actor: str,
    at: dt.datetime,
    text: str | None,
) -> None:
    """Add what happened to a case behind all that happened before."""
    count = await session.execute(select(func.count()).select_from(CaseEventRow).where(CaseEventRow.case_id == case_id))
    session.add(CaseEventRow(case_id=case_id, position=count.scalar_one(), kind=kind, actor=actor, at=at, text=text))
    await session.flush()


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


async def find_case(session: AsyncSession, reference: str) -> CaseWithEvents | None:
    """The case with this reference, or None."""
    rows = await session.execute(select(CaseRow).where(CaseRow.reference == reference))
    found = await _with_events(session, rows.scalars().all())
    return found[0] if found else None


async def delete_cases_of_conversation(session: AsyncSession, conversation_id: uuid.UUID) -> int:
    """Delete the cases of a conversation with all their events. Returns how many there were."""
    result = await session.execute(delete(CaseRow).where(CaseRow.conversation_id == conversation_id))
    return int(result.rowcount)  # type: ignore[attr-defined]


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

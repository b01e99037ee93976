"""What has been kept long enough: queries that find it, and delete it."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import Subquery, case, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow, ConversationRow, ReceivedRow


async def closed_cases_with_texts(session: AsyncSession, closed_before: dt.datetime, limit: int) -> list[uuid.UUID]:
    """Cases that were over before `closed_before` and whose texts have not been deleted yet, at most `limit`."""
    ended = _last_ended()
    query = (
        select(CaseRow.id)
        .join(ended, ended.c.case_id == CaseRow.id)
        .where(ended.c.ended_at < closed_before, ended.c.is_open == 0, CaseRow.intake.is_not(None))
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


async def delete_silent_conversations(session: AsyncSession, silent_since: dt.datetime, limit: int) -> int:
    """Delete conversations in which nothing was said since `silent_since`, unless a case of theirs is open, at most
    `limit` of them. Returns how many."""
    ended = _last_ended()
    open_case = exists(
        select(CaseRow.id)
        .join(ended, ended.c.case_id == CaseRow.id)
        .where(CaseRow.conversation_id == ConversationRow.id, ended.c.is_open == 1)
    )
    silent = (
        select(ConversationRow.id).where(ConversationRow.updated_at < silent_since, ~open_case).limit(limit).subquery()
    )
    result = await session.execute(delete(ConversationRow).where(ConversationRow.id.in_(select(silent.c.id))))
    return int(result.rowcount)  # type: ignore[attr-defined]


async def forget_received(session: AsyncSession, received_before: dt.datetime) -> None:
    """Delete the ids of partners' messages too old to be delivered again."""
    await session.execute(delete(ReceivedRow).where(ReceivedRow.received_at < received_before))


def _last_ended() -> Subquery:
    """For each case: when it ended last, and 1 where it is open (never ended, or opened again since), else 0."""
    ends = CaseEventRow.kind.in_((CaseEventKind.CLOSED, CaseEventKind.WITHDRAWN))
    begins = CaseEventRow.kind.in_((CaseEventKind.OPENED, CaseEventKind.REOPENED))
    ended = func.max(case((ends, CaseEventRow.position), else_=-1))
    begun = func.max(case((begins, CaseEventRow.position), else_=-1))
    return (
        select(
            CaseEventRow.case_id,
            func.max(case((ends, CaseEventRow.at))).label("ended_at"),
            case((begun > ended, 1), else_=0).label("is_open"),
        )
        .group_by(CaseEventRow.case_id)
        .subquery()
    )

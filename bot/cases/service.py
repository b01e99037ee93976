"""Opening, adding to and taking back cases, inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.turn import AddToCase, OpenCase
from bot.messages import ConversationKey
from bot.storage.cases import add_case_event, find_case
from bot.storage.jobs import key_to_json
from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow

PERSON: Final = "person"


async def open_case(
    session: AsyncSession,
    effect: OpenCase,
    conversation_id: uuid.UUID,
    key: ConversationKey,
    now: dt.datetime,
) -> None:
    """Store a case with its opening event."""
    case = CaseRow(
        id=uuid.uuid4(), reference=effect.reference, conversation_id=conversation_id, address=key_to_json(key),
        language=effect.language, urgency=effect.urgency, articles=list(effect.articles), created_at=now,
    )  # fmt: skip
    session.add(case)
    await session.flush()
    await add_case_event(session, case.id, CaseEventKind.OPENED, actor=PERSON, at=now, text=effect.question or None)


async def add_to_case(session: AsyncSession, effect: AddToCase, now: dt.datetime) -> None:
    """Add the person's words to their case; a case that is gone takes nothing."""
    found = await find_case(session, effect.reference)
    if found is not None and effect.text:
        await add_case_event(session, found.case.id, CaseEventKind.NOTE, actor=PERSON, at=now, text=effect.text)


async def withdraw_case(session: AsyncSession, reference: str, now: dt.datetime) -> None:
    """Take a case back: its text and the person's address are deleted, that it existed stays."""
    found = await find_case(session, reference)
    if found is None:
        return
    case_id = found.case.id
    await session.execute(update(CaseEventRow).where(CaseEventRow.case_id == case_id).values(text=None))
    await session.execute(update(CaseRow).where(CaseRow.id == case_id).values(address=None))
    await add_case_event(session, case_id, CaseEventKind.WITHDRAWN, actor=PERSON, at=now, text=None)

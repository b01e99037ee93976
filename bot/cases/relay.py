"""What becomes of a caseworker's answer: delivered or not, changed, taken back. Inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import status_of
from bot.cases.dispatch import dispatch
from bot.cases.service import PERSON, SYSTEM
from bot.cases.telling import say_to_person
from bot.errors import CaseError
from bot.i18n import translator
from bot.messages import Reply
from bot.partners.partner import Recipient
from bot.storage.cases import CaseWithEvents, add_case_event, find_event, lock_case
from bot.storage.conversations import find_message, reply_to_json
from bot.storage.jobs import add_job, key_from_json
from bot.storage.models import CaseEventKind, CaseEventRow, JobKind
from bot.storage.relays import drop_unsent, replace_unsent

TAKE_BACK: Final = "take_back"
EDIT: Final = "edit"


def answer_at(found: CaseWithEvents, message: int) -> CaseEventRow | None:
    """The answer that was written as `message` (its id in the case's topic); None where that was none."""
    return next(
        (
            event
            for event in found.events
            if event.kind == CaseEventKind.ANSWER and (event.detail or {}).get("message") == message
        ),
        None,
    )


def revisions_of(found: CaseWithEvents, answer: CaseEventRow) -> list[CaseEventRow]:
    """How an answer was changed and taken back since, oldest first."""
    return [
        event
        for event in found.events
        if event.kind in (CaseEventKind.EDITED, CaseEventKind.TAKEN_BACK)
        and (event.detail or {}).get("of") == answer.position
    ]


async def note_delivery(
    session: AsyncSession,
    event_id: uuid.UUID,
    now: dt.datetime,
    partners: Mapping[str, Recipient],
    *,
    reason: str = "",
    what: str = "",
) -> None:
    """Write into the case that what a caseworker said with this event has reached the person or, with a `reason`, that
    it never will; the partner is told the latter. `what` is TAKE_BACK where it is the taking back that failed. The
    same twice is noted once, and a case that is gone or was taken back takes nothing."""
    known = await find_event(session, event_id)
    found = await lock_case(session, known[0].case.id) if known is not None else None
    if known is None or found is None or status_of(found.events).name == "withdrawn":
        return
    event = known[1]
    kind = CaseEventKind.FAILED if reason else CaseEventKind.DELIVERED
    detail: dict[str, Any] = {"to": PERSON, "of": event.position}
    detail |= {"reason": reason[:200]} if reason else {}
    detail |= {"what": what} if what else {}
    if any(item.kind == kind and item.detail == detail for item in found.events):
        return
    noted = await add_case_event(
        session, event.case_id, kind, actor=SYSTEM, at=now, text=None, partner_id=event.partner_id, detail=detail
    )
    if reason:
        dispatch(session, noted, event.partner_id, partners)


async def edit_answer(
    session: AsyncSession,
    found: CaseWithEvents,
    answer: CaseEventRow,
    actor: str,
    replies: Sequence[Reply],
    text: str,
    now: dt.datetime,
) -> None:
    """Change an answer of the open case `found`, which the caller holds: `replies` is how it is shown from now on,
    `text` how it stands in the case. What was not sent yet is sent so; what was sent is changed at the person's.

    Raises CaseError where the person is gone or the answer was taken back.
    """
    case = found.case
    if case.address is None or case.conversation_id is None:
        raise CaseError(f"{case.reference}: the person is gone; nothing can be sent")
    if any(event.kind == CaseEventKind.TAKEN_BACK for event in revisions_of(found, answer)):
        raise CaseError(f"{case.reference}: the answer was taken back")
    event = await add_case_event(
        session, case.id, CaseEventKind.EDITED, actor=actor, at=now, text=text, partner_id=answer.partner_id,
        detail={"of": answer.position},
    )  # fmt: skip
    message = await find_message(session, case.conversation_id, f"answer-{answer.id}")
    if message is not None and await replace_unsent(session, message.id, replies):
        return
    add_job(
        session, JobKind.REVISE, dedup=f"revise:{event.id}", subject=f"{event.id}:{EDIT}", run_at=now,
        address=key_from_json(case.address), payload=json.dumps([reply_to_json(reply) for reply in replies]),
    )  # fmt: skip


async def take_back_answer(
    session: AsyncSession, found: CaseWithEvents, answer: CaseEventRow, actor: str, now: dt.datetime
) -> bool:
    """Take back an answer of the open case `found`, which the caller holds. Returns True where it had not been sent
    and never will be; else a job deletes it at the person's, and the partner is told what came of that.

    Raises CaseError where the person is gone or it was taken back before.
    """
    case = found.case
    if case.address is None or case.conversation_id is None:
        raise CaseError(f"{case.reference}: the person is gone; nothing can be sent")
    if any(event.kind == CaseEventKind.TAKEN_BACK for event in revisions_of(found, answer)):
        raise CaseError(f"{case.reference}: the answer was taken back before")
    message = await find_message(session, case.conversation_id, f"answer-{answer.id}")
    if message is not None and await drop_unsent(session, message.id):
        await note_taken_back(session, answer, actor, now)
        return True
    # Each asking is tried anew: what failed for good once was told.
    add_job(
        session, JobKind.REVISE, dedup=f"revise:{uuid.uuid4()}", subject=f"{answer.id}:{TAKE_BACK}", run_at=now,
        address=key_from_json(case.address), payload=json.dumps(actor),
    )  # fmt: skip
    return False


async def note_taken_back(session: AsyncSession, answer: CaseEventRow, actor: str, now: dt.datetime) -> CaseEventRow:
    """Write into the case that the person does not see an answer any more. Returns the event."""
    return await add_case_event(
        session, answer.case_id, CaseEventKind.TAKEN_BACK, actor=actor, at=now, text=None,
        partner_id=answer.partner_id, detail={"of": answer.position},
    )  # fmt: skip


async def send_correction(
    session: AsyncSession, found: CaseWithEvents, event: CaseEventRow, replies: Sequence[Reply], now: dt.datetime
) -> None:
    """Send a changed answer as a new message, because the first one cannot be changed any more."""
    first, *others = replies
    words = translator(first.language)
    heading = words("Correction:")
    corrected = [replace(first, text=f"**{heading}**\n\n{first.text}"), *others]
    await say_to_person(session, found.case, f"edit-{event.id}", corrected, now, by_caseworker=True)

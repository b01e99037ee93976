"""Opening, adding to, accepting, declining, closing and taking back cases, inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import referral_of, status_of
from bot.cases.dispatch import dispatch
from bot.conversation.state import SafeContact
from bot.conversation.turn import AddToCase, Consent, OfferCase, OpenCase
from bot.errors import CaseError
from bot.messages import ConversationKey, Reply
from bot.partners.partner import Partner
from bot.partners.routing import OPERATOR, Reason
from bot.storage.cases import CaseWithEvents, add_case_event, find_case
from bot.storage.conversations import add_replies
from bot.storage.jobs import add_job, key_from_json, key_to_json
from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow, ConsentRow, JobKind, MessageRow

PERSON: Final = "person"
SYSTEM: Final = "tomoni"
OUTCOMES: Final = ("solved", "advised", "referred", "unreachable", "duplicate", "other")
MAX_REASON: Final = 200


async def open_case(
    session: AsyncSession,
    effect: OpenCase,
    conversation_id: uuid.UUID,
    key: ConversationKey,
    now: dt.datetime,
    partners: Mapping[str, Partner],
) -> CaseRow:
    """Store a case with what was told, the consent in its exact words, and to whom it is offered and why."""
    told = effect.intake
    case = CaseRow(
        id=uuid.uuid4(), reference=effect.reference, conversation_id=conversation_id, address=key_to_json(key),
        intake=json.dumps(asdict(told), ensure_ascii=False), language=effect.language, prefecture=told.place,
        urgency=effect.urgency, articles=list(effect.articles), created_at=now,
    )  # fmt: skip
    session.add(case)
    await session.flush()
    await add_case_event(session, case.id, CaseEventKind.OPENED, actor=PERSON, at=now, text=told.what or None)
    if effect.consent is not None:
        await _offer(session, case.id, effect.consent, effect.reasons, now, partners)
    return case


async def offer_case(
    session: AsyncSession, effect: OfferCase, now: dt.datetime, partners: Mapping[str, Partner]
) -> None:
    """Offer an open case to one more partner the person has agreed to; a case that is over stays as it is."""
    found = await find_case(session, effect.reference)
    if found is not None and status_of(found.events).name == "open":
        await _offer(session, found.case.id, effect.consent, effect.reasons, now, partners)


async def _offer(
    session: AsyncSession,
    case_id: uuid.UUID,
    consent: Consent,
    reasons: tuple[Reason, ...],
    now: dt.datetime,
    partners: Mapping[str, Partner],
) -> None:
    session.add(_consent_row(case_id, consent, now))
    event = await add_case_event(
        session, case_id, CaseEventKind.OFFERED, actor=SYSTEM, at=now, text=None,
        partner_id=consent.partner_id, detail={"reasons": reasons_to_json(reasons)},
    )  # fmt: skip
    dispatch(session, event, consent.partner_id, partners)


async def add_to_case(
    session: AsyncSession, effect: AddToCase, now: dt.datetime, partners: Mapping[str, Partner]
) -> None:
    """Add the person's words to their case, and raise its urgency where they speak of danger; a case that is gone
    takes nothing."""
    found = await find_case(session, effect.reference)
    if found is None or not effect.text:
        return
    event = await add_case_event(session, found.case.id, CaseEventKind.NOTE, actor=PERSON, at=now, text=effect.text)
    dispatch(session, event, referral_of(found.events).partner_id, partners)
    if effect.urgency == "immediate":
        await session.execute(update(CaseRow).where(CaseRow.id == found.case.id).values(urgency="immediate"))


async def accept_case(session: AsyncSession, found: CaseWithEvents, actor: str, now: dt.datetime) -> None:
    """Note that `actor` takes the case for whoever it is offered to. Raises CaseError where somebody has it already,
    or it is over."""
    _require_open(found)
    referral = referral_of(found.events)
    if referral.accepted_by:
        raise CaseError(f"{found.case.reference}: {referral.accepted_by} has it already")
    await add_case_event(
        session, found.case.id, CaseEventKind.ACCEPTED, actor=actor, at=now, text=None, partner_id=referral.partner_id
    )


async def decline_case(session: AsyncSession, found: CaseWithEvents, actor: str, reason: str, now: dt.datetime) -> None:
    """Note that the partner it is offered to does not take the case, and why; it stands at the operator's desk then.
    Raises CaseError where the desk has it, or it is over."""
    _require_open(found)
    referral = referral_of(found.events)
    if referral.partner_id == OPERATOR:
        raise CaseError(f"{found.case.reference}: stands at the operator's desk; close it instead")
    await add_case_event(
        session, found.case.id, CaseEventKind.DECLINED, actor=actor, at=now, text=None,
        partner_id=referral.partner_id, detail={"reason": reason[:MAX_REASON]},
    )  # fmt: skip


async def close_case(
    session: AsyncSession, found: CaseWithEvents, actor: str, outcome: str, now: dt.datetime
) -> CaseEventRow:
    """Note that the case is over and with which outcome, one of OUTCOMES; returns the event. Raises CaseError where
    it is over already or the outcome is none of them."""
    _require_open(found)
    if outcome not in OUTCOMES:
        raise CaseError(f"{outcome}: no such outcome; there are {', '.join(OUTCOMES)}")
    return await add_case_event(
        session, found.case.id, CaseEventKind.CLOSED, actor=actor, at=now, text=None,
        partner_id=referral_of(found.events).partner_id, detail={"outcome": outcome},
    )  # fmt: skip


async def answer_person(
    session: AsyncSession, found: CaseWithEvents, actor: str, replies: Sequence[Reply], text: str, now: dt.datetime
) -> None:
    """Send what a caseworker says to the person: `replies` is how it is shown, `text` how it stands in the case.

    Raises CaseError where the case is over, the person cannot be reached here or does not want to be, or nobody has
    accepted the case: who answers first takes it.
    """
    _require_open(found)
    case = found.case
    if case.address is None or case.conversation_id is None:
        raise CaseError(f"{case.reference}: the person is gone; nothing can be sent")
    if found.intake.get("contact") == SafeContact.NO:
        raise CaseError(f"{case.reference}: the person said that it is not safe to write to them here")
    if not referral_of(found.events).accepted_by:
        await accept_case(session, found, actor, now)
    event = await add_case_event(session, case.id, CaseEventKind.ANSWER, actor=actor, at=now, text=text)
    await say_to_person(session, case, f"answer-{event.id}", replies, now)


async def say_to_person(
    session: AsyncSession, case: CaseRow, occasion: str, replies: Sequence[Reply], now: dt.datetime
) -> None:
    """Let the outbox send `replies` to the person of a case; the same occasion twice is said once. A person who is
    gone is told nothing."""
    if case.address is None or case.conversation_id is None:
        return
    key = key_from_json(case.address)
    message_id = uuid.uuid4()
    session.add(
        MessageRow(
            id=message_id, conversation_id=case.conversation_id, channel_message_id=occasion[:128], kind="relay",
            received_at=now, language=case.language, articles=[],
        )
    )  # fmt: skip
    await session.flush()
    add_replies(session, message_id, replies)
    add_job(
        session, JobKind.SEND_REPLIES, dedup=f"replies:{message_id}", subject=str(message_id), address=key, run_at=now
    )


async def solve_case(session: AsyncSession, reference: str, now: dt.datetime, partners: Mapping[str, Partner]) -> None:
    """Close a case because the person says it is solved; one that is over already stays as it is."""
    found = await find_case(session, reference)
    if found is not None and status_of(found.events).name == "open":
        event = await close_case(session, found, PERSON, "solved", now)
        dispatch(session, event, event.partner_id, partners)


async def withdraw_case(
    session: AsyncSession, reference: str, now: dt.datetime, partners: Mapping[str, Partner]
) -> None:
    """Take a case back: its texts, the person's address and the words of the consent are deleted, the consent ends;
    that the case existed stays."""
    found = await find_case(session, reference)
    if found is None:
        return
    await erase_texts(session, found.case.id)
    await session.execute(
        update(ConsentRow)
        .where(ConsentRow.case_id == found.case.id, ConsentRow.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    partner_id = referral_of(found.events).partner_id
    event = await add_case_event(
        session, found.case.id, CaseEventKind.WITHDRAWN, actor=PERSON, at=now, text=None, partner_id=partner_id
    )
    dispatch(session, event, partner_id, partners)


async def erase_texts(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Delete everything personal of a case: what was told and written, the address, the words of the consents."""
    await session.execute(update(CaseEventRow).where(CaseEventRow.case_id == case_id).values(text=None))
    await session.execute(update(CaseRow).where(CaseRow.id == case_id).values(address=None, intake=None))
    await session.execute(update(ConsentRow).where(ConsentRow.case_id == case_id).values(text=None))


def reasons_to_json(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    """Routing reasons as they are stored with the offer."""
    return [{"kind": str(reason.kind), "subject": reason.subject} for reason in reasons]


def _consent_row(case_id: uuid.UUID, consent: Consent, now: dt.datetime) -> ConsentRow:
    return ConsentRow(
        case_id=case_id, partner_id=consent.partner_id, purpose=consent.purpose, kinds=list(consent.kinds),
        version=consent.version, language=consent.language, text=consent.text, given_at=now,
    )  # fmt: skip


def _require_open(found: CaseWithEvents) -> None:
    name = status_of(found.events).name
    if name != "open":
        raise CaseError(f"{found.case.reference}: is {name}")

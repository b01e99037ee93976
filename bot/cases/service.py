"""Opening, adding to, accepting, declining, closing and taking back cases, inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import holders, referral_of, status_of, tried_partners
from bot.cases.dispatch import dispatch
from bot.cases.telling import may_write_to, pass_on_rows, say_to_person
from bot.conversation.state import ConversationState
from bot.conversation.turn import AddToCase, Consent, OfferCase, OpenCase
from bot.errors import CaseError
from bot.i18n import Translator, translator
from bot.messages import ConversationKey, LanguageCode, Reply
from bot.partners.partner import Recipient
from bot.partners.routing import OPERATOR, Reason, ReasonKind
from bot.storage.attachments import add_attachment, attachment_row, delete_attachments
from bot.storage.cases import CaseWithEvents, add_case_event, find_case, lock_case
from bot.storage.conversations import replace_state
from bot.storage.jobs import key_to_json
from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow, ConsentRow, ConversationRow
from bot.storage.relays import delete_relays

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
    partners: Mapping[str, Recipient],
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
    else:
        await give_to_operator(session, case.id, Reason(ReasonKind.UNREAD), now, partners)
    return case


async def offer_case(
    session: AsyncSession, effect: OfferCase, now: dt.datetime, partners: Mapping[str, Recipient]
) -> None:
    """Offer an open case to one more partner the person has agreed to. Those that had it are told to delete it. A
    case that is over, or was offered to this one before, stays as it is."""
    found = await _now(session, effect.reference)
    if found is None or status_of(found.events).name != "open":
        return
    partner_id = effect.consent.partner_id
    if partner_id != OPERATOR and partner_id in tried_partners(found.events):
        return
    for former in holders(found.events):
        event = await add_case_event(
            session, found.case.id, CaseEventKind.REVOKED, actor=SYSTEM, at=now, text=None, partner_id=former
        )
        dispatch(session, event, former, partners)
    await _offer(session, found.case.id, effect.consent, effect.reasons, now, partners)


async def _offer(
    session: AsyncSession,
    case_id: uuid.UUID,
    consent: Consent,
    reasons: tuple[Reason, ...],
    now: dt.datetime,
    partners: Mapping[str, Recipient],
) -> None:
    session.add(_consent_row(case_id, consent, now))
    await _add_offer(session, case_id, consent.partner_id, reasons, now, partners)


async def give_to_operator(
    session: AsyncSession, case_id: uuid.UUID, reason: Reason, now: dt.datetime, partners: Mapping[str, Recipient]
) -> None:
    """Offer a case that nobody else has to the operator's own desk, and say why."""
    await _add_offer(session, case_id, OPERATOR, (reason,), now, partners)


async def _add_offer(
    session: AsyncSession,
    case_id: uuid.UUID,
    partner_id: str,
    reasons: tuple[Reason, ...],
    now: dt.datetime,
    partners: Mapping[str, Recipient],
) -> None:
    event = await add_case_event(
        session, case_id, CaseEventKind.OFFERED, actor=SYSTEM, at=now, text=None, partner_id=partner_id,
        detail={"reasons": reasons_to_json(reasons)},
    )  # fmt: skip
    dispatch(session, event, partner_id, partners)


async def add_to_case(
    session: AsyncSession, effect: AddToCase, now: dt.datetime, partners: Mapping[str, Recipient]
) -> None:
    """Add the person's words or file to their case, and raise its urgency where they speak of danger; a case that is
    gone takes nothing."""
    found = await _now(session, effect.reference)
    nothing = not effect.text and effect.attachment is None
    if found is None or nothing or status_of(found.events).name == "withdrawn":
        return
    partner_id = referral_of(found.events).partner_id
    kind = CaseEventKind.EDITED if effect.edited else CaseEventKind.NOTE
    event = await add_case_event(
        session, found.case.id, kind, actor=PERSON, at=now, text=effect.text or None, partner_id=partner_id
    )
    if effect.attachment is not None:
        await add_attachment(session, event, attachment_row(effect.attachment))
    dispatch(session, event, partner_id, partners)
    if effect.urgency == "immediate":
        await session.execute(update(CaseRow).where(CaseRow.id == found.case.id).values(urgency="immediate"))


async def accept_case(session: AsyncSession, found: CaseWithEvents, actor: str, now: dt.datetime) -> None:
    """Note that `actor` takes the case for whoever it is offered to, and tell the person. Raises CaseError where
    somebody has it already, or it is over."""
    event = await _accept(session, await open_now(session, found), actor, now)
    words = _words_for(found)
    text = words("Somebody has taken up your case %(reference)s.", reference=f"**{found.case.reference}**")
    await say_to_person(session, found.case, f"accepted-{event.id}", [Reply(text, words.language)], now)


async def _accept(session: AsyncSession, found: CaseWithEvents, actor: str, now: dt.datetime) -> CaseEventRow:
    referral = referral_of(found.events)
    if referral.accepted_by:
        raise CaseError(f"{found.case.reference}: {referral.accepted_by} has it already")
    return await add_case_event(
        session, found.case.id, CaseEventKind.ACCEPTED, actor=actor, at=now, text=None, partner_id=referral.partner_id
    )


async def decline_case(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    reason: str,
    now: dt.datetime,
    partners: Mapping[str, Recipient],
) -> None:
    """Note that the partner it is offered to does not take the case, and why (kept like any text, for it may be
    personal); it stands at the operator's desk then, and the person is told. Raises CaseError where the desk has it,
    or it is over."""
    found = await open_now(session, found)
    referral = referral_of(found.events)
    if referral.partner_id == OPERATOR:
        raise CaseError(f"{found.case.reference}: stands at the operator's desk; close it instead")
    event = await add_case_event(
        session, found.case.id, CaseEventKind.DECLINED, actor=actor, at=now, text=reason[:MAX_REASON] or None,
        partner_id=referral.partner_id,
    )  # fmt: skip
    await give_to_operator(session, found.case.id, Reason(ReasonKind.DECLINED, referral.partner_id), now, partners)
    words = _words_for(found)
    text = words(
        "They cannot take your case. I am sorry. The people who run this Tomoni look after your case %(reference)s "
        "now. If you want, I pass it to somebody else.",
        reference=f"**{found.case.reference}**",
    )
    reply = Reply(text, words.language, pass_on_rows(words))
    await say_to_person(session, found.case, f"declined-{event.id}", [reply], now)


async def close_case(
    session: AsyncSession, found: CaseWithEvents, actor: str, outcome: str, now: dt.datetime
) -> CaseEventRow:
    """Note that the case is over and with which outcome, one of OUTCOMES; returns the event. The person is told,
    unless it was they who closed it. Raises CaseError where it is over already or the outcome is none of them."""
    found = await open_now(session, found)
    if outcome not in OUTCOMES:
        raise CaseError(f"{outcome}: no such outcome; there are {', '.join(OUTCOMES)}")
    event = await add_case_event(
        session, found.case.id, CaseEventKind.CLOSED, actor=actor, at=now, text=None,
        partner_id=referral_of(found.events).partner_id, detail={"outcome": outcome},
    )  # fmt: skip
    if actor != PERSON:
        words = _words_for(found)
        text = words(
            "Your case %(reference)s is closed. If you still need help, write again any time.",
            reference=f"**{found.case.reference}**",
        )
        await say_to_person(session, found.case, f"closed-{event.id}", [Reply(text, words.language)], now)
    return event


async def answer_person(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    replies: Sequence[Reply],
    text: str,
    now: dt.datetime,
    detail: dict[str, Any] | None = None,
    *,
    message: int | None = None,
) -> CaseEventRow:
    """Send what a caseworker says to the person: `replies` is how it is shown, `text` how it stands in the case,
    `detail` what is not personal about it, `message` its id in the case's topic, by which they may change it later.
    Returns the event.

    Raises CaseError where the case is over, or the person cannot be reached here or does not want to be. Where nobody
    has accepted the case, who answers first takes it.
    """
    found = await open_now(session, found)
    case = found.case
    if case.address is None or case.conversation_id is None:
        raise CaseError(f"{case.reference}: the person is gone; nothing can be sent")
    if not may_write_to(found.intake):
        raise CaseError(f"{case.reference}: the person said that it is not safe to write to them here")
    referral = referral_of(found.events)
    if not referral.accepted_by:
        await _accept(session, found, actor, now)
    event = await add_case_event(
        session, case.id, CaseEventKind.ANSWER, actor=actor, at=now, text=text, partner_id=referral.partner_id,
        detail={**(detail or {}), **({"message": message} if message is not None else {})} or None,
    )  # fmt: skip
    await say_to_person(session, case, f"answer-{event.id}", replies, now, by_caseworker=True)
    return event


async def solve_case(
    session: AsyncSession, reference: str, now: dt.datetime, partners: Mapping[str, Recipient]
) -> None:
    """Close a case because the person says it is solved; one that is over already stays as it is."""
    found = await _now(session, reference)
    if found is not None and status_of(found.events).name == "open":
        event = await close_case(session, found, PERSON, "solved", now)
        dispatch(session, event, event.partner_id, partners)


async def withdraw_case(
    session: AsyncSession, reference: str, now: dt.datetime, partners: Mapping[str, Recipient]
) -> None:
    """Take a case back: its texts, the person's address and the words of the consent are deleted, the consent ends,
    and every partner that may still hold something of it is told to delete that. That the case existed stays."""
    found = await _now(session, reference)
    if found is None or status_of(found.events).name == "withdrawn":
        return
    await erase_texts(session, found.case.id)
    await session.execute(
        update(ConsentRow)
        .where(ConsentRow.case_id == found.case.id, ConsentRow.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    for partner_id in holders(found.events) or [OPERATOR]:
        event = await add_case_event(
            session, found.case.id, CaseEventKind.WITHDRAWN, actor=PERSON, at=now, text=None, partner_id=partner_id
        )
        dispatch(session, event, partner_id, partners)


async def erase_texts(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Delete everything personal of a case: what was told and written, sent or not, its files, the address, the words
    of the consents."""
    await delete_attachments(session, case_id)
    case = await session.get(CaseRow, case_id)
    ids = list((await session.execute(select(CaseEventRow.id).where(CaseEventRow.case_id == case_id))).scalars())
    if case is not None and case.conversation_id is not None:
        await delete_relays(session, case.conversation_id, ids)
        await _forget_in_conversation(session, case.conversation_id, case.reference)
    await session.execute(update(CaseEventRow).where(CaseEventRow.case_id == case_id).values(text=None))
    await session.execute(update(CaseRow).where(CaseRow.id == case_id).values(address=None, intake=None))
    await session.execute(update(ConsentRow).where(ConsentRow.case_id == case_id).values(text=None))


async def _forget_in_conversation(session: AsyncSession, conversation_id: uuid.UUID, reference: str) -> None:
    """Take what was told for a case out of what its conversation remembers. A person who writes meanwhile takes it
    out themselves."""
    row = await session.get(ConversationRow, conversation_id, populate_existing=True)
    state = ConversationState.from_json(row.state) if row is not None else None
    if row is not None and state is not None and state.case == reference:
        await replace_state(session, row.id, row.version, state.without_case().to_json())


def reasons_to_json(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    """Routing reasons as they are stored with the offer."""
    return [{"kind": str(reason.kind), "subject": reason.subject} for reason in reasons]


def _consent_row(case_id: uuid.UUID, consent: Consent, now: dt.datetime) -> ConsentRow:
    return ConsentRow(
        case_id=case_id, partner_id=consent.partner_id, purpose=consent.purpose, kinds=list(consent.kinds),
        version=consent.version, language=consent.language, text=consent.text, given_at=now,
    )  # fmt: skip


async def _now(session: AsyncSession, reference: str) -> CaseWithEvents | None:
    """A case as it stands now, kept from others until the transaction ends."""
    found = await find_case(session, reference)
    return await lock_case(session, found.case.id) if found is not None else None


async def open_now(session: AsyncSession, found: CaseWithEvents) -> CaseWithEvents:
    """The same case as it stands now, kept from others until the transaction ends. Raises CaseError where it is over:
    of two who do something to a case at once, the second sees what the first did."""
    now = await lock_case(session, found.case.id)
    if now is None:
        raise CaseError(f"{found.case.reference}: was deleted")
    name = status_of(now.events).name
    if name != "open":
        raise CaseError(f"{now.case.reference}: is {name}")
    return now


def _words_for(found: CaseWithEvents) -> Translator:
    return translator(LanguageCode(found.case.language))

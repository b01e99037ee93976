"""Passing a case on to another partner because a caseworker proposes it: the person is asked first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import referral_of, status_of, tried_partners
from bot.cases.dispatch import dispatch
from bot.cases.service import MAX_REASON, PERSON, open_now
from bot.cases.telling import may_write_to, say_to_person
from bot.conversation.buttons import Action, button
from bot.conversation.turn import RefuseTransfer
from bot.errors import CaseError
from bot.i18n import translator
from bot.markup import escape
from bot.messages import LanguageCode, Reply
from bot.partners.partner import Partner, Recipient
from bot.storage.cases import CaseWithEvents, add_case_event, find_case, lock_case
from bot.storage.models import CaseEventKind, CaseEventRow


async def ask_transfer(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    to: str,
    reason: str,
    now: dt.datetime,
    recipients: Mapping[str, Recipient],
) -> None:
    """Ask the person whether their case may be passed on to the partner `to`; whoever has it keeps it until they say
    yes. `reason` is for the other partner.

    Raises CaseError where the case is over, there is no such other partner or it had the case before, the person was
    asked that already, or cannot be asked here.
    """
    found = await open_now(session, found)
    case, reference = found.case, found.case.reference
    holder = referral_of(found.events).partner_id
    partner = recipients.get(to)
    if not isinstance(partner, Partner) or to == holder:
        raise CaseError(f"{to}: there is no such other partner")
    if to in tried_partners(found.events):
        raise CaseError(f"{reference}: {to} had it before")
    if case.address is None or case.conversation_id is None:
        raise CaseError(f"{reference}: the person is gone and cannot be asked")
    if not may_write_to(found.intake):
        raise CaseError(f"{reference}: the person said that it is not safe to write to them here, so cannot be asked")
    if _is_asked(found, to):
        raise CaseError(f"{reference}: the person was asked that, and has not answered yet")
    event = await add_case_event(
        session, case.id, CaseEventKind.TRANSFER_ASKED, actor=actor, at=now, text=reason[:MAX_REASON] or None,
        partner_id=to, detail={"from": holder},
    )  # fmt: skip
    language = LanguageCode(case.language)
    words = translator(language)
    text = words(
        "**%(other)s** may be able to help you better with your case %(reference)s. May I pass it on to them? You see "
        "first what would be passed on. If you say no, nothing changes.",
        other=escape(partner.names.in_language(language)), reference=f"**{reference}**",
    )  # fmt: skip
    rows = (
        (button("👀 " + words("Show what would be passed on"), Action.TRANSFER, to),),
        (button("✖️ " + words("No, leave it where it is"), Action.KEEP_CASE, to),),
    )
    await say_to_person(session, case, f"transfer-{event.id}", [Reply(text, language, rows)], now)


async def refuse_transfer(
    session: AsyncSession, effect: RefuseTransfer, now: dt.datetime, recipients: Mapping[str, Recipient]
) -> None:
    """Note that the person does not want their case passed on, and tell whoever has it. A case that is over, or about
    which nobody asked, stays as it is."""
    known = await find_case(session, effect.reference)
    found = await lock_case(session, known.case.id) if known is not None else None
    if found is None or status_of(found.events).name != "open" or not _is_asked(found, effect.partner_id):
        return
    holder = referral_of(found.events).partner_id
    event = await add_case_event(
        session, found.case.id, CaseEventKind.TRANSFER_REFUSED, actor=PERSON, at=now, text=None, partner_id=holder,
        detail={"to": effect.partner_id},
    )  # fmt: skip
    dispatch(session, event, holder, recipients)


def _is_asked(found: CaseWithEvents, to: str) -> bool:
    """Whether the person was asked about this partner and has answered neither yes nor no."""
    last = next((event for event in reversed(found.events) if _is_about(event, to)), None)
    return last is not None and last.kind == CaseEventKind.TRANSFER_ASKED


def _is_about(event: CaseEventRow, to: str) -> bool:
    if event.kind == CaseEventKind.TRANSFER_REFUSED:
        return (event.detail or {}).get("to") == to
    return event.partner_id == to and event.kind in (CaseEventKind.TRANSFER_ASKED, CaseEventKind.OFFERED)

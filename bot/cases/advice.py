"""Caseworkers asking others: another partner for advice, the operator for attention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import is_asked_for_advice, referral_of
from bot.cases.dispatch import dispatch
from bot.cases.service import open_now
from bot.errors import CaseError
from bot.partners.partner import Partner, Recipient
from bot.partners.routing import OPERATOR
from bot.storage.cases import CaseWithEvents, add_case_event
from bot.storage.models import CaseEventKind

MAX_ADVICE: Final = 4000


async def ask_advice(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    to: str,
    question: str,
    now: dt.datetime,
    recipients: Mapping[str, Recipient],
) -> None:
    """Send `question` to the partner `to`. Nothing else of the case goes there: the person agreed to nobody else, so
    the question must not say who they are. Raises CaseError where the case is over, there is no such other partner,
    or the question is empty or too long."""
    found = await open_now(session, found)
    holder = referral_of(found.events).partner_id
    if not isinstance(recipients.get(to), Partner) or to == holder:
        raise CaseError(f"{to}: there is no such other partner")
    event = await add_case_event(
        session, found.case.id, CaseEventKind.ADVICE_ASKED, actor=actor, at=now,
        text=_checked(found, question), partner_id=to, detail={"from": holder},
    )  # fmt: skip
    dispatch(session, event, to, recipients)


async def give_advice(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    partner_id: str,
    text: str,
    now: dt.datetime,
    recipients: Mapping[str, Recipient],
) -> None:
    """Send what the partner `partner_id` was asked for to whoever has the case. Raises CaseError where the case is
    over, that partner was not asked, or the advice is empty or too long."""
    found = await open_now(session, found)
    if not is_asked_for_advice(found.events, partner_id):
        raise CaseError(f"{found.case.reference}: {partner_id} was not asked for advice")
    holder = referral_of(found.events).partner_id
    event = await add_case_event(
        session, found.case.id, CaseEventKind.ADVICE_GIVEN, actor=actor, at=now, text=_checked(found, text),
        partner_id=holder, detail={"from": partner_id},
    )  # fmt: skip
    dispatch(session, event, holder, recipients)


async def escalate(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    reason: str,
    now: dt.datetime,
    recipients: Mapping[str, Recipient],
) -> None:
    """Ask the operator to look at a case; whoever has it keeps it. Raises CaseError where the case is over, or the
    operator has it anyway."""
    found = await open_now(session, found)
    holder = referral_of(found.events).partner_id
    if holder == OPERATOR:
        raise CaseError(f"{found.case.reference}: stands at the operator's desk already")
    event = await add_case_event(
        session, found.case.id, CaseEventKind.ESCALATED, actor=actor, at=now, text=_checked(found, reason),
        partner_id=OPERATOR, detail={"from": holder},
    )  # fmt: skip
    dispatch(session, event, OPERATOR, recipients)


def _checked(found: CaseWithEvents, text: str) -> str:
    if not text.strip():
        raise CaseError(f"{found.case.reference}: there is nothing written")
    if len(text) > MAX_ADVICE:
        raise CaseError(f"{found.case.reference}: longer than {MAX_ADVICE} characters")
    return text.strip()

"""What a case's events say about it. Pure: nothing here is stored twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.partners.routing import OPERATOR
from bot.storage.models import CaseEventKind

# Kinds after which a partner no longer has the case.
_ENDS_REFERRAL: Final = (CaseEventKind.DECLINED, CaseEventKind.REVOKED, CaseEventKind.UNANSWERED)
# What asks the partner that has the case to take it up.
ASKS_FOR_ANSWER: Final = (CaseEventKind.OFFERED, CaseEventKind.REMINDED)
# What goes to somebody who does not have the case, and can do nothing with it but answer.
ASKS_OTHERS: Final = (CaseEventKind.ADVICE_ASKED, CaseEventKind.ESCALATED)
# What tells a partner that it must not hold anything of the case any more.
TELLS_TO_DELETE: Final = (CaseEventKind.REVOKED, CaseEventKind.WITHDRAWN)
_GIVES: Final = (CaseEventKind.OFFERED, *ASKS_OTHERS)
_NAMES: Final = {
    CaseEventKind.OPENED: "open",
    CaseEventKind.REOPENED: "open",
    CaseEventKind.WITHDRAWN: "withdrawn",
    CaseEventKind.CLOSED: "closed",
}


class CaseEvent(Protocol):
    """What is read of an event."""

    kind: str
    at: dt.datetime
    actor: str
    partner_id: str | None
    detail: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """`name` is open, withdrawn or closed; `since` when it became so."""

    name: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """Who has a case now: `partner_id`, the operator's desk where nobody else does; since when it was offered; and
    whether, and by whom, it was accepted."""

    partner_id: str
    offered_at: dt.datetime
    accepted_by: str = ""


def status_of(events: Sequence[CaseEvent]) -> CaseStatus:
    """The status that `events`, oldest first, amount to. Raises ValueError for a case without events."""
    for event in reversed(events):
        name = _NAMES.get(CaseEventKind(event.kind))
        if name is not None:
            return CaseStatus(name, event.at)
    raise ValueError("a case has at least the event of its opening")


def referral_of(events: Sequence[CaseEvent]) -> Referral:
    """Who has the case after `events`, oldest first. Whatever happens, somebody does: the operator's desk."""
    referral = Referral(OPERATOR, events[0].at)
    for event in events:
        kind = CaseEventKind(event.kind)
        partner_id = event.partner_id or OPERATOR
        if kind == CaseEventKind.OFFERED:
            referral = Referral(partner_id, event.at)
        elif kind == CaseEventKind.ACCEPTED and partner_id == referral.partner_id:
            referral = Referral(referral.partner_id, referral.offered_at, event.actor)
        elif kind in _ENDS_REFERRAL and partner_id == referral.partner_id:
            referral = Referral(OPERATOR, event.at)
    return referral


def outcome_of(events: Sequence[CaseEvent]) -> str:
    """With which outcome the case was closed last; empty where it is not closed."""
    last = next((event for event in reversed(events) if CaseEventKind(event.kind) in _NAMES), None)
    return str((last.detail or {}).get("outcome", "")) if last is not None else ""


def holders(events: Sequence[CaseEvent]) -> list[str]:
    """Who may still hold something of the case, in the order in which they got it: it was offered to them, or their
    advice or attention asked for, and they were not told to delete it."""
    found: dict[str, None] = {}
    for event in events:
        if event.partner_id is None:
            continue
        if event.kind in _GIVES:
            found[event.partner_id] = None
        elif event.kind in TELLS_TO_DELETE:
            found.pop(event.partner_id, None)
    return list(found)


def awaits_answer(events: Sequence[CaseEvent], partner_id: str | None) -> bool:
    """Whether the case is open and stands offered to this partner, which has not said a word to it."""
    referral = referral_of(events)
    return status_of(events).name == "open" and referral.partner_id == partner_id and not referral.accepted_by


def is_asked_for_advice(events: Sequence[CaseEvent], partner_id: str) -> bool:
    """Whether the case is open and somebody who does not have it was asked about it: a partner for advice, or the
    operator for attention."""
    asked = any(event.kind in ASKS_OTHERS and event.partner_id == partner_id for event in events)
    return asked and status_of(events).name == "open" and referral_of(events).partner_id != partner_id


def tried_partners(events: Sequence[CaseEvent]) -> set[str]:
    """The partners a case was offered to already."""
    return {event.partner_id for event in events if event.kind == CaseEventKind.OFFERED and event.partner_id}

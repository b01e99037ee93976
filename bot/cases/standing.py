"""How an open case stands, as the thinking part is told. Pure."""

from __future__ import annotations

import datetime as dt

from bot.cases.case import referral_of
from bot.conversation.scene import Standing
from bot.storage.cases import CaseWithEvents
from bot.storage.models import CaseEventKind


def standing_of(found: CaseWithEvents, last_turn_at: dt.datetime) -> Standing:
    """Who has the open case `found`; `last_turn_at` is when the person last wrote."""
    referral = referral_of(found.events)
    accepted = [
        event.at
        for event in found.events
        if event.kind == CaseEventKind.ACCEPTED and referral.accepted_by and event.at >= referral.offered_at
    ]
    answered = any(event.kind == CaseEventKind.ANSWER and event.at >= last_turn_at for event in found.events)
    return Standing(
        referral.partner_id, accepted[-1] if accepted else referral.offered_at, bool(referral.accepted_by),
        tuple(found.case.articles), answered,
    )  # fmt: skip

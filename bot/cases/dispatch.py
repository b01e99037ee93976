"""What a partner is to be told about a case becomes jobs, in the transaction that writes the event."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.partners.opening import after_open_hours
from bot.partners.partner import Partner, Recipient
from bot.storage.jobs import add_job
from bot.storage.models import CaseEventKind, CaseEventRow, JobKind

# What reaches whom it concerns. An internal note never does, and what a partner did itself it knows.
TOLD: Final = (
    CaseEventKind.OFFERED,
    CaseEventKind.REMINDED,
    CaseEventKind.NOTE,
    CaseEventKind.EDITED,
    CaseEventKind.TAKEN_BACK,
    CaseEventKind.FAILED,
    CaseEventKind.WITHDRAWN,
    CaseEventKind.REVOKED,
    CaseEventKind.CLOSED,
    CaseEventKind.TRANSFER_REFUSED,
    CaseEventKind.ADVICE_ASKED,
    CaseEventKind.ADVICE_GIVEN,
    CaseEventKind.ESCALATED,
)
# The names of the ways to a partner, besides the desk.
CHANNELS: Final = ("telegram_group", "email", "webhook")
REMIND: Final = "remind"
OVERDUE: Final = "overdue"


def channels_of(partner: Recipient) -> tuple[str, ...]:
    """The names of the channels a partner is reached by, besides the desk."""
    named = {
        "telegram_group": partner.channels.telegram_group,
        "email": partner.channels.email,
        "webhook": partner.channels.webhook,
    }
    return tuple(name for name, channel in named.items() if channel is not None)


def letter_key(event_id: uuid.UUID, channel: str) -> str:
    """What marks the job of one letter: no other letter has the same."""
    return f"deliver:{event_id}:{channel}"


def service_level_key(event_id: uuid.UUID, stage: str) -> str:
    """What marks the job of one moment at which somebody must have looked."""
    return f"service_level:{event_id}:{stage}"


def way_to(partner_id: str, channel: str) -> str:
    """The name of one way to one partner."""
    return f"{partner_id}:{channel}"


def dispatch(
    session: AsyncSession, event: CaseEventRow, partner_id: str | None, partners: Mapping[str, Recipient]
) -> None:
    """Write down the jobs that `event` calls for: one for each channel of whom it concerns and, for an offer to a
    partner, the two moments at which somebody must have looked."""
    partner = partners.get(partner_id or "")
    if partner is None or event.kind not in TOLD:
        return
    for channel in channels_of(partner):
        add_job(
            session, JobKind.DELIVER, dedup=letter_key(event.id, channel), subject=f"{event.id}:{channel}",
            run_at=event.at, way=way_to(partner_id or "", channel),
        )  # fmt: skip
    if event.kind == CaseEventKind.OFFERED and isinstance(partner, Partner):
        level = partner.service_level
        for stage, hours in ((REMIND, level.remind_after_hours), (OVERDUE, level.first_response_hours)):
            add_job(
                session, JobKind.SERVICE_LEVEL, dedup=service_level_key(event.id, stage),
                subject=f"{event.id}:{stage}", run_at=after_open_hours(partner, event.at, hours),
            )  # fmt: skip

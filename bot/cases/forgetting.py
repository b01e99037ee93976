"""A person is forgotten: what still waits for partners goes, and each is left word to delete what it has."""

from __future__ import annotations

import datetime as dt
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import TELLS_TO_DELETE, holders
from bot.cases.dispatch import CHANNELS, OVERDUE, REMIND, channels_of, letter_key, way_to
from bot.cases.relay import EDIT, TAKE_BACK
from bot.partners.partner import Recipient
from bot.partners.routing import OPERATOR
from bot.storage.cases import (
    CaseWithEvents,
    cases_of_conversation,
    delete_cases_of_conversation,
    record_forgotten,
)
from bot.storage.conversations import delete_conversation
from bot.storage.jobs import add_job, delete_jobs_about, delete_jobs_of_conversation, jobs_known_as
from bot.storage.models import JobKind, TopicRow
from bot.storage.topics import topics_of

logger = logging.getLogger(__name__)

GROUP: Final = "telegram_group"


async def delete_everything(
    session: AsyncSession,
    conversation_id: uuid.UUID,
    partners: Mapping[str, Recipient],
    actor: str,
    now: dt.datetime,
) -> None:
    """Delete a conversation with its cases, messages, replies and jobs, because `actor` asked for it. The partners
    that hold something of a case are left word to delete that."""
    await record_forgotten(session, conversation_id, actor, now)
    for found in await cases_of_conversation(session, conversation_id):
        await leave_word_to_delete(session, found, partners, now)
    await delete_cases_of_conversation(session, conversation_id)
    await delete_jobs_of_conversation(session, conversation_id)
    await delete_conversation(session, conversation_id)


async def leave_word_to_delete(
    session: AsyncSession, found: CaseWithEvents, partners: Mapping[str, Recipient], now: dt.datetime
) -> None:
    """Before a case is deleted: delete the jobs about it, and write down one for each way to each partner that may
    still hold something of it. These hold nothing personal, and do not need the case."""
    topics = {topic.partner_id: topic for topic in await topics_of(session, found.case.id)}
    owed = await _owed(session, found, partners)
    # A topic keeps what was written in it, also with a partner that was told to delete before.
    owed |= dict.fromkeys((partner_id, GROUP) for partner_id in topics)
    suffixes = (*CHANNELS, REMIND, OVERDUE, EDIT, TAKE_BACK)
    await delete_jobs_about(session, [f"{event.id}:{suffix}" for event in found.events for suffix in suffixes])
    for partner_id, channel in owed:
        partner = partners.get(partner_id)
        if partner is None:
            logger.error("case %s: %s is not in the partners' file; tell them to delete it", found.case.reference,
                         partner_id)  # fmt: skip
            continue
        topic = topics.get(partner_id) if channel == GROUP else None
        if channel == GROUP and topic is None:
            continue  # nothing of the case was ever posted there
        _add(session, found, partner_id, partner, channel, topic, now)


async def _owed(
    session: AsyncSession, found: CaseWithEvents, partners: Mapping[str, Recipient]
) -> dict[tuple[str, str], None]:
    """Partner and channel of each way by which somebody is still to be told to delete: who may hold something of the
    case, and who was to be told but was not yet."""
    owed: dict[tuple[str, str], None] = {}
    for partner_id in holders(found.events):
        known = partners.get(partner_id)
        if known is None and partner_id == OPERATOR:
            continue  # who runs this has nothing but what is deleted here
        owed |= dict.fromkeys((partner_id, channel) for channel in (channels_of(known) if known else ("",)))
    keys = {
        letter_key(event.id, channel): (event.partner_id or "", channel)
        for event in found.events
        for channel in CHANNELS
        if event.kind in TELLS_TO_DELETE
    }
    return owed | dict.fromkeys(keys[dedup] for dedup in await jobs_known_as(session, list(keys)))


def _add(
    session: AsyncSession, found: CaseWithEvents, partner_id: str, partner: Recipient, channel: str,
    topic: TopicRow | None, now: dt.datetime,
) -> None:  # fmt: skip
    case = found.case
    payload = {
        "partner": partner_id,
        "channel": channel,
        "reference": case.reference,
        "language": partner.working_language,
        "person_language": case.language,
        "topic": [topic.chat_id, topic.thread_id] if topic is not None else None,
    }
    add_job(
        session, JobKind.TELL_TO_DELETE, dedup=f"tell_to_delete:{case.id}:{partner_id}:{channel}"[:160],
        subject=case.reference, run_at=now, payload=json.dumps(payload),
        way=way_to(partner_id, channel),
    )  # fmt: skip

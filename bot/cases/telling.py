"""What a person is told about their case: put into the outbox, where it is safe to write to them."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversation.buttons import Action, button
from bot.conversation.state import SafeContact
from bot.i18n import Translator
from bot.messages import Button, Reply
from bot.storage.conversations import KEPT, RELAY, add_replies, find_message
from bot.storage.jobs import add_job, key_from_json
from bot.storage.models import CaseRow, JobKind, MessageRow


async def say_to_person(
    session: AsyncSession, case: CaseRow, occasion: str, replies: Sequence[Reply], now: dt.datetime, *,
    by_caseworker: bool = False,
) -> None:  # fmt: skip
    """Let the outbox send `replies` to the person of a case; the same occasion twice is said once. A person who is
    gone, or to whom it is not safe to write here, is told nothing. One who named times for it hears from us when they
    write next: only a caseworker, who knows these times, may choose the moment."""
    if case.address is None or case.conversation_id is None:
        return
    intake = json.loads(case.intake) if case.intake else {}
    if not may_write_to(intake):
        return
    waits = intake.get("contact") == SafeContact.TIMES and not by_caseworker
    if await find_message(session, case.conversation_id, occasion[:128]) is not None:
        return
    key = key_from_json(case.address)
    message_id = uuid.uuid4()
    session.add(
        MessageRow(
            id=message_id, conversation_id=case.conversation_id, channel_message_id=occasion[:128],
            kind=KEPT if waits else RELAY,
            received_at=now, language=case.language, articles=[],
        )
    )  # fmt: skip
    await session.flush()
    add_replies(session, message_id, replies)
    if not waits:
        add_job(
            session, JobKind.SEND_REPLIES, dedup=f"replies:{message_id}", subject=str(message_id), address=key,
            run_at=now,
        )  # fmt: skip


def may_write_to(intake: Mapping[str, Any]) -> bool:
    """Whether somebody else at the person's telephone may see what is written to them."""
    return intake.get("contact") != SafeContact.NO


def pass_on_rows(words: Translator) -> tuple[tuple[Button, ...], ...]:
    """The button by which a person lets their case be passed on."""
    return ((button("➡️ " + words("Pass it to somebody else"), Action.TO_ANOTHER),),)

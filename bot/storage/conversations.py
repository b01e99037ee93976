"""Queries of the conversation aggregate: conversation, messages, replies."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Button, LanguageCode, Reply
from bot.storage.models import ConversationRow, MessageRow, ReplyRow


@dataclass(frozen=True, slots=True)
class PendingReply:
    """A reply that has not been sent yet, and the row that says so."""

    id: uuid.UUID
    reply: Reply


async def find_conversation(session: AsyncSession, *hashes: str) -> ConversationRow | None:
    """The conversation with the first of these hashes that there is one with, or None. `hashes` are the current one
    and then the previous ones (Cipher.hashes)."""
    rows = (await session.execute(select(ConversationRow).where(ConversationRow.key_hash.in_(hashes)))).scalars()
    return min(rows, key=lambda row: hashes.index(row.key_hash), default=None)


async def rehash_conversation(session: AsyncSession, conversation_id: uuid.UUID, key_hash: str, key_id: str) -> None:
    """Let a conversation be found by `key_hash` from now on, made with the key `key_id`."""
    await session.execute(
        update(ConversationRow).where(ConversationRow.id == conversation_id).values(key_hash=key_hash, hashed_by=key_id)
    )


async def count_hashed_by_others(session: AsyncSession, key_id: str) -> int:
    """How many conversations are not known to be found by a hash of the key `key_id`."""
    others = or_(ConversationRow.hashed_by.is_(None), ConversationRow.hashed_by != key_id)
    return (await session.execute(select(func.count()).select_from(ConversationRow).where(others))).scalar_one()


async def find_message(session: AsyncSession, conversation_id: uuid.UUID, channel_message_id: str) -> MessageRow | None:
    """The row of a message that was taken in before, or None."""
    result = await session.execute(
        select(MessageRow).where(
            MessageRow.conversation_id == conversation_id,
            MessageRow.channel_message_id == channel_message_id,
        )
    )
    return result.scalar_one_or_none()


async def advance_conversation(
    session: AsyncSession, conversation_id: uuid.UUID, version: int, state: str, now: dt.datetime
) -> bool:
    """Write `state` if the conversation still has `version`.

    Returns False, and writes nothing, where another process was faster.
    """
    result = await session.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation_id, ConversationRow.version == version)
        .values(state=state, version=version + 1, updated_at=now)
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


async def replies_of(session: AsyncSession, message_id: uuid.UUID, *, only_pending: bool) -> list[PendingReply]:
    """The replies to a message in order, all or those not sent yet."""
    query = select(ReplyRow).where(ReplyRow.message_id == message_id).order_by(ReplyRow.position)
    if only_pending:
        query = query.where(ReplyRow.status == "pending")
    rows = (await session.execute(query)).scalars()
    return [PendingReply(row.id, reply_from_json(row.body)) for row in rows]


async def unsent_replies(session: AsyncSession, conversation_id: uuid.UUID) -> list[PendingReply]:
    """The replies of a conversation that are still pending, oldest first."""
    query = (
        select(ReplyRow)
        .join(MessageRow, MessageRow.id == ReplyRow.message_id)
        .where(MessageRow.conversation_id == conversation_id, ReplyRow.status == "pending")
        .order_by(MessageRow.received_at, ReplyRow.position)
    )
    return [PendingReply(row.id, reply_from_json(row.body)) for row in (await session.execute(query)).scalars()]


def add_replies(session: AsyncSession, message_id: uuid.UUID, replies: Sequence[Reply]) -> list[PendingReply]:
    """Write `replies` down as pending, in order."""
    pending = [PendingReply(uuid.uuid4(), reply) for reply in replies]
    session.add_all(
        ReplyRow(id=item.id, message_id=message_id, position=position, body=reply_to_json(item.reply))
        for position, item in enumerate(pending)
    )
    return pending


async def settle_replies(session: AsyncSession, reply_ids: Sequence[uuid.UUID], status: str, now: dt.datetime) -> None:
    """Mark replies as sent or failed."""
    await session.execute(update(ReplyRow).where(ReplyRow.id.in_(reply_ids)).values(status=status, settled_at=now))


async def delete_conversation(session: AsyncSession, conversation_id: uuid.UUID) -> None:
    """Delete a conversation with its messages and replies."""
    await session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))


async def delete_old_replies(session: AsyncSession, sent_before: dt.datetime, asked_before: dt.datetime) -> None:
    """Delete replies sent before `sent_before`, for what a person read is nobody's business afterwards, and
    all to messages from before `asked_before`, which nobody fetched or which were given up."""
    old = select(MessageRow.id).where(MessageRow.received_at < asked_before)
    await session.execute(
        delete(ReplyRow).where(
            or_(
                and_(ReplyRow.status == "sent", ReplyRow.settled_at < sent_before),
                ReplyRow.message_id.in_(old),
            )
        )
    )


async def unanswered_questions(session: AsyncSession, limit: int) -> list[MessageRow]:
    """The newest questions no article answered, with their redacted text, for editors."""
    query = select(MessageRow).where(MessageRow.text.is_not(None)).order_by(MessageRow.received_at.desc()).limit(limit)
    return list((await session.execute(query)).scalars())


def reply_to_json(reply: Reply) -> str:
    """A reply as it is stored."""
    return json.dumps(asdict(reply), ensure_ascii=False)


def reply_from_json(body: str) -> Reply:
    """The reply behind what `reply_to_json` made."""
    raw = json.loads(body)
    buttons = tuple(tuple(Button(**button) for button in row) for row in raw["buttons"])
    return Reply(raw["text"], LanguageCode(raw["language"]), buttons, raw["large"])

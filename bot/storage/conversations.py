"""Queries of the conversation aggregate: conversation, messages, replies."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Button, LanguageCode, Reply, SentFile
from bot.storage.models import ConversationRow, MessageRow, ReplyRow

# Kinds of messages that answer nothing the person wrote: on their way to them, or kept until they write next.
RELAY: Final = "relay"
KEPT: Final = "kept"


@dataclass(frozen=True, slots=True)
class PendingReply:
    """A reply that has not been sent yet, and the row that says so. `event_id` is the event of a case by which a
    caseworker said it."""

    id: uuid.UUID
    reply: Reply
    event_id: uuid.UUID | None = None


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


async def replace_state(session: AsyncSession, conversation_id: uuid.UUID, version: int, state: str) -> bool:
    """Write `state` if the conversation still has `version`, without counting this as something that was said. Returns
    whether it did."""
    result = await session.execute(
        update(ConversationRow)
        .where(ConversationRow.id == conversation_id, ConversationRow.version == version)
        .values(state=state, version=version + 1)
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


async def replies_of(session: AsyncSession, message_id: uuid.UUID, *, only_pending: bool) -> list[PendingReply]:
    """The replies to a message in order, all or those not sent yet."""
    query = (
        select(ReplyRow, MessageRow)
        .join(MessageRow, MessageRow.id == ReplyRow.message_id)
        .where(ReplyRow.message_id == message_id)
        .order_by(ReplyRow.position)
    )
    if only_pending:
        query = query.where(ReplyRow.status == "pending")
    return [_pending(reply, message) for reply, message in await session.execute(query)]


async def unsent_replies(session: AsyncSession, conversation_id: uuid.UUID) -> list[PendingReply]:
    """The replies of a conversation that are still pending, oldest first."""
    query = (
        select(ReplyRow, MessageRow)
        .join(MessageRow, MessageRow.id == ReplyRow.message_id)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.kind != KEPT, ReplyRow.status == "pending")
        .order_by(MessageRow.received_at, ReplyRow.position)
    )
    return [_pending(reply, message) for reply, message in await session.execute(query)]


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
    """Delete replies sent before `sent_before`, for what a person read is nobody's business afterwards (a
    caseworker's a day later: as long as Telegram lets them be taken back), and all to messages from before
    `asked_before`, which nobody fetched or which were given up."""
    old = select(MessageRow.id).where(MessageRow.received_at < asked_before, MessageRow.kind != KEPT)
    await session.execute(
        delete(ReplyRow).where(
            or_(
                and_(
                    ReplyRow.status == "sent",
                    ReplyRow.settled_at < sent_before,
                    or_(
                        ReplyRow.channel_message_id.is_(None),
                        ReplyRow.settled_at < sent_before - dt.timedelta(days=1),
                    ),
                ),
                ReplyRow.message_id.in_(old),
            )
        )
    )


def _pending(reply: ReplyRow, message: MessageRow) -> PendingReply:
    said, _, event_id = message.channel_message_id.partition("-")
    by_caseworker = message.kind == RELAY and said in ("answer", "edit")
    return PendingReply(reply.id, reply_from_json(reply.body), uuid.UUID(event_id) if by_caseworker else None)


def reply_to_json(reply: Reply) -> str:
    """A reply as it is stored."""
    return json.dumps(asdict(reply), ensure_ascii=False)


def reply_from_json(body: str) -> Reply:
    """The reply behind what `reply_to_json` made."""
    raw = json.loads(body)
    buttons = tuple(tuple(Button(**button) for button in row) for row in raw["buttons"])
    file = SentFile(**raw["file"]) if raw.get("file") else None
    return Reply(raw["text"], LanguageCode(raw["language"]), buttons, raw["large"], file)

"""Queries of what goes from a case to its person: not sent yet, sent, and to be deleted with the case."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Reply
from bot.storage.conversations import KEPT, RELAY, add_replies, reply_from_json
from bot.storage.jobs import delete_jobs_about
from bot.storage.models import JobRow, MessageRow, ReplyRow

_UUID_LENGTH: Final = 36


async def replies_to(session: AsyncSession, message_id: uuid.UUID) -> list[ReplyRow]:
    """The bubbles of one message to a person, in order, whatever became of them."""
    query = select(ReplyRow).where(ReplyRow.message_id == message_id).order_by(ReplyRow.position)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def name_reply(session: AsyncSession, reply_id: uuid.UUID, name: str) -> None:
    """Note what the channel calls a bubble that was sent."""
    await session.execute(update(ReplyRow).where(ReplyRow.id == reply_id).values(channel_message_id=name))


async def replace_unsent(session: AsyncSession, message_id: uuid.UUID, replies: Sequence[Reply]) -> bool:
    """Put `replies` in place of those of a message that nobody sent or is sending. Returns False, and changes
    nothing, where it is too late for that."""
    if await _job_if_unsent(session, message_id) is None:
        return False
    await session.execute(delete(ReplyRow).where(ReplyRow.message_id == message_id))
    add_replies(session, message_id, replies)
    await session.flush()
    return True


async def drop_unsent(session: AsyncSession, message_id: uuid.UUID) -> bool:
    """Delete the bubbles of a message that nobody sent or is sending, and the job for them. Returns False, and
    changes nothing, where it is too late for that."""
    jobs = await _job_if_unsent(session, message_id)
    if jobs is None:
        return False
    await session.execute(delete(ReplyRow).where(ReplyRow.message_id == message_id))
    await session.execute(delete(JobRow).where(JobRow.id.in_(jobs)))
    return True


async def take_kept(session: AsyncSession, conversation_id: uuid.UUID) -> list[Reply]:
    """What was kept until the person writes, oldest first; it is handed over once."""
    query = (
        select(ReplyRow)
        .join(MessageRow, MessageRow.id == ReplyRow.message_id)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.kind == KEPT)
        .order_by(MessageRow.received_at, ReplyRow.position)
    )
    rows = list((await session.execute(query)).scalars())
    if rows:
        await session.execute(delete(MessageRow).where(MessageRow.id.in_({row.message_id for row in rows})))
    return [reply_from_json(row.body) for row in rows]


async def delete_relays(session: AsyncSession, conversation_id: uuid.UUID, event_ids: Collection[uuid.UUID]) -> None:
    """Delete what was to be said, or was said, to a person because of these events of a case, with its jobs."""
    rows = await session.execute(
        select(MessageRow.id, MessageRow.channel_message_id).where(
            MessageRow.conversation_id == conversation_id, MessageRow.kind.in_((RELAY, KEPT))
        )
    )
    known = {str(event_id) for event_id in event_ids}
    # What was to be changed at the person's carries its new words along.
    await delete_jobs_about(session, [f"{event_id}:edit" for event_id in known])
    ids = [message_id for message_id, occasion in rows if occasion[-_UUID_LENGTH:] in known]
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        await delete_jobs_about(session, [str(message_id) for message_id in some])
        await session.execute(delete(MessageRow).where(MessageRow.id.in_(some)))


async def _job_if_unsent(session: AsyncSession, message_id: uuid.UUID) -> list[uuid.UUID] | None:
    """The jobs that stand for a message of which nothing was sent, held so that no worker takes them (none where the
    far end fetches its replies); None where a part was sent or is being sent."""
    jobs = list(
        (await session.execute(select(JobRow).where(JobRow.subject == str(message_id)).with_for_update())).scalars()
    )
    replies = await replies_to(session, message_id)
    free = all(job.owner is None and job.state == "waiting" for job in jobs)
    unsent = bool(replies) and all(reply.status == "pending" for reply in replies)
    return [job.id for job in jobs] if free and unsent else None

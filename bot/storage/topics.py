"""Which forum topic stands for which case."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import TopicRow


async def topic_of(session: AsyncSession, case_id: uuid.UUID, partner_id: str) -> TopicRow | None:
    """The topic a partner has for a case, or None."""
    query = select(TopicRow).where(TopicRow.case_id == case_id, TopicRow.partner_id == partner_id)
    return (await session.execute(query)).scalar_one_or_none()


async def topics_of(session: AsyncSession, case_id: uuid.UUID) -> list[TopicRow]:
    """All topics that stand for a case."""
    return list((await session.execute(select(TopicRow).where(TopicRow.case_id == case_id))).scalars())


async def topic_at(session: AsyncSession, chat_id: int, thread_id: int) -> TopicRow | None:
    """The topic behind a thread of a group; None for a thread that is none of ours."""
    query = select(TopicRow).where(TopicRow.chat_id == chat_id, TopicRow.thread_id == thread_id)
    return (await session.execute(query)).scalar_one_or_none()


async def topic_for(session: AsyncSession, case_id: uuid.UUID, chat_id: int) -> TopicRow | None:
    """The topic that stands for a case in a group; None where it has none there."""
    query = select(TopicRow).where(TopicRow.case_id == case_id, TopicRow.chat_id == chat_id)
    return (await session.execute(query)).scalars().first()


async def forget_topic(session: AsyncSession, topic: TopicRow) -> None:
    """Forget a topic that is gone, unless another took its place meanwhile."""
    await session.execute(delete(TopicRow).where(TopicRow.id == topic.id, TopicRow.thread_id == topic.thread_id))

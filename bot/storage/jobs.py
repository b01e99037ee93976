"""Queries of the outbox."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import ConversationKey
from bot.storage.models import JobKind, JobRow, MessageRow


def add_job(
    session: AsyncSession,
    kind: JobKind,
    *,
    dedup: str,
    subject: str,
    address: ConversationKey | None = None,
    run_at: dt.datetime,
    owner: str | None = None,
    payload: str | None = None,
    way: str | None = None,
) -> uuid.UUID:
    """Write a job down. `dedup` is unique: the same thing is never to be done twice; `payload` is JSON. Of jobs with
    the same `way` a worker does only so many at once."""
    job_id = uuid.uuid4()
    session.add(
        JobRow(
            id=job_id, kind=kind, dedup=dedup, subject=subject, address=key_to_json(address) if address else "",
            run_at=run_at, owner=owner, payload=payload, way=way,
        )
    )  # fmt: skip
    return job_id


async def claim_jobs(
    session: AsyncSession, owner: str, now: dt.datetime, lease: dt.timedelta, limit: int, full: Collection[str] = ()
) -> list[JobRow]:
    """Take up to `limit` jobs that are due, none whose way is `full`, for the length of `lease`; no two owners get
    the same one."""
    due = (
        select(JobRow.id)
        .where(JobRow.state == "waiting", JobRow.run_at <= now, _not_on(full))
        .order_by(JobRow.run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await session.execute(due)).scalars())
    if not ids:
        return []
    await session.execute(update(JobRow).where(JobRow.id.in_(ids)).values(run_at=now + lease, owner=owner))
    rows = await session.execute(
        select(JobRow).where(JobRow.id.in_(ids)).order_by(JobRow.run_at).execution_options(populate_existing=True)
    )
    return list(rows.scalars())


async def next_due(session: AsyncSession, full: Collection[str] = ()) -> dt.datetime | None:
    """When the next job is due that does not go a way that is `full`, None where none waits."""
    query = select(JobRow.run_at).where(JobRow.state == "waiting", _not_on(full)).order_by(JobRow.run_at).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def attempts_of(session: AsyncSession, job_id: uuid.UUID) -> int:
    """How often a job was put off; 0 if it is gone."""
    query = select(JobRow.attempts).where(JobRow.id == job_id)
    return (await session.execute(query)).scalar_one_or_none() or 0


async def postpone_job(session: AsyncSession, job_id: uuid.UUID, run_at: dt.datetime, error: str) -> None:
    """Try again at `run_at`; `error` says why, without a word of the person's."""
    await session.execute(
        update(JobRow)
        .where(JobRow.id == job_id)
        .values(run_at=run_at, owner=None, error=error[:200], attempts=JobRow.attempts + 1)
    )


async def fail_job(session: AsyncSession, job_id: uuid.UUID, error: str) -> None:
    """Give a job up; it stays, visibly failed."""
    await session.execute(
        update(JobRow).where(JobRow.id == job_id).values(state="failed", owner=None, error=error[:200])
    )


async def finish_job(session: AsyncSession, job_id: uuid.UUID) -> None:
    """Delete a job that is done, and with it the address it carried."""
    await session.execute(delete(JobRow).where(JobRow.id == job_id))


async def delete_jobs_of_conversation(session: AsyncSession, conversation_id: uuid.UUID) -> None:
    """Delete every job about a message of this conversation."""
    ids = await session.execute(select(MessageRow.id).where(MessageRow.conversation_id == conversation_id))
    await delete_jobs_about(session, [str(message_id) for message_id in ids.scalars()])


async def delete_jobs_about(session: AsyncSession, subjects: Sequence[str]) -> None:
    """Delete every job with one of these subjects, given up or not."""
    for start in range(0, len(subjects), 500):
        await session.execute(delete(JobRow).where(JobRow.subject.in_(subjects[start : start + 500])))


async def jobs_known_as(session: AsyncSession, dedups: Sequence[str]) -> list[str]:
    """Those of these `dedup` that stand for a job not done, given up or not."""
    found: list[str] = []
    for start in range(0, len(dedups), 500):
        query = select(JobRow.dedup).where(JobRow.dedup.in_(dedups[start : start + 500]))
        found += (await session.execute(query)).scalars()
    return found


async def count_jobs(session: AsyncSession) -> dict[str, int]:
    """How many jobs are in each state."""
    rows = await session.execute(select(JobRow.state, func.count()).group_by(JobRow.state))
    return {str(state): int(count) for state, count in rows}


def _not_on(full: Collection[str]) -> ColumnElement[bool]:
    return or_(JobRow.way.is_(None), JobRow.way.not_in(full))


def key_to_json(key: ConversationKey) -> str:
    """A conversation's key as an address is stored."""
    return json.dumps(asdict(key))


def key_from_json(value: str) -> ConversationKey:
    """The key behind what `key_to_json` made."""
    return ConversationKey(**json.loads(value))

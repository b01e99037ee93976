"""Jobs that could not be done yet, or not at all: held back, in each other's way, given up, taken up again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import JobKind, JobRow, ReplyRow


async def hold_job(session: AsyncSession, job_id: uuid.UUID, until: dt.datetime, reason: str) -> None:
    """Let a job wait until `until` without counting this as an attempt, for nothing was tried."""
    await session.execute(
        update(JobRow).where(JobRow.id == job_id).values(run_at=until, owner=None, error=reason[:200])
    )


async def put_back(session: AsyncSession, jobs: Collection[uuid.UUID], now: dt.datetime) -> None:
    """Let claimed jobs that nobody has a hand free for be claimed by whoever has."""
    await session.execute(update(JobRow).where(JobRow.id.in_(jobs)).values(run_at=now, owner=None))


async def waiting_jobs(session: AsyncSession, dedups: Collection[str]) -> list[JobRow]:
    """Those of the jobs with these `dedup` that are still to be done."""
    rows = await session.execute(select(JobRow).where(JobRow.dedup.in_(dedups), JobRow.state == "waiting"))
    return list(rows.scalars())


async def failed_jobs(session: AsyncSession) -> list[JobRow]:
    """The jobs that were given up, oldest first."""
    rows = await session.execute(select(JobRow).where(JobRow.state == "failed").order_by(JobRow.run_at, JobRow.id))
    return list(rows.scalars())


async def requeue_job(session: AsyncSession, job_id: uuid.UUID, now: dt.datetime) -> bool:
    """Let a job that was given up be tried again from `now` on, as if for the first time. Returns False where there
    is no such job, or it was not given up."""
    result = await session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "failed")
        .values(state="waiting", run_at=now, attempts=0, owner=None, error=None)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        return False
    job = await session.get_one(JobRow, job_id)
    if job.kind == JobKind.SEND_REPLIES:
        given_up = (ReplyRow.message_id == uuid.UUID(job.subject)) & (ReplyRow.status == "failed")
        await session.execute(update(ReplyRow).where(given_up).values(status="pending", settled_at=None))
    return True


async def release_impossible(session: AsyncSession, now: dt.datetime, longest: dt.timedelta) -> None:
    """Let jobs be claimed again whose lease ends later than any taken now could: a server whose clock ran ahead took
    them, and never came back."""
    await session.execute(
        update(JobRow)
        .where(JobRow.state == "waiting", JobRow.owner.is_not(None), JobRow.run_at > now + longest)
        .values(run_at=now, owner=None)
    )

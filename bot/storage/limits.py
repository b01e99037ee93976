"""How much a far end lets us send, kept for all processes together."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.models import RateLimitRow


async def reserve(
    session: AsyncSession,
    bucket: str,
    now: dt.datetime,
    interval: dt.timedelta,
    *,
    count: int = 1,
    burst: dt.timedelta = dt.timedelta(0),
) -> dt.datetime:
    """Take the next `count` places in `bucket`, one for each `interval`. Returns when the first may be used; they are
    lost to all others once the transaction is committed. Places up to `burst` ahead may be used at once, where none
    was used for so long."""
    free_at = max(await _locked(session, bucket, now), now)
    await session.execute(
        update(RateLimitRow).where(RateLimitRow.bucket == bucket).values(free_at=free_at + count * interval)
    )
    return max(free_at - burst, now)


async def bar(
    session: AsyncSession,
    bucket: str,
    now: dt.datetime,
    until: dt.datetime,
    *,
    burst: dt.timedelta = dt.timedelta(0),
) -> None:
    """Let nobody use a place of `bucket` before `until`, whatever `burst` its users know; one that is barred for
    longer stays so."""
    free_at = max(await _locked(session, bucket, now), until + burst)
    await session.execute(update(RateLimitRow).where(RateLimitRow.bucket == bucket).values(free_at=free_at))


async def _locked(session: AsyncSession, bucket: str, now: dt.datetime) -> dt.datetime:
    """From when on `bucket` is free, kept from others until the transaction ends."""
    query = select(RateLimitRow.free_at).where(RateLimitRow.bucket == bucket).with_for_update()
    free_at = (await session.execute(query)).scalar_one_or_none()
    if free_at is None:
        new = text("INSERT INTO rate_limits (bucket, free_at) VALUES (:bucket, :free_at) ON CONFLICT DO NOTHING")
        times = RateLimitRow.__table__.c.free_at.type
        await session.execute(new.bindparams(bindparam("free_at", type_=times)), {"bucket": bucket, "free_at": now})
        free_at = (await session.execute(query)).scalar_one()
    return free_at

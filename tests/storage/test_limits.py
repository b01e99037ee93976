"""Places under a far end's limit: each is given once, whoever asks; on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

from bot.storage.engine import Storage
from bot.storage.limits import bar, reserve

NOW = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


async def take(storage: Storage, now: dt.datetime = NOW, *, count: int = 1, burst: dt.timedelta = 0 * SECOND) -> float:
    """Seconds to wait for a place."""
    async with storage.transaction() as session:
        return (await reserve(session, "bucket", now, SECOND, count=count, burst=burst) - now).total_seconds()


async def test_places_follow_one_another_and_are_not_saved_up(storage: Storage) -> None:
    assert [await take(storage) for _ in range(3)] == [0, 1, 2]
    assert [await take(storage, NOW + 60 * SECOND) for _ in range(2)] == [0, 1]


async def test_several_at_once_are_as_many_places(storage: Storage) -> None:
    assert [await take(storage, count=3), await take(storage)] == [0, 3]


async def test_a_burst_goes_at_once_and_is_paid_back(storage: Storage) -> None:
    assert [await take(storage, burst=2 * SECOND) for _ in range(5)] == [0, 0, 0, 1, 2]


async def test_of_many_who_ask_at_once_each_gets_a_place_of_its_own(storage: Storage) -> None:
    assert sorted(await asyncio.gather(*(take(storage) for _ in range(15)))) == list(range(15))


async def test_a_place_taken_back_is_free_again(storage: Storage) -> None:
    async with storage.transaction() as session:
        await reserve(session, "bucket", NOW, SECOND)
        await session.rollback()
    assert await take(storage) == 0


async def test_a_bar_holds_for_all_whatever_their_burst_and_never_shortens(storage: Storage) -> None:
    for until in (30, 10):
        async with storage.transaction() as session:
            await bar(session, "bucket", NOW, NOW + until * SECOND, burst=2 * SECOND)
    assert await take(storage, burst=2 * SECOND) == 30

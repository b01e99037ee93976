"""Telegram's limits, kept by several processes on one database; on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.pacing import GROUP_BURST, GROUP_INTERVAL, Pacer
from bot.errors import ChannelError, NotYet
from bot.messages import ConversationKey, Reply
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.limits import reserve
from tests.conftest import SECRET
from tests.servers.bot_api import TOKEN, BotApiServer
from tests.servers.bot_api_forum import Group

GROUP, OTHER_GROUP, ALICE, BOB = -1001, -1002, 1001, 1002


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def api() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        for chat in (GROUP, OTHER_GROUP):
            server.groups[chat] = Group(chat)
        yield server


async def test_two_processes_keep_to_one_rate(storage: Storage) -> None:
    pacers = [Pacer(storage, "1", 100) for _ in range(2)]
    started = time.monotonic()
    await asyncio.gather(*(pacer.turn(chat) for chat in range(1, 16) for pacer in pacers))
    assert time.monotonic() - started >= 29 / 100 - 0.005


async def test_who_would_wait_long_goes_back_and_takes_no_place(storage: Storage) -> None:
    clock = Clock()
    here, there = (Pacer(storage, "1", 0, clock=clock) for _ in range(2))
    await here.turn(GROUP, messages=13)
    for _ in range(3):
        with pytest.raises(NotYet) as refused:
            await there.turn(GROUP)
        assert refused.value.retry_after_s == 6 * GROUP_INTERVAL.total_seconds()
    await there.turn(OTHER_GROUP)
    clock.now += 6 * GROUP_INTERVAL
    await there.turn(GROUP)


async def test_in_no_minute_a_group_gets_more_than_twenty(storage: Storage) -> None:
    now = Clock().now
    async with storage.transaction() as session:
        places = [await reserve(session, "group", now, GROUP_INTERVAL, burst=GROUP_BURST) for _ in range(60)]
    in_a_minute = [sum(first <= place < first + dt.timedelta(minutes=1) for place in places) for first in places]
    assert (in_a_minute[0], max(in_a_minute)) == (19, 19)


async def test_one_person_who_writes_too_fast_holds_up_nobody_and_two_mean_the_bot(storage: Storage) -> None:
    clock = Clock()
    here, there = (Pacer(storage, "1", 1000, clock=clock) for _ in range(2))
    await here.refused(ALICE, 30)
    await there.turn(BOB)
    await here.refused(BOB, 30)
    with pytest.raises(NotYet) as refused:
        await there.turn(3)
    assert 29 <= (refused.value.retry_after_s or 0) <= 30
    clock.now += dt.timedelta(seconds=30)
    await there.turn(3)


async def test_a_group_that_refuses_one_process_is_left_alone_by_the_other(storage: Storage, api: BotApiServer) -> None:
    here, there = (TelegramClient(TOKEN, api.url, Pacer(storage, "123456", 1000)) for _ in range(2))
    for client in (here, there):
        await client.start()
    api.fail_next("createForumTopic", "429", seconds=30)
    with pytest.raises(ChannelError) as refused:
        await here.create_topic(GROUP, "case")
    assert (type(refused.value), refused.value.retry_after_s) == (ChannelError, 30)
    with pytest.raises(NotYet):
        await there.create_topic(GROUP, "case")
    assert len(api.called("createForumTopic")) == 1
    thread = await there.create_topic(OTHER_GROUP, "case")
    await there.send_to_topic(OTHER_GROUP, thread, Reply("hello", "en"))
    await here.send(ConversationKey("telegram", "123456", str(ALICE)), Reply("hello", "en"))
    for client in (here, there):
        await client.stop()


async def test_with_the_database_away_nobody_waits_for_it(tmp_path: Path) -> None:
    away = Storage(create_engine(f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db"), Cipher(SECRET))
    pacer = Pacer(away, "1", 1)
    async with asyncio.timeout(1):
        for _ in range(3):
            await pacer.turn(ALICE)
        await pacer.refused(GROUP, 30)
        await pacer.turn(GROUP)
    await away.close()

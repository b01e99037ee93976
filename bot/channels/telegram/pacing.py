"""Keeps to Telegram's limits, all processes together: so many messages a second, and so many a minute in a group.

Telegram's own words: about 30 messages a second over all chats, 20 a minute in one group
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). One a second in a private chat is
left to Telegram, which tolerates short bursts.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from bot.errors import NotYet, StorageUnavailable
from bot.storage.engine import Storage
from bot.storage.limits import bar, reserve

logger = logging.getLogger(__name__)

# Eight at once and twelve a minute from then on: never more than twenty in any minute.
GROUP_INTERVAL: Final = dt.timedelta(seconds=5)
GROUP_BURST: Final = 7 * GROUP_INTERVAL
# Who would wait longer goes back to the outbox.
PATIENCE: Final = dt.timedelta(seconds=5)
# What stands in no outbox waits longer before it is not said at all.
LONG_PATIENCE: Final = dt.timedelta(seconds=60)
# How many places one process takes at once for those that wait in it.
HANDFUL: Final = 8


class Pacer:
    """Says when the next message of one bot may go."""

    def __init__(
        self,
        storage: Storage,
        bot: str,
        per_second: float,
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """`bot` is the bot's id; `per_second` how many messages it may send in all, 0 for as many as it likes."""
        self._storage = storage
        self._bucket = f"telegram:{bot}"
        self._interval = dt.timedelta(seconds=1 / per_second) if per_second else None
        self._clock = clock
        self._places: deque[dt.datetime] = deque()
        self._taking = asyncio.Lock()
        self._waiting = 0
        self._refused: dict[int, dt.datetime] = {}

    async def turn(self, chat_id: int, messages: int = 1, patience: dt.timedelta = PATIENCE) -> None:
        """Wait until so many more messages may go to a chat.

        Raises NotYet where that is more than `patience` away; no place is taken then. With the database away nobody
        waits: Telegram itself refuses what is too much.
        """
        try:
            if chat_id < 0:
                await self._wait_until(await self._place_in_group(chat_id, messages, patience))
            if self._interval is not None:
                for _ in range(messages):
                    await self._wait_until(await self._place(self._interval, patience))
        except StorageUnavailable as error:
            logger.warning("sending without regard to Telegram's limits: %s", error)

    async def refused(self, chat_id: int, seconds: float) -> None:
        """Telegram asked to wait so long before the next message to a chat. A group is left alone by every process.
        Of people, one may only have written too fast; where several are refused at once, the whole bot waits."""
        now = self._clock()
        until = now + dt.timedelta(seconds=seconds)
        self._refused = {chat: end for chat, end in self._refused.items() if end > now}
        if chat_id > 0:
            self._refused[chat_id] = until
        try:
            async with self._storage.transaction() as session:
                if chat_id < 0:
                    await bar(session, self._group(chat_id), now, until, burst=GROUP_BURST)
                elif len(self._refused) > 1:
                    await bar(session, self._bucket, now, until)
        except StorageUnavailable as error:
            logger.warning("the other processes were not told that Telegram asks to slow down: %s", error)

    async def _place_in_group(self, chat_id: int, messages: int, patience: dt.timedelta) -> dt.datetime:
        now = self._clock()
        async with self._storage.transaction() as session:
            place = await reserve(session, self._group(chat_id), now, GROUP_INTERVAL, count=messages, burst=GROUP_BURST)
            _refuse_if_far(place, now, patience)
        return place

    async def _place(self, interval: dt.timedelta, patience: dt.timedelta) -> dt.datetime:
        """The next place of the whole bot. The more wait here, the fewer times the database is asked."""
        self._waiting += 1
        try:
            async with self._taking:
                if not self._places:
                    now = self._clock()
                    count = min(self._waiting, HANDFUL)
                    async with self._storage.transaction() as session:
                        first = await reserve(session, self._bucket, now, interval, count=count)
                        _refuse_if_far(first, now, patience)
                    self._places.extend(first + number * interval for number in range(count))
                return self._places.popleft()
        finally:
            self._waiting -= 1

    async def _wait_until(self, place: dt.datetime) -> None:
        wait = (place - self._clock()).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    def _group(self, chat_id: int) -> str:
        return f"{self._bucket}:{chat_id}"


def _refuse_if_far(place: dt.datetime, now: dt.datetime, patience: dt.timedelta) -> None:
    if place - now > patience:
        raise NotYet("Telegram's limit is reached; waiting for room", (place - now).total_seconds())

"""Two partners with a Telegram group each, a person on Telegram, and everything between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from telegram import Update

from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.partner_group import PartnerGroups
from bot.channels.telegram.receive import TelegramReceiver
from bot.conversation.respond import Respondent
from bot.delivery.partner_channel import PartnerChannel
from bot.delivery.worker import Worker
from bot.helpline import Helpline
from bot.messages import ConversationKey
from bot.storage.cases import CaseWithEvents, find_case, list_cases
from bot.storage.engine import Storage
from tests.delivery.house import SOON, STORY, Clock, respondent_with
from tests.partners.cast import make_partner
from tests.servers.bot_api import TOKEN, BotApiServer, Sent
from tests.servers.bot_api_forum import Group
from tests.test_helpline import hand_over, message

PERSON = ConversationKey("telegram", "123456", "7")
LABOUR, UNION = -1001, -1002
NAMES = {"en": "Labour desk", "ja": "ろうどう", "ne": "श्रम डेस्क", "my": "အလုပ်သမား"}


class Office:
    """Two partners, each with a group; a person on Telegram; everything between them."""

    def __init__(self, storage: Storage, small: Respondent, api: BotApiServer) -> None:
        self.storage = storage
        self.api = api
        self.clock = Clock()
        self.respondent = respondent_with(
            small,
            labour=make_partner(names=NAMES, working_language="en", channels={"telegram_group": LABOUR}, capacity=5),
            union=make_partner(working_language="en", channels={"telegram_group": UNION}, takes=["daily-life"]),
        )
        self.helpline = Helpline(storage, lambda: self.respondent, clock=self.clock)
        self.client = TelegramClient(TOKEN, api.url)
        self.groups = PartnerGroups(self.client, self.helpline)
        self.receiver = TelegramReceiver(self.client, self.helpline, self.groups)
        self.labour, self.union = Group(LABOUR), Group(UNION)
        api.groups |= {LABOUR: self.labour, UNION: self.union}
        self.worker = self.another_worker()

    def another_worker(self) -> Worker:
        """A worker with objects of its own, as in another process."""
        other = Helpline(self.storage, lambda: self.respondent, clock=self.clock)
        channel: PartnerChannel = PartnerGroups(self.client, other)
        return Worker(other, {"telegram": self.client}, {"telegram_group": channel})

    async def work(self) -> None:
        self.clock.now += SOON
        while await self.worker.work_once():
            pass

    async def offer(self) -> tuple[str, int]:
        """A case that stands in the group: its reference and its topic."""
        await self.open_case()
        async with self.storage.reading() as session:
            [found] = await list_cases(session)
        [topic] = self.labour.topics.values()
        return found.case.reference, topic.id

    async def open_case(self, who: ConversationKey = PERSON) -> None:
        await self.helpline.receive(message(who, 1, STORY))
        await hand_over(self.helpline, who, 2)
        await self.work()

    async def case(self, reference: str) -> CaseWithEvents:
        async with self.storage.reading() as session:
            found = await find_case(session, reference)
        assert found is not None
        return found

    async def happens(self, what: dict[str, Any]) -> dict[str, Any]:
        """Let Telegram deliver what happens in a group, and all be done that follows from it."""
        update = self.api.in_group(what)
        async with asyncio.timeout(15):
            while update["update_id"] not in self.api.delivered:  # noqa: ASYNC110 (the server runs in a thread)
                await asyncio.sleep(0.01)
        await self.said()
        await self.work()
        return update

    async def comes_again(self, update: dict[str, Any]) -> None:
        """Let an update come a second time, as it does where Telegram did not hear that it was taken."""
        await self.receiver.take(Update.de_json(update, self.client.bot))

    async def said(self) -> None:
        while self.receiver._sends:
            await asyncio.wait(self.receiver._sends)

    def in_topic(self, thread: int | None, chat: int = LABOUR) -> list[Sent]:
        return [sent for sent in self.api.messages(chat) if sent.thread == thread]

    def to_person(self) -> list[str]:
        return [sent.text for sent in self.api.messages(int(PERSON.chat))]


@contextlib.asynccontextmanager
async def at_work(office: Office) -> AsyncIterator[None]:
    """Let what happens at Telegram come in."""
    await office.client.start()
    polling = asyncio.create_task(office.receiver.poll())
    yield
    await office.receiver.stop()
    # As the server does: the long poll under way need not run out.
    polling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await polling
    await office.client.stop()

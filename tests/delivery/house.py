"""Everything a letter to a partner passes through, with a clock that can be moved, on a real database."""

from __future__ import annotations

import datetime as dt

from bot.conversation.respond import Respondent
from bot.delivery.partner_channel import Letter
from bot.delivery.worker import Worker
from bot.helpline import Helpline
from bot.messages import ConversationKey, Reply
from bot.partners.directory import Directory
from bot.partners.partner import Partner, Recipient
from bot.partners.prefectures import PrefectureFinder
from bot.storage.cases import CaseWithEvents, find_case, list_cases
from bot.storage.engine import Storage
from tests.test_helpline import ALICE, Recorder, hand_over, message

# A Tuesday in Tokyo, noon; the partners are there until five.
NOON = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
TO_REMIND = dt.timedelta(hours=4)
# Eight open hours: five on that day, three on the next.
TO_OVERDUE = dt.timedelta(hours=25)
STORY = "boss did not pay me in May"
MAIL = {"email": {"to": "cases@example.org"}}
WEBHOOK = {"webhook": {"url": "https://example.org/", "secret_name": "TOMONI_PARTNER_LABOUR"}}


class Clock:
    """A clock that stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


class RecordingChannel:
    """A way to partners that keeps what it brought, and fails for whom it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Letter, str]] = []
        self.tried: list[str] = []
        self.failures: dict[str, list[Exception]] = {}

    async def deliver(self, partner_id: str, partner: Partner, letter: Letter, key: str) -> None:
        self.tried.append(partner_id)
        if waiting := self.failures.get(partner_id):
            raise waiting.pop(0)
        self.got.append((partner_id, letter, key))

    def kinds(self, partner_id: str) -> list[str]:
        return [letter.kind for to, letter, _ in self.got if to == partner_id]


def respondent_with(small: Respondent, operator: Recipient | None = None, **partners: Partner) -> Respondent:
    directory = Directory(partners, {}, PrefectureFinder({}), operator=operator)
    return Respondent(small.knowledge_base, small.reader, small.search, small.safety, small.operator, directory)


class House:
    """Everything a letter passes through, with a clock that can be moved."""

    def __init__(
        self, storage: Storage, small: Respondent, operator: Recipient | None = None, **partners: Partner
    ) -> None:
        self.storage = storage
        self.clock = Clock()
        self.respondent = respondent_with(small, operator, **partners)
        self.mail = RecordingChannel()
        self.webhook = RecordingChannel()
        self.person = Recorder()
        self.helpline = Helpline(storage, lambda: self.respondent, clock=self.clock)
        self.worker = self.another_worker()

    @property
    def channels(self) -> dict[str, RecordingChannel]:
        return {"email": self.mail, "webhook": self.webhook}

    def another_worker(self) -> Worker:
        other = Helpline(self.storage, lambda: self.respondent, clock=self.clock)
        return Worker(other, {"telegram": self.person}, self.channels)

    async def open_case(self, who: ConversationKey = ALICE) -> str:
        await self.helpline.receive(message(who, 1, STORY))
        receipt = await hand_over(self.helpline, who, 2)
        async with self.storage.reading() as session:
            cases = await list_cases(session)
        return next(item.case.reference for item in cases if item.case.reference in receipt.replies[0].reply.text)

    async def case(self, reference: str) -> CaseWithEvents:
        async with self.storage.reading() as session:
            found = await find_case(session, reference)
        assert found is not None
        return found

    async def kinds(self, reference: str) -> list[str]:
        return [event.kind for event in (await self.case(reference)).events]

    async def after(self, wait: dt.timedelta) -> None:
        """Let time pass, and all be done that is due then."""
        self.clock.now += wait
        while await self.worker.work_once():
            pass

    def told(self, part: str) -> list[Reply]:
        return [reply for _key, reply in self.person.got if part in reply.text]


SOON = dt.timedelta(seconds=2)

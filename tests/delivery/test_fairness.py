"""Partners that hang, are slow, or come back: nobody else waits for them; on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

from bot.conversation.respond import Respondent
from bot.delivery.circuit import AT_ONCE, BREAK, Circuits
from bot.delivery.partner_channel import Letter
from bot.delivery.trying import MAX_ATTEMPTS
from bot.errors import ChannelError, NotYet
from bot.messages import ConversationKey
from bot.partners.partner import Partner
from bot.sending import MAX_ATTEMPTS as MAX_REPLY_ATTEMPTS
from bot.storage.engine import Storage
from tests.delivery.house import MAIL, SOON, WEBHOOK, House, RecordingChannel
from tests.partners.cast import make_partner
from tests.test_helpline import ALICE, message

NEVER_FULL = 1000


class Hanging(RecordingChannel):
    """A way on which nothing arrives until it is let through."""

    def __init__(self) -> None:
        super().__init__()
        self.through = asyncio.Event()

    async def deliver(self, partner_id: str, partner: Partner, letter: Letter, key: str) -> None:
        self.tried.append(partner_id)
        await self.through.wait()
        self.got.append((partner_id, letter, key))


def person(number: int) -> ConversationKey:
    return ConversationKey("telegram", "1", str(2000 + number))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for is no part of this loop
            await asyncio.sleep(0.01)


class TestOneThatHangs:
    async def test_it_takes_a_few_slots_and_all_others_are_served(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        house = House(storage, small_respondent, labour=make_partner(channels=MAIL | WEBHOOK, capacity=NEVER_FULL))
        house.webhook = hanging = Hanging()
        house.worker = house.another_worker()
        for number in range(10):
            await house.open_case(person(number))
        house.clock.now += SOON
        working = asyncio.create_task(house.worker.run())
        await until(lambda: len(house.mail.got) == 10)
        assert len(hanging.tried) == AT_ONCE
        hanging.through.set()
        await until(lambda: len(hanging.got) == 10)
        house.worker.stop()
        await working
        assert len({key for _, _, key in hanging.got}) == 10

    async def test_stopped_it_lets_end_what_is_in_hand(self, storage: Storage, small_respondent: Respondent) -> None:
        house = House(storage, small_respondent, labour=make_partner(channels=WEBHOOK))
        house.webhook = hanging = Hanging()
        house.worker = house.another_worker()
        reference = await house.open_case()
        house.clock.now += SOON
        working = asyncio.create_task(house.worker.run())
        await until(lambda: bool(hanging.tried))
        house.worker.stop()
        hanging.through.set()
        await working
        assert "delivered" in await house.kinds(reference)


class TestAfterABreak:
    async def test_one_letter_is_tried_before_the_rest_follows(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        house = House(storage, small_respondent, labour=make_partner(channels=MAIL, capacity=NEVER_FULL))
        for number in range(6):
            await house.open_case(person(number))
        house.mail.failures["labour"] = [ChannelError("no answer", permanent=False) for _ in range(5)]
        await house.after(SOON)
        while len(house.mail.tried) < 4:
            await house.after(dt.timedelta(seconds=10))
        assert house.mail.failures["labour"], "some of them wait without having been tried"
        left = len(house.mail.failures["labour"])
        for expected in range(left - 1, -1, -1):
            await house.after(BREAK + SOON)
            assert len(house.mail.failures["labour"]) == expected, "one trial for each break"
        await house.after(BREAK + SOON)
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered"] * 6

    def test_a_trial_is_one_at_a_time_and_what_follows_depends_on_it(self) -> None:
        circuits, now = Circuits(), dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
        for _ in range(3):
            assert circuits.waits_until("a:mail", now) is None
            circuits.failed("a:mail", now)
            circuits.settled("a:mail")
        assert circuits.waits_until("a:mail", now) == now + BREAK
        assert circuits.waits_until("a:webhook", now) is None
        now += BREAK
        assert circuits.room("a:mail") == 1
        assert circuits.waits_until("a:mail", now) is None
        assert circuits.waits_until("a:mail", now) is not None, "the trial is not over"
        circuits.failed("a:mail", now)
        circuits.settled("a:mail")
        assert circuits.waits_until("a:mail", now) == now + BREAK
        now += BREAK
        assert circuits.waits_until("a:mail", now) is None
        circuits.answered("a:mail")
        circuits.settled("a:mail")
        assert circuits.waits_until("a:mail", now) is None
        assert circuits.room("a:mail") == AT_ONCE


class TestNotYet:
    async def test_a_letter_without_room_at_the_far_end_waits_and_counts_as_no_failure(
        self, house_of_mail: House
    ) -> None:
        house = house_of_mail
        reference = await house.open_case()
        house.mail.failures["labour"] = [NotYet("no room", 40) for _ in range(MAX_ATTEMPTS + 5)]
        await house.after(SOON)
        for _ in range(MAX_ATTEMPTS + 4):
            await house.after(dt.timedelta(seconds=39))
            await house.after(dt.timedelta(seconds=1))
        assert house.mail.failures["labour"] == []
        assert house.mail.got == []
        await house.after(dt.timedelta(seconds=40))
        kinds = await house.kinds(reference)
        assert (house.mail.kinds("labour")[0], "failed" in kinds) == ("offered", False)

    async def test_a_reply_without_room_waits_and_is_never_given_up(self, house_of_mail: House) -> None:
        house = house_of_mail
        await house.helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        house.person.failures = [NotYet("no room", 40) for _ in range(MAX_REPLY_ATTEMPTS + 5)]
        while house.person.failures:
            await house.after(dt.timedelta(seconds=40))
        assert house.person.got == []
        await house.after(dt.timedelta(seconds=40))
        assert house.told("The company must pay you")

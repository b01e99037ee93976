"""A case on its way to its partner: what arrives, what is tried again, what is given up; on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

from sqlalchemy import select

from bot.cases.service import answer_person, decline_case
from bot.conversation.respond import Respondent
from bot.delivery.referrals import Referrals
from bot.delivery.worker import LEASE
from bot.errors import ChannelError
from bot.i18n import ENGLISH
from bot.messages import Press, Reply
from bot.storage.engine import Storage
from bot.storage.jobs import claim_jobs, count_jobs
from bot.storage.models import JobKind, JobRow
from bot.storage.undelivered import failed_jobs, requeue_job
from tests.delivery.house import MAIL, SOON, STORY, WEBHOOK, House, respondent_with
from tests.partners.cast import make_partner
from tests.test_helpline import ALICE, BOB, message


class TestDelivering:
    async def test_an_offer_becomes_one_letter_by_each_channel(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(SOON)
        await house.after(SOON)
        [(to, by_mail, mail_key)], [(_, by_webhook, webhook_key)] = house.mail.got, house.webhook.got
        assert (to, by_mail.reference, by_mail.kind) == ("labour", reference, "offered")
        assert STORY in by_mail.body
        assert by_mail == by_webhook
        assert mail_key != webhook_key
        noted = [event.detail for event in (await house.case(reference)).events if event.kind == "delivered"]
        assert sorted(noted, key=str) == [{"channel": "email", "of": 1}, {"channel": "webhook", "of": 1}]
        async with house.storage.reading() as session:
            assert (await session.execute(select(JobRow).where(JobRow.kind == JobKind.DELIVER))).first() is None

    async def test_two_workers_deliver_it_once(self, house: House) -> None:
        reference = await house.open_case()
        house.clock.now += SOON
        await asyncio.gather(*(house.another_worker().work_once() for _ in range(4)))
        assert (len(house.mail.got), len(house.webhook.got)) == (1, 1)
        assert (await house.kinds(reference)).count("delivered") == 2

    async def test_a_worker_that_comes_too_late_notes_it_no_second_time(self, house: House) -> None:
        """A lease that ran out lets two workers have one letter; the key tells the partner that it is the same."""
        reference = await house.open_case()
        async with house.storage.reading() as session:
            job = (await session.execute(select(JobRow).where(JobRow.subject.endswith(":email")))).scalar_one()
        referrals = Referrals(house.storage, lambda: house.respondent, house.channels, house.clock)
        await asyncio.gather(referrals.deliver(job), referrals.deliver(job))
        assert len({key for _, _, key in house.mail.got}) == 1
        assert (await house.kinds(reference)).count("delivered") == 1

    async def test_the_subject_and_notice_hold_nothing_the_person_wrote(self, house: House) -> None:
        await house.open_case()
        await house.after(SOON)
        [(_, letter, _)] = house.mail.got
        assert "boss" not in letter.subject + letter.notice
        assert "boss" in letter.body

    async def test_what_the_person_adds_follows_the_offer_and_stands_there_once(self, house_of_mail: House) -> None:
        await house_of_mail.open_case()
        house_of_mail.mail.failures["labour"] = [ChannelError("busy", permanent=False, retry_after_s=30)]
        await house_of_mail.after(SOON)
        await house_of_mail.helpline.receive(message(ALICE, 20, "tell me a joke"))
        await house_of_mail.helpline.receive(message(ALICE, 21, Press("p")))
        await house_of_mail.after(SOON)
        assert house_of_mail.mail.got == []
        await house_of_mail.after(dt.timedelta(minutes=1))
        await house_of_mail.after(LEASE)
        assert house_of_mail.mail.kinds("labour") == ["offered", "note"]
        assert ["joke" in letter.body for _, letter, _ in house_of_mail.mail.got] == [False, True]

    async def test_a_case_that_is_deleted_meanwhile_leaves_nothing_behind(self, house: House) -> None:
        await house.open_case()
        await house.helpline.forget(ALICE)
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["withdrawn"], "not what was to be delivered, only word to delete it"
        async with house.storage.reading() as session:
            assert "failed" not in await count_jobs(session)


class TestFailing:
    async def test_a_passing_failure_is_tried_again_ever_later(self, house_of_mail: House) -> None:
        house = house_of_mail
        reference = await house.open_case()
        house.mail.failures["labour"] = [ChannelError("500", permanent=False), ChannelError("500", permanent=False)]
        await house.after(dt.timedelta(0))
        waits: list[float] = []
        while not house.mail.got:
            async with house.storage.reading() as session:
                [due] = (await session.execute(select(JobRow.run_at).where(JobRow.kind == JobKind.DELIVER))).scalars()
            waits.append((due - house.clock.now).total_seconds())
            await house.after(due - house.clock.now)
        assert len(house.mail.tried) == 3
        assert 5 <= waits[0] <= 6.5
        assert 10 <= waits[1] <= 13
        assert (await house.kinds(reference)).count("delivered") == 1
        assert "failed" not in await house.kinds(reference)

    async def test_a_hopeless_one_stands_failed_in_the_case_and_among_the_failed_jobs(self, house: House) -> None:
        reference = await house.open_case()
        house.mail.failures["labour"] = [ChannelError("no such address", permanent=True)]
        await house.after(SOON)
        [failed] = [event for event in (await house.case(reference)).events if event.kind == "failed"]
        assert failed.detail == {"channel": "email", "of": 1, "reason": "no such address"}
        assert house.webhook.kinds("labour") == ["offered"]
        async with house.storage.transaction() as session:
            [job] = await failed_jobs(session)
            assert job.error == "no such address"
            assert await requeue_job(session, job.id, house.clock.now)
            assert not await requeue_job(session, job.id, house.clock.now)
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered"]

    async def test_a_fault_of_ours_is_tried_again_and_seen(self, house_of_mail: House) -> None:
        house_of_mail.mail.failures["labour"] = [RuntimeError(STORY)]
        await house_of_mail.open_case()
        await house_of_mail.after(SOON)
        async with house_of_mail.storage.reading() as session:
            [error] = (await session.execute(select(JobRow.error).where(JobRow.kind == JobKind.DELIVER))).scalars()
        assert error == "a fault of ours: RuntimeError"
        await house_of_mail.after(dt.timedelta(seconds=10))
        assert house_of_mail.mail.kinds("labour") == ["offered"]

    async def test_a_partner_without_this_way_any_more_is_a_failure_somebody_sees(self, house_of_mail: House) -> None:
        house = house_of_mail
        reference = await house.open_case()
        house.respondent = respondent_with(house.respondent, union=make_partner(channels=MAIL))
        await house.after(SOON)
        assert "failed" in await house.kinds(reference)
        async with house.storage.reading() as session:
            assert (await count_jobs(session))["failed"] == 1


class TestCircuit:
    async def test_three_failures_let_this_partner_alone_and_delay_nobody_else(self, house_of_mail: House) -> None:
        house = house_of_mail
        await house.open_case(ALICE)
        house.mail.failures["labour"] = [ChannelError("no answer", permanent=False) for _ in range(3)]
        for _ in range(3):
            await house.after(dt.timedelta(seconds=14))
        assert house.mail.tried == ["labour"] * 3
        await house.open_case(BOB)
        for _ in range(4):
            await house.after(dt.timedelta(minutes=1))
        assert house.mail.tried == ["labour"] * 3 + ["union"]
        assert house.mail.kinds("union") == ["offered"]
        async with house.storage.reading() as session:
            [attempts] = (
                await session.execute(select(JobRow.attempts).where(JobRow.kind == JobKind.DELIVER))
            ).scalars()
        assert attempts == 3, "waiting is no attempt"
        await house.after(dt.timedelta(minutes=2))
        assert house.mail.kinds("labour") == ["offered"]

    async def test_a_dead_webhook_does_not_hold_up_the_same_partners_mail(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        house = House(storage, small_respondent, labour=make_partner(channels=MAIL | WEBHOOK))
        await house.open_case(ALICE)
        house.webhook.failures["labour"] = [ChannelError("no answer", permanent=False) for _ in range(9)]
        for _ in range(3):
            await house.after(dt.timedelta(seconds=14))
        await house.open_case(BOB)
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered", "offered"]
        assert house.webhook.tried == ["labour"] * 3

    async def test_a_clock_set_back_does_not_make_the_break_longer(self, house_of_mail: House) -> None:
        house = house_of_mail
        await house.open_case(ALICE)
        house.mail.failures["labour"] = [ChannelError("no answer", permanent=False) for _ in range(3)]
        referrals = Referrals(house.storage, lambda: house.respondent, house.channels, house.clock)
        async with house.storage.reading() as session:
            [job] = (await session.execute(select(JobRow).where(JobRow.kind == JobKind.DELIVER))).scalars()
        for _ in range(4):
            await referrals.deliver(job)
        assert len(house.mail.tried) == 3
        house.clock.now -= dt.timedelta(days=1)
        await referrals.deliver(job)
        assert house.mail.kinds("labour") == ["offered"]


async def test_an_answer_given_up_and_let_go_again_reaches_the_person(house: House) -> None:
    reference = await house.open_case()
    await house.after(SOON)
    house.person.failures = [ChannelError("blocked", permanent=True)]
    async with house.storage.transaction() as session:
        found = await house.case(reference)
        await answer_person(session, found, "labour:Sato", [Reply("Good day", ENGLISH)], "Good day", house.clock.now)
    await house.after(SOON)
    assert not house.told("Good day")
    async with house.storage.transaction() as session:
        [job] = await failed_jobs(session)
        assert await requeue_job(session, job.id, house.clock.now)
    await house.after(SOON)
    assert len(house.told("Good day")) == 1


async def test_a_server_whose_clock_ran_ahead_takes_no_job_with_it(house: House) -> None:
    """It took the job for a minute of next year, and died; the clock was set right."""
    await house.open_case()
    async with house.storage.transaction() as session:
        await claim_jobs(session, "ahead", house.clock.now + dt.timedelta(days=365), LEASE, 10)
    running = asyncio.create_task(house.worker.run())
    async with asyncio.timeout(10):
        while not house.mail.kinds("labour"):  # noqa: ASYNC110 (the worker runs by itself)
            await asyncio.sleep(0.01)
    house.worker.stop()
    await running


async def test_words_typed_while_another_partner_is_asked_for_stand_in_the_case(house: House) -> None:
    reference = await house.open_case()
    await house.after(SOON)
    async with house.storage.transaction() as session:
        await decline_case(session, await house.case(reference), "labour:Sato", "full", house.clock.now, {})
    await house.helpline.receive(message(ALICE, 30, Press("t")))
    await house.helpline.receive(message(ALICE, 31, "he has my passport too"))
    await house.helpline.receive(message(ALICE, 32, Press("i:stop")))
    notes = [event.text for event in (await house.case(reference)).events if event.kind == "note"]
    assert notes == ["he has my passport too"]

"""Who has a case when, and what happens where nobody looks: on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.cases.case import referral_of, status_of
from bot.cases.service import accept_case, answer_person, close_case, decline_case
from bot.delivery.referrals import Referrals
from bot.delivery.worker import LEASE
from bot.errors import CaseError
from bot.i18n import ENGLISH
from bot.messages import Press, Reply
from bot.storage.cases import consents_of, list_cases
from bot.storage.jobs import count_jobs
from bot.storage.models import CaseEventKind, JobKind, JobRow
from tests.delivery.house import SOON, STORY, TO_OVERDUE, TO_REMIND, House
from tests.test_helpline import ALICE, count, message


class TestServiceLevel:
    async def test_the_partner_is_reminded_after_its_open_hours(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(TO_REMIND - SOON)
        assert "reminded" not in await house.kinds(reference)
        await house.after(SOON * 2)
        await house.after(SOON)
        assert (await house.kinds(reference)).count("reminded") == 1
        assert house.mail.kinds("labour") == ["offered", "reminded"]
        assert STORY in house.mail.got[-1][1].body

    async def test_then_the_operator_has_it_and_the_person_is_told_with_a_button(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(SOON)
        await house.after(TO_REMIND)
        await house.after(TO_OVERDUE - TO_REMIND - SOON * 2)
        assert "unanswered" not in await house.kinds(reference)
        await house.after(SOON * 2)
        case = await house.case(reference)
        assert (referral_of(case.events).partner_id, status_of(case.events).name) == ("operator", "open")
        [told] = house.told("has not answered yet")
        assert told.language == "en"
        assert reference in told.text
        assert "Labour desk" in told.text
        assert [button.data for row in told.buttons for button in row] == ["t"]

    @pytest.mark.parametrize("jump", [TO_OVERDUE, dt.timedelta(days=365)])
    async def test_each_of_it_happens_once_with_many_workers_and_after_a_clock_jump(
        self, house: House, jump: dt.timedelta
    ) -> None:
        reference = await house.open_case()
        house.clock.now += jump
        workers = [house.another_worker() for _ in range(4)]
        for step in (LEASE, -dt.timedelta(hours=2), dt.timedelta(hours=3), LEASE):
            await asyncio.gather(*(worker.work_once() for worker in workers))
            house.clock.now += step
            await asyncio.gather(*(worker.work_once() for worker in workers))
        kinds = await house.kinds(reference)
        assert [kind for kind in kinds if kind in ("reminded", "unanswered")] == ["reminded", "unanswered"]
        assert len(house.told("has not answered yet")) == 1

    async def test_after_a_jump_past_both_moments_the_partner_is_reminded_and_has_an_hour(self, house: House) -> None:
        """Nine in the morning two days on: the partner opens at ten, so the hour is over at eleven."""
        reference = await house.open_case()
        await house.after(SOON)
        await house.after(dt.timedelta(hours=45))
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered", "reminded"]
        await house.after(dt.timedelta(hours=2) - SOON * 4)
        assert "unanswered" not in await house.kinds(reference)
        await house.after(SOON * 4)
        assert (await house.kinds(reference)).count("unanswered") == 1

    async def test_a_reminder_that_cannot_be_given_any_more_holds_nothing_up(self, house: House) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await session.execute(update(JobRow).where(JobRow.subject.endswith(":remind")).values(state="failed"))
        await house.after(TO_OVERDUE + SOON)
        kinds = await house.kinds(reference)
        assert ("reminded" in kinds, kinds.count("unanswered")) == (False, 1)

    async def test_a_clock_set_back_after_the_reminder_fires_nothing_again(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(TO_REMIND + SOON)
        house.clock.now -= TO_REMIND
        for _ in range(3):
            await house.after(TO_REMIND / 2)
        await house.after(TO_OVERDUE)
        kinds = await house.kinds(reference)
        assert (kinds.count("reminded"), kinds.count("unanswered")) == (1, 1)

    async def test_one_job_in_two_hands_is_done_once(self, house: House) -> None:
        """As when a worker's lease runs out while it works."""
        reference = await house.open_case()
        async with house.storage.reading() as session:
            rows = (await session.execute(select(JobRow).where(JobRow.kind == JobKind.SERVICE_LEVEL))).scalars().all()
        remind, overdue = sorted(rows, key=lambda job: job.run_at)
        referrals = [Referrals(house.storage, lambda: house.respondent, {}, house.clock) for _ in range(3)]
        await asyncio.gather(*(one.watch(remind) for one in referrals))
        house.clock.now = overdue.run_at
        await asyncio.gather(*(one.watch(overdue) for one in referrals))
        kinds = await house.kinds(reference)
        assert (kinds.count("reminded"), kinds.count("unanswered")) == (1, 1)
        await house.after(SOON)
        assert len(house.told("has not answered yet")) == 1

    async def test_an_answer_in_time_ends_it(self, house: House) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await accept_case(session, await house.case(reference), "Sato", house.clock.now)
        await house.after(TO_OVERDUE + SOON)
        kinds = await house.kinds(reference)
        assert "reminded" not in kinds
        assert "unanswered" not in kinds

    async def test_a_person_to_whom_it_is_not_safe_to_write_is_not_written_to(self, house: House) -> None:
        await house.helpline.receive(message(ALICE, 1, STORY))
        presses = ["p", "i:skip", "i:skip", "i:skip", "i:safe-no", "i:skip", "y"]
        for number, data in enumerate(presses, start=2):
            await house.helpline.receive(message(ALICE, number, Press(data)))
        async with house.storage.reading() as session:
            [case] = await list_cases(session)
        await house.after(TO_REMIND)
        await house.after(TO_OVERDUE)
        assert "unanswered" in await house.kinds(case.case.reference)
        assert house.told("has not answered yet") == []


class TestMoot:
    async def test_a_letter_about_an_offer_taken_meanwhile_is_not_sent(self, house: House) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await accept_case(session, await house.case(reference), "Sato", house.clock.now)
        await house.after(SOON)
        assert (house.mail.got, house.webhook.got) == ([], [])
        async with house.storage.reading() as session:
            assert "failed" not in await count_jobs(session)

    async def test_a_note_for_one_partner_never_reaches_the_next(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(SOON)
        await house.helpline.receive(message(ALICE, 20, "tell me a joke"))
        await house.helpline.receive(message(ALICE, 21, Press("p")))
        async with house.storage.transaction() as session:
            await decline_case(session, await house.case(reference), "Sato", "full", house.clock.now, {})
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered"]
        assert "failed" not in await house.kinds(reference)

    async def test_a_case_withdrawn_sends_delete_and_nothing_else(self, house: House) -> None:
        reference = await house.open_case()
        await house.helpline.receive(message(ALICE, 20, Press(f"w:{reference}")))
        for _ in range(3):
            await house.after(SOON)
        assert house.mail.kinds("labour") == ["withdrawn"]
        [(_, letter, _)] = house.mail.got
        assert letter.body == ""
        case = await house.case(reference)
        async with house.storage.reading() as session:
            [consent] = await consents_of(session, case.case.id)
        assert {event.text for event in case.events} == {None}
        assert (case.case.intake, case.case.address, consent.text) == (None, None, None)
        await house.after(TO_OVERDUE)
        assert house.mail.kinds("labour") == ["withdrawn"]

    async def test_a_case_withdrawn_reaches_every_partner_that_still_holds_it(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(TO_REMIND)
        await house.after(TO_OVERDUE)
        await house.helpline.receive(message(ALICE, 20, Press(f"w:{reference}")))
        await house.after(SOON)
        assert house.mail.kinds("labour")[-1] == "withdrawn"
        assert house.mail.kinds("labour").count("withdrawn") == 1


class TestPassingOn:
    async def test_it_asks_again_and_never_offers_to_one_tried(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(TO_REMIND)
        await house.after(TO_OVERDUE)
        asked = await house.helpline.receive(message(ALICE, 20, Press("t")))
        assert "May I pass this on" in asked.replies[0].reply.text
        assert referral_of((await house.case(reference)).events).partner_id == "operator"
        await house.helpline.receive(message(ALICE, 21, Press("y")))
        await house.after(SOON)
        case = await house.case(reference)
        assert referral_of(case.events).partner_id == "union"
        async with house.storage.reading() as session:
            consents = await consents_of(session, case.case.id)
        assert [consent.partner_id for consent in consents] == ["labour", "union"]
        assert house.mail.kinds("union") == ["offered"]
        assert house.mail.kinds("labour")[-1] == "revoked", "it is told to delete what it has"
        await house.after(dt.timedelta(days=3))
        await house.after(dt.timedelta(days=3))
        nobody = await house.helpline.receive(message(ALICE, 22, Press("t")))
        assert "nobody else" in nobody.replies[0].reply.text
        offers = [event.partner_id for event in (await house.case(reference)).events if event.kind == "offered"]
        assert offers == ["labour", "operator", "union", "operator"], "where nobody answers, the operator has it"

    async def test_declined_it_stands_at_the_operators_and_the_person_is_told(self, house: House) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await decline_case(
                session, await house.case(reference), "Sato", "Mr Rai is unknown to us", house.clock.now, {}
            )
        await house.after(SOON)
        case = await house.case(reference)
        assert referral_of(case.events).partner_id == "operator"
        [told] = house.told("cannot take your case")
        assert [button.data for row in told.buttons for button in row] == ["t"]
        declined = next(event for event in case.events if event.kind == "declined")
        assert (declined.partner_id, declined.actor, declined.text) == ("labour", "Sato", "Mr Rai is unknown to us")
        async with house.storage.transaction() as session:
            with pytest.raises(CaseError, match="operator's desk"):
                await decline_case(session, case, "Sato", "", house.clock.now, {})


class TestOwning:
    async def test_a_second_accept_is_refused_with_the_name_of_the_first(self, house: House) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await accept_case(session, await house.case(reference), "Sato", house.clock.now)
        async with house.storage.transaction() as session:
            with pytest.raises(CaseError, match=f"{reference}: Sato has it already"):
                await accept_case(session, await house.case(reference), "Abe", house.clock.now)

    async def test_of_many_who_accept_at_once_one_has_it(self, house: House) -> None:
        """All of them have read the case before any of them took it."""
        reference = await house.open_case()
        seen = await house.case(reference)

        async def accept(actor: str) -> None:
            async with house.storage.transaction() as session:
                await accept_case(session, seen, actor, house.clock.now)

        done: list[Any] = await asyncio.gather(*(accept(f"worker-{n}") for n in range(5)), return_exceptions=True)
        assert sorted(type(result).__name__ for result in done) == ["CaseError"] * 4 + ["NoneType"]
        assert (await house.kinds(reference)).count("accepted") == 1
        await house.after(SOON)
        assert len(house.told("has taken up your case")) == 1

    async def test_the_first_to_answer_owns_it(self, house: House) -> None:
        reference = await house.open_case()
        for actor in ("Sato", "Abe"):
            async with house.storage.transaction() as session:
                said = [Reply(f"good day from {actor}", ENGLISH)]
                await answer_person(session, await house.case(reference), actor, said, "good day", house.clock.now)
        await house.after(SOON)
        case = await house.case(reference)
        assert referral_of(case.events).accepted_by == "Sato"
        assert (await house.kinds(reference)).count(CaseEventKind.ACCEPTED) == 1
        assert len(house.told("good day from")) == 2

    async def test_many_who_write_into_one_case_at_once_lose_nothing(self, house: House) -> None:
        reference = await house.open_case()
        seen = await house.case(reference)

        async def answer(number: int) -> None:
            async with house.storage.transaction() as session:
                said = [Reply(f"answer {number}", ENGLISH)]
                await answer_person(session, seen, f"worker-{number}", said, "x", house.clock.now)

        await asyncio.gather(*(answer(number) for number in range(8)))
        assert (await house.kinds(reference)).count("answer") == 8

    async def test_after_it_is_closed_nothing_more_happens(self, house: House) -> None:
        reference = await house.open_case()
        seen = await house.case(reference)
        async with house.storage.transaction() as session:
            await close_case(session, seen, "Sato", "advised", house.clock.now)
        for attempt in (
            lambda session: accept_case(session, seen, "Abe", house.clock.now),
            lambda session: close_case(session, seen, "Abe", "advised", house.clock.now),
            lambda session: answer_person(session, seen, "Abe", [], "late", house.clock.now),
        ):
            async with house.storage.transaction() as session:
                with pytest.raises(CaseError, match="is closed"):
                    await attempt(session)
        await house.after(TO_OVERDUE)
        assert len(house.told("is closed. If you still")) == 1
        assert "unanswered" not in await house.kinds(reference)
        assert await count(house.storage, JobRow) == 0

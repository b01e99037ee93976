"""A person who is forgotten: partners are told to delete, and nothing about the person goes out any more."""

from __future__ import annotations

import datetime as dt
import json

from sqlalchemy import select

from bot.cases.answer import answer_replies
from bot.cases.service import answer_person, close_case
from bot.delivery.retention import Retention
from bot.errors import ChannelError
from bot.messages import Press, Text
from bot.storage.cases import list_cases
from bot.storage.jobs import count_jobs
from bot.storage.models import CaseRow, JobKind, JobRow, MessageRow, ReplyRow
from tests.delivery.house import SOON, STORY, TO_REMIND, House
from tests.test_helpline import ALICE, BOB, count, hand_over, message

AWAY = ChannelError("away", permanent=False)
GONE = ChannelError("gone", permanent=True)


async def jobs_of(house: House) -> list[JobRow]:
    async with house.storage.reading() as session:
        return list((await session.execute(select(JobRow))).scalars())


async def answer(house: House, reference: str, text: str) -> None:
    async with house.storage.transaction() as session:
        found = await house.case(reference)
        await answer_person(session, found, "labour:Sato", answer_replies(found.case, text), text, house.clock())


class TestForget:
    async def test_every_holder_is_told_by_every_way_with_nothing_personal(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(SOON)
        assert await house.helpline.forget(ALICE)
        waiting = await jobs_of(house)
        assert {job.kind for job in waiting} == {JobKind.TELL_TO_DELETE}
        assert {json.loads(job.payload or "")["channel"] for job in waiting} == {"email", "webhook"}
        assert await count(house.storage, CaseRow) == 0
        await house.after(SOON)
        for channel in (house.mail, house.webhook):
            partner, letter, _ = channel.got[-1]
            assert (partner, letter.kind, letter.reference) == ("labour", "withdrawn", reference)
            assert (letter.body, letter.category, letter.urgency) == ("", "", "normal")
            assert "Please delete what you have" in letter.notice or "消" in letter.notice
        assert await jobs_of(house) == []

    async def test_what_waits_for_a_partner_or_was_given_up_goes(self, house: House) -> None:
        await house.open_case()
        house.mail.failures["labour"] = [GONE]
        house.webhook.failures["labour"] = [AWAY]
        await house.after(SOON)
        async with house.storage.reading() as session:
            assert await count_jobs(session) != {}
        await house.helpline.receive(message(ALICE, 30, Press("f")))
        assert {job.kind for job in await jobs_of(house)} == {JobKind.TELL_TO_DELETE}
        house.mail.tried.clear()
        await house.after(TO_REMIND)
        assert house.mail.kinds("labour") == ["withdrawn"]
        assert house.webhook.kinds("labour") == ["withdrawn"]

    async def test_an_answer_not_sent_yet_goes(self, house: House) -> None:
        reference = await house.open_case()
        await answer(house, reference, "Come on Friday")
        await house.helpline.forget(ALICE)
        await house.after(SOON)
        assert house.told("Come on Friday") == []

    async def test_who_was_still_to_be_told_of_a_withdrawal_is_told(self, house: House) -> None:
        reference = await house.open_case()
        await house.after(SOON)
        house.mail.failures["labour"] = [AWAY]
        await house.helpline.receive(message(ALICE, 30, Press(f"w:{reference}")))
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered"]
        assert house.webhook.kinds("labour") == ["offered", "withdrawn"]
        await house.helpline.forget(ALICE)
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered", "withdrawn"]
        assert house.webhook.kinds("labour") == ["offered", "withdrawn"], "who was told is not told again"

    async def test_a_partner_that_is_away_is_told_later(self, house: House) -> None:
        await house.open_case()
        await house.after(SOON)
        await house.helpline.forget(ALICE)
        house.mail.failures["labour"] = [AWAY, RuntimeError("a fault of ours")]
        await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered"]
        for _ in range(20):
            await house.after(SOON)
        assert house.mail.kinds("labour") == ["offered", "withdrawn"]

    async def test_a_partner_that_cannot_be_told_stays_visible(self, house: House) -> None:
        await house.open_case()
        await house.after(SOON)
        await house.helpline.forget(ALICE)
        house.mail.failures["labour"] = [GONE]
        await house.after(SOON)
        [failed] = await jobs_of(house)
        assert (failed.state, failed.error) == ("failed", "gone")

    async def test_a_closed_case_is_told_too_and_others_stay(self, house: House) -> None:
        reference = await house.open_case()
        other = await house.open_case(BOB)
        async with house.storage.transaction() as session:
            await close_case(session, await house.case(reference), "labour:Sato", "other", house.clock())
        await house.after(SOON)
        await house.helpline.forget(ALICE)
        await house.after(SOON)
        assert house.mail.got[-1][1].reference == reference
        assert (await house.case(other)).events[0].text == STORY


class TestErasedTexts:
    async def test_a_case_taken_back_leaves_no_answer_behind(self, house: House) -> None:
        reference = await house.open_case()
        await answer(house, reference, "Come on Friday")
        await house.after(SOON)
        await answer(house, reference, "Bring your payslip")
        await house.helpline.receive(message(ALICE, 30, Press(f"w:{reference}")))
        await house.after(SOON)
        assert house.told("payslip") == []
        async with house.storage.reading() as session:
            bodies = (await session.execute(select(ReplyRow.body))).scalars().all()
            kinds = (await session.execute(select(MessageRow.kind))).scalars().all()
        assert not any("Friday" in body or "payslip" in body for body in bodies)
        assert "relay" not in kinds

    async def test_retention_of_one_case_leaves_the_answers_of_another(self, house: House) -> None:
        first = await house.open_case()
        await answer(house, first, "Come on Friday")
        async with house.storage.transaction() as session:
            await close_case(session, await house.case(first), "labour:Sato", "other", house.clock())
        house.clock.now += dt.timedelta(days=91)
        await house.helpline.receive(message(ALICE, 40, Text(STORY)))
        receipt = await hand_over(house.helpline, ALICE, 41)
        async with house.storage.reading() as session:
            [_, second] = await list_cases(session)
        assert second.case.reference in receipt.replies[0].reply.text
        await answer(house, second.case.reference, "Bring your payslip")
        assert (await Retention(house.storage, lambda: house.respondent, house.clock).run())[0] == 1
        await house.after(SOON)
        assert [len(house.told(part)) for part in ("Friday", "payslip")] == [0, 1]

"""Caseworkers who cannot do it alone: passing a case on, asking for advice, the operator's attention. On both
databases."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.cases.advice import MAX_ADVICE, ask_advice, escalate, give_advice
from bot.cases.case import holders, referral_of
from bot.cases.service import accept_case, close_case, decline_case
from bot.cases.transfer import ask_transfer
from bot.conversation.respond import Respondent
from bot.errors import CaseError, ChannelError
from bot.messages import Press, Reply
from bot.storage.cases import consents_of
from bot.storage.engine import Storage
from tests.delivery.house import MAIL, SOON, STORY, TO_OVERDUE, TO_REMIND, House
from tests.partners.cast import make_operator, make_partner
from tests.test_helpline import ALICE, message

WHY = "She needs a place to stay, we have none"


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent) -> House:
    return House(
        storage,
        small_respondent,
        operator=make_operator(MAIL),
        labour=make_partner(channels=MAIL),
        shelter=make_partner(channels=MAIL, takes=["housing"]),
    )


async def taken(house: House) -> str:
    reference = await house.open_case()
    await house.after(SOON)
    async with house.storage.transaction() as session:
        await accept_case(session, await house.case(reference), "labour:Sato", house.clock.now)
    await house.after(SOON)
    return reference


async def propose(house: House, reference: str, to: str = "shelter") -> None:
    recipients = house.respondent.directory.recipients
    async with house.storage.transaction() as session:
        found = await house.case(reference)
        await ask_transfer(session, found, "labour:Sato", to, WHY, house.clock.now, recipients)
    await house.after(SOON)


def buttons(reply: Reply) -> list[str]:
    return [button.data for row in reply.buttons for button in row]


class TestTransfer:
    async def test_the_person_sees_what_would_be_passed_on_and_agrees(self, house: House) -> None:
        reference = await taken(house)
        await propose(house, reference)
        [asked] = house.told("may be able to help you better")
        show, _keep = buttons(asked)
        assert "shelter" not in asked.text, "the person reads the name, not the id"
        shown = await house.helpline.receive(message(ALICE, 30, Press(show)))
        text = shown.replies[0].reply.text
        assert "May I pass this on" in text
        assert STORY in text
        assert referral_of((await house.case(reference)).events).partner_id == "labour", "not before the yes"
        await house.helpline.receive(message(ALICE, 31, Press("y")))
        await house.after(SOON)
        case = await house.case(reference)
        assert referral_of(case.events).partner_id == "shelter", "though routing would not have chosen it"
        async with house.storage.reading() as session:
            consents = await consents_of(session, case.case.id)
        assert [consent.partner_id for consent in consents] == ["labour", "shelter"]
        assert house.mail.kinds("labour")[-1] == "revoked"
        [offer] = [letter for to, letter, _ in house.mail.got if to == "shelter"]
        assert WHY in offer.body

    @pytest.mark.parametrize("way", ["at once", "after a look"])
    async def test_no_leaves_it_where_it_is_and_is_told(self, house: House, way: str) -> None:
        reference = await taken(house)
        await propose(house, reference)
        [asked] = house.told("may be able to help you better")
        show, keep = buttons(asked)
        presses = [keep] if way == "at once" else [show, "i:stop"]
        for number, data in enumerate(presses, start=30):
            said = await house.helpline.receive(message(ALICE, number, Press(data)))
        assert "stays where it is" in said.replies[0].reply.text
        await house.after(SOON)
        assert referral_of((await house.case(reference)).events).accepted_by == "labour:Sato"
        assert house.mail.kinds("labour")[-1] == "transfer_refused"
        assert house.mail.kinds("shelter") == []
        # Asked and answered: the same button pressed again does nothing more.
        await house.helpline.receive(message(ALICE, 40, Press(keep)))
        assert (await house.kinds(reference)).count("transfer_refused") == 1

    async def test_what_cannot_be_asked_is_refused(self, house: House) -> None:
        reference = await taken(house)
        for to in ("labour", "operator", "nobody"):
            with pytest.raises(CaseError, match="no such other partner"):
                await propose(house, reference, to)
        await propose(house, reference)
        with pytest.raises(CaseError, match="has not answered yet"):
            await propose(house, reference)
        async with house.storage.transaction() as session:
            await close_case(session, await house.case(reference), "labour:Sato", "solved", house.clock.now)
        with pytest.raises(CaseError, match="is closed"):
            await propose(house, reference)
        [asked] = house.told("may be able to help you better")
        for number, data in enumerate(buttons(asked), start=50):
            said = await house.helpline.receive(message(ALICE, number, Press(data)))
            assert "button is old" in said.replies[0].reply.text, "the case is over"


class TestAdvice:
    async def test_only_the_question_goes_out_and_the_answer_comes_back(self, house: House) -> None:
        reference = await taken(house)
        recipients = house.respondent.directory.recipients
        async with house.storage.transaction() as session:
            found = await house.case(reference)
            await ask_advice(
                session, found, "labour:Sato", "shelter", "Do you take families?", house.clock.now, recipients
            )
        await house.after(SOON)
        [asked] = [letter for to, letter, _ in house.mail.got if to == "shelter"]
        assert (asked.kind, asked.body) == ("advice_asked", "Do you take families?")
        assert STORY not in asked.notice + asked.subject + asked.body
        async with house.storage.transaction() as session:
            found = await house.case(reference)
            await give_advice(session, found, "shelter:Abe", "shelter", "Yes, two", house.clock.now, recipients)
        await house.after(SOON)
        [given] = [letter for to, letter, _ in house.mail.got if to == "labour" and letter.kind == "advice_given"]
        assert given.body == "Yes, two"
        assert referral_of((await house.case(reference)).events).accepted_by == "labour:Sato"
        assert not house.told("Yes, two"), "advice is for the caseworker"
        assert holders((await house.case(reference)).events) == ["labour", "shelter"]
        # The person takes the case back: who was asked is told to delete as well.
        await house.helpline.receive(message(ALICE, 30, Press(f"w:{reference}")))
        await house.after(SOON)
        assert house.mail.kinds("shelter")[-1] == "withdrawn"

    async def test_who_was_not_asked_cannot_give_any(self, house: House) -> None:
        reference = await taken(house)
        async with house.storage.transaction() as session:
            found = await house.case(reference)
            with pytest.raises(CaseError, match="was not asked"):
                await give_advice(session, found, "shelter", "shelter", "Yes.", house.clock.now, {})
            recipients = house.respondent.directory.recipients
            for text in ("  ", "x" * (MAX_ADVICE + 1)):
                with pytest.raises(CaseError, match=r"nothing written|longer than"):
                    await ask_advice(session, found, "labour", "shelter", text, house.clock.now, recipients)


class TestOperator:
    async def test_escalated_the_operator_reads_why_and_the_partner_keeps_it(self, house: House) -> None:
        reference = await taken(house)
        recipients = house.respondent.directory.recipients
        async with house.storage.transaction() as session:
            found = await house.case(reference)
            await escalate(session, found, "labour:Sato", "The boss threatens us", house.clock.now, recipients)
        await house.after(SOON)
        [letter] = [letter for to, letter, _ in house.mail.got if to == "operator"]
        assert (letter.kind, letter.body, letter.language) == ("escalated", "The boss threatens us", "en")
        assert referral_of((await house.case(reference)).events).partner_id == "labour"

    async def test_a_case_nobody_takes_reaches_the_operator(self, house: House) -> None:
        unanswered = await house.open_case()
        await house.after(SOON)
        await house.after(TO_REMIND)
        await house.after(TO_OVERDUE)
        await house.after(SOON)
        assert "unanswered" in await house.kinds(unanswered)
        [letter] = [letter for to, letter, _ in house.mail.got if to == "operator"]
        assert (letter.reference, letter.kind) == (unanswered, "offered")
        assert "Labour desk** did not answer in time" in letter.body
        assert STORY in letter.body

    async def test_a_declined_case_reaches_the_operator_who_can_take_it(self, house: House) -> None:
        reference = await house.open_case()
        recipients = house.respondent.directory.recipients
        async with house.storage.transaction() as session:
            await decline_case(session, await house.case(reference), "labour:Sato", "full", house.clock.now, recipients)
        await house.after(SOON)
        assert house.mail.kinds("operator") == ["offered"]
        async with house.storage.transaction() as session:
            await accept_case(session, await house.case(reference), "operator:Ito", house.clock.now)
        assert referral_of((await house.case(reference)).events).partner_id == "operator"
        await house.after(dt.timedelta(days=3))
        assert house.mail.kinds("operator") == ["offered"], "the own desk has no service level"

    async def test_a_letter_given_up_is_told_to_the_operator(self, house: House) -> None:
        house.mail.failures["labour"] = [ChannelError("the recipient is unknown", permanent=True)]
        reference = await house.open_case()
        await house.after(SOON)
        assert "failed" in await house.kinds(reference)
        [letter] = [letter for to, letter, _ in house.mail.got if to == "operator"]
        assert letter.kind == "escalated"
        assert "the recipient is unknown" in letter.body

    async def test_a_letter_to_the_operator_that_is_given_up_rings_no_more_bells(self, house: House) -> None:
        house.mail.failures["labour"] = [ChannelError("gone", permanent=True)]
        house.mail.failures["operator"] = [ChannelError("gone too", permanent=True)]
        reference = await house.open_case()
        await house.after(SOON)
        await house.after(SOON)
        assert (await house.kinds(reference)).count("escalated") == 1

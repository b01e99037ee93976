"""A person who may be written to at certain times only: we keep what is new until they write, caseworkers answer."""

from __future__ import annotations

import datetime as dt

from bot.cases.answer import answer_replies
from bot.cases.service import accept_case, answer_person, close_case
from bot.helpline import Receipt
from bot.messages import Command, Press, Text
from bot.storage.cases import list_cases
from tests.delivery.house import SOON, STORY, TO_OVERDUE, TO_REMIND, House
from tests.test_helpline import ALICE, message

TAKEN_UP = "Somebody has taken up your case"


async def case_with_times(house: House) -> str:
    """A case whose person said: after 20:00 only."""
    said = [STORY, "p", "i:skip", "i:skip", "i:skip", "i:safe-times", "after 20:00", "i:skip", "y"]
    receipt = Receipt()
    for number, step in enumerate(said):
        content = Text(step) if " " in step else Press(step)
        receipt = await house.helpline.receive(message(ALICE, number, content))
    assert "I send you nothing by myself" in receipt.replies[0].reply.text
    async with house.storage.reading() as session:
        [found] = await list_cases(session)
    assert found.intake["times"] == "after 20:00"
    await house.after(SOON)
    house.person.got.clear()
    return found.case.reference


def texts(receipt: Receipt) -> list[str]:
    return [item.reply.text for item in receipt.replies]


async def test_what_is_new_is_shown_when_the_person_writes_and_only_once(house: House) -> None:
    reference = await case_with_times(house)
    async with house.storage.transaction() as session:
        await accept_case(session, await house.case(reference), "labour:Sato", house.clock())
    await house.after(SOON)
    assert house.told(TAKEN_UP) == []
    waiting = [item.reply.text for item in await house.helpline.waiting_replies(ALICE)]
    assert TAKEN_UP not in "".join(waiting), "nor does an open page show it"
    shown = texts(await house.helpline.receive(message(ALICE, 20, Command("case"))))
    assert TAKEN_UP in shown[0]
    assert "Your case is open" in shown[-1]
    assert TAKEN_UP not in "".join(texts(await house.helpline.receive(message(ALICE, 21, Command("case")))))


async def test_that_nobody_answered_in_time_waits_too(house: House) -> None:
    await case_with_times(house)
    await house.after(TO_REMIND)
    await house.after(TO_OVERDUE)
    assert house.told("has not answered yet") == []
    [first, *_] = texts(await house.helpline.receive(message(ALICE, 20, "hello")))
    assert "has not answered yet" in first


async def test_that_it_was_closed_waits_however_long(house: House) -> None:
    reference = await case_with_times(house)
    async with house.storage.transaction() as session:
        await close_case(session, await house.case(reference), "labour:Sato", "advised", house.clock())
    await house.after(dt.timedelta(days=30))
    await house.worker._purge()
    assert house.told("If you still need help") == []
    first, answer = texts(await house.helpline.receive(message(ALICE, 20, STORY)))
    assert "If you still need help" in first
    assert "The company must pay you" in answer


async def test_a_caseworkers_answer_is_sent(house: House) -> None:
    reference = await case_with_times(house)
    async with house.storage.transaction() as session:
        found = await house.case(reference)
        await answer_person(session, found, "labour:Sato", answer_replies(found.case, "Good"), "Good", house.clock())
    await house.after(SOON)
    assert len(house.told("Good")) == 1

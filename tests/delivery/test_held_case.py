"""What a person writes while a caseworker has their case reaches the partner; nothing of it is lost."""

from __future__ import annotations

from bot.cases.answer import answer_replies
from bot.cases.service import accept_case, answer_person, close_case, decline_case
from bot.messages import ConversationKey, Text
from tests.delivery.house import SOON, STORY, House
from tests.test_helpline import ALICE, message

WEB = ConversationKey("web", "", "1001")


async def accepted(house: House) -> str:
    """A case that a caseworker of the labour desk has."""
    reference = await house.open_case()
    async with house.storage.transaction() as session:
        await accept_case(session, await house.case(reference), "labour:Sato", house.clock())
    await house.after(SOON)
    return reference


async def test_what_is_written_reaches_the_partner_and_is_confirmed(house: House) -> None:
    reference = await accepted(house)
    receipt = await house.helpline.receive(message(ALICE, 20, STORY))
    assert "Passed on to **Labour desk**" in receipt.replies[0].reply.text
    await house.after(SOON)
    assert (await house.case(reference)).events[-3].text == STORY
    assert house.mail.got[-1][1].kind == "note"
    assert STORY in house.mail.got[-1][1].body


async def test_a_changed_message_reaches_the_partner_as_changed(house: House) -> None:
    reference = await accepted(house)
    await house.helpline.receive(message(ALICE, 20, STORY))
    await house.helpline.receive(message(ALICE, 21, Text(f"{STORY}, and in June", edited=True)))
    await house.after(SOON)
    await house.after(SOON)
    kinds = [letter.kind for _, letter, _ in house.mail.got]
    assert kinds[-2:] == ["note", "edited"]
    assert "and in June" in house.mail.got[-1][1].body
    assert "edited" in await house.kinds(reference)


async def test_before_anybody_took_it_the_bot_answers(house: House) -> None:
    reference = await house.open_case()
    receipt = await house.helpline.receive(message(ALICE, 20, STORY))
    assert "The company must pay you" in receipt.replies[-1].reply.text
    assert "note" not in await house.kinds(reference)


async def test_after_it_was_closed_or_declined_the_bot_answers_again(house: House) -> None:
    reference = await accepted(house)
    async with house.storage.transaction() as session:
        await decline_case(session, await house.case(reference), "labour:Sato", "full", house.clock(), {})
    receipt = await house.helpline.receive(message(ALICE, 20, STORY))
    assert "The company must pay you" in receipt.replies[-1].reply.text
    async with house.storage.transaction() as session:
        await close_case(session, await house.case(reference), "operator", "other", house.clock())
    receipt = await house.helpline.receive(message(ALICE, 21, STORY))
    assert "The company must pay you" in receipt.replies[-1].reply.text
    assert "note" not in await house.kinds(reference)


async def test_on_the_web_an_answer_is_delivered_once_the_page_has_all_of_it(house: House) -> None:
    reference = await house.open_case(WEB)
    await house.helpline.acknowledge(WEB, [item.id for item in await house.helpline.waiting_replies(WEB)])
    text = "Please come.\n" * 400
    async with house.storage.transaction() as session:
        found = await house.case(reference)
        await answer_person(session, found, "labour:Sato", answer_replies(found.case, text), text, house.clock())
    await house.after(SOON)
    first, second = [item.id for item in await house.helpline.waiting_replies(WEB)]
    await house.helpline.acknowledge(WEB, [first])
    arrived = {"to": "person", "of": 3}
    assert arrived not in [event.detail for event in (await house.case(reference)).events]
    await house.helpline.acknowledge(WEB, [second])
    assert [event.kind for event in (await house.case(reference)).events if event.detail == arrived] == ["delivered"]

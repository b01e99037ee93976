"""Asking others from a case's topic: another partner, the operator, and the person whether it may be passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.cases.case import referral_of
from bot.conversation.respond import Respondent
from bot.messages import Press
from bot.storage.engine import Storage
from tests.channels.office import LABOUR, NAMES, PERSON, UNION, Office, at_work
from tests.delivery.house import STORY, respondent_with
from tests.partners.cast import make_operator, make_partner
from tests.servers.bot_api import BotApiServer, Sent
from tests.servers.bot_api_forum import Group
from tests.test_helpline import message

OWN_DESK = -1003
UNION_NAMES = dict.fromkeys(("en", "ja", "ne", "my"), "Union desk")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Three(Office):
    """Two partners and the operator's own desk, each with a group."""

    def __init__(self, storage: Storage, small: Respondent, api: BotApiServer) -> None:
        super().__init__(storage, small, api)
        english = {"working_language": "en"}
        self.respondent = respondent_with(
            small,
            operator=make_operator({"telegram_group": OWN_DESK}),
            labour=make_partner(names=NAMES, channels={"telegram_group": LABOUR}, **english),
            union=make_partner(names=UNION_NAMES, channels={"telegram_group": UNION}, takes=["daily-life"], **english),
        )
        self.own_desk = Group(OWN_DESK)
        api.groups[OWN_DESK] = self.own_desk

    async def taken(self) -> tuple[str, int]:
        reference, thread = await self.offer()
        await self.press(thread, "Take", self.in_topic(thread)[-1])
        return reference, thread

    async def press(self, thread: int, label: str, under: Sent) -> Sent:
        await self.happens(self.labour.presses(thread, under.button(label), under=under.id))
        return self.in_topic(thread)[-1]

    async def answer(self, thread: int, prompt: Sent, text: str) -> Sent:
        """Answer a message of the bot in the labour desk's topic."""
        quoted = self.labour.message(prompt.id, thread) | {"text": prompt.text}
        await self.happens(self.labour.says(thread, text=text, reply_to_message=quoted))
        return self.in_topic(thread)[-1]


@pytest.fixture
async def three(storage: Storage, small_respondent: Respondent, api: BotApiServer) -> AsyncIterator[Three]:
    made = Three(storage, small_respondent, api)
    async with at_work(made):
        yield made


def only_topic(group: Any) -> int:
    [thread] = group.topics
    return int(thread)


async def test_advice_is_asked_for_and_given_between_two_groups(three: Three) -> None:
    reference, thread = await three.taken()
    chosen = await three.press(thread, "Union desk", await three.press(thread, "advice", three.in_topic(thread)[-1]))
    assert chosen.asks, "the answer opens by itself"
    before = three.to_person()
    assert "is asked" in (await three.answer(thread, chosen, "Do you know this company?")).text
    there = only_topic(three.union)
    [asked] = three.in_topic(there, UNION)
    assert "Do you know this company?" in asked.text
    assert STORY not in asked.text
    assert asked.buttons == [], "they cannot take it"
    await three.happens(three.union.says(there, text="Yes.\n// who is this?\nThey have done it before."))
    await three.happens(three.union.says(there, text="// shall we call?"))
    assert "Yes.\nThey have done it before." in three.in_topic(thread)[-1].text.replace("\n\n", "\n")
    assert "shall we call" not in "".join(sent.text for sent in three.in_topic(thread))
    assert three.to_person() == before, "the person hears nothing of it"
    assert referral_of((await three.case(reference)).events).partner_id == "labour"


async def test_the_operator_is_called_and_answers(three: Three) -> None:
    _, thread = await three.taken()
    prompt = await three.press(thread, "operator", three.in_topic(thread)[-1])
    assert "The operator is told" in (await three.answer(thread, prompt, "The boss threatens us")).text
    there = only_topic(three.own_desk)
    assert "The boss threatens us" in three.in_topic(there, OWN_DESK)[0].text
    await three.happens(three.own_desk.says(there, text="I call the police station."))
    assert "I call the police station" in three.in_topic(thread)[-1].text


async def test_a_case_is_passed_on_once_the_person_agrees(three: Three) -> None:
    reference, thread = await three.taken()
    chosen = await three.press(thread, "Union desk", await three.press(thread, "Pass", three.in_topic(thread)[-1]))
    assert "is asked whether" in (await three.answer(thread, chosen, "They know the company")).text
    assert three.union.topics == {}
    asked = three.api.messages(int(PERSON.chat))[-1]
    assert "Union desk" in asked.text
    assert "They know the company" not in asked.text
    await three.helpline.receive(message(PERSON, 60, Press(asked.button("Show"))))
    await three.helpline.receive(message(PERSON, 61, Press("y")))
    await three.work()
    assert referral_of((await three.case(reference)).events).partner_id == "union"
    there = only_topic(three.union)
    offer = three.in_topic(there, UNION)[0]
    assert "They know the company" in offer.text
    assert STORY in offer.text
    assert three.labour.topics[thread].closed
    # What is written in the former topic reaches nobody.
    before = three.to_person()
    await three.happens(three.labour.says(thread, text="one more thing"))
    assert "do not have this case any more" in three.in_topic(thread)[-1].text
    assert three.to_person() == before


async def test_words_that_answer_no_question_of_ours_go_to_the_person(three: Three) -> None:
    _, thread = await three.taken()
    other = three.labour.message(three.labour.next_id(), thread, "Abe") | {"text": "look: #!escalate"}
    await three.happens(three.labour.says(thread, text="Good day", reply_to_message=other))
    assert "Good day" in three.to_person()[-1]
    assert three.own_desk.topics == {}


async def test_a_partner_that_is_gone_meanwhile_is_said(three: Three) -> None:
    _, thread = await three.taken()
    chosen = await three.press(thread, "Union desk", await three.press(thread, "advice", three.in_topic(thread)[-1]))
    three.respondent = respondent_with(
        three.respondent, labour=make_partner(names=NAMES, channels={"telegram_group": LABOUR}, working_language="en")
    )
    before = three.to_person()
    assert "not there any more" in (await three.answer(thread, chosen, "Do you know them?")).text
    assert three.to_person() == before

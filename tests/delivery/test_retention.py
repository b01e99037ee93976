"""What has been kept long enough goes; what is still needed, and what statistics need, stays."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from bot.cases.service import close_case
from bot.conversation.respond import Respondent
from bot.delivery.retention import Retention
from bot.helpline import Helpline
from bot.messages import Press
from bot.storage.cases import consents_of, list_cases
from bot.storage.engine import Storage
from bot.storage.models import ConversationRow
from tests.test_helpline import ALICE, BOB, hand_over, message

NOON = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


class Clock:
    """A clock that stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def helpline(storage: Storage, small_respondent: Respondent, clock: Clock) -> Helpline:
    return Helpline(storage, lambda: small_respondent, clock=clock)


@pytest.fixture
def retention(storage: Storage, small_respondent: Respondent, clock: Clock) -> Retention:
    return Retention(storage, lambda: small_respondent, clock)


async def closed_case(helpline: Helpline) -> None:
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await hand_over(helpline, ALICE, 2)
    async with helpline.storage.reading() as session:
        reference = (await list_cases(session))[0].case.reference
    await helpline.receive(message(ALICE, 20, Press(f"o:{reference}")))


async def test_a_closed_case_loses_its_texts_and_keeps_what_statistics_need(
    helpline: Helpline, retention: Retention, clock: Clock
) -> None:
    await closed_case(helpline)
    clock.now += dt.timedelta(days=91)
    assert (await retention.run())[0] == 1
    async with helpline.storage.reading() as session:
        [case] = await list_cases(session)
        [consent] = await consents_of(session, case.case.id)
    assert (case.case.intake, case.case.address, consent.text) == (None, None, None)
    assert {event.text for event in case.events} == {None}
    assert [event.kind for event in case.events] == ["opened", "offered", "closed", "erased"]
    assert case.case.language == "en"
    assert case.case.articles == ["work/unpaid-wages"]


async def test_what_a_caseworker_closed_goes_out_of_the_conversation_too(
    helpline: Helpline, retention: Retention, clock: Clock
) -> None:
    """The person wrote nothing since: the conversation still remembers what was told for the case."""
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await hand_over(helpline, ALICE, 2)
    async with helpline.storage.transaction() as session:
        [found] = await list_cases(session)
        await close_case(session, found, "labour:Sato", "advised", clock.now)
    clock.now += dt.timedelta(days=91)
    await retention.run()
    async with helpline.storage.reading() as session:
        [row] = (await session.execute(select(ConversationRow))).scalars()
    assert "did not pay" not in row.state
    assert row.updated_at < clock.now - dt.timedelta(days=90), "this counts as nothing said"


async def test_it_is_done_once(helpline: Helpline, retention: Retention, clock: Clock) -> None:
    await closed_case(helpline)
    clock.now += dt.timedelta(days=91)
    await retention.run()
    assert (await retention.run())[0] == 0


@pytest.mark.parametrize("days", [0, 89])
async def test_not_before_its_time(helpline: Helpline, retention: Retention, clock: Clock, days: int) -> None:
    await closed_case(helpline)
    clock.now += dt.timedelta(days=days)
    assert await retention.run() == (0, 0)


async def test_an_open_case_stays_however_old(helpline: Helpline, retention: Retention, clock: Clock) -> None:
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await hand_over(helpline, ALICE, 2)
    clock.now += dt.timedelta(days=1000)
    assert await retention.run() == (0, 0)
    async with helpline.storage.reading() as session:
        assert (await list_cases(session))[0].intake["what"] == "boss did not pay me in May"


async def test_a_silent_conversation_goes_and_a_living_one_stays(
    helpline: Helpline, retention: Retention, clock: Clock
) -> None:
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    clock.now += dt.timedelta(days=100)
    await helpline.receive(message(BOB, 1, "boss did not pay me in May"))
    clock.now += dt.timedelta(days=81)
    assert (await retention.run())[1] == 1
    async with helpline.storage.reading() as session:
        left = (await session.execute(select(func.count()).select_from(ConversationRow))).scalar_one()
    assert left == 1

"""`tomoni cases answer` with a prepared message or an article, as an operator calls it."""

# ruff: noqa: F811 (a fixture is asked for by its name)

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from bot.storage.models import CaseEventRow
from tests.cli.test_cases import Terminal, kinds, reference, tomoni  # noqa: F401 (fixtures)
from tests.delivery.house import SOON, House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MEETING = ("--date", "2099-12-01", "--time", "14:00", "--place", "大宮駅 *東口*")


def told(tomoni: Terminal, part: str) -> list[str]:
    """What the person was told that holds `part`."""

    async def heard(house: House) -> list[str]:
        house.clock.now = max(house.clock.now, await latest(house)) + SOON
        await house.after(SOON)
        return [reply.text for reply in house.told(part)]

    async def latest(house: House) -> dt.datetime:
        async with house.storage.reading() as session:
            return max((await session.execute(select(CaseEventRow.at))).scalars())

    return list(tomoni.house(heard))


class TestPrepared:
    def test_the_messages_are_listed_with_what_they_need(self, tomoni: Terminal) -> None:
        code, out, _ = tomoni("prepared")
        lines = [line.split("\t") for line in out.splitlines()]
        assert code == 0
        assert len(lines) >= 22
        assert ["propose-meeting", "Propose to meet (date, time, place)", "date, time, place"] in lines
        assert ["ask-city", "Ask for the city", "-"] in lines

    def test_one_is_sent_in_the_language_asked_for(self, tomoni: Terminal, reference: str) -> None:
        code, _, error = tomoni("answer", reference, "--prepared", "propose-meeting", *MEETING, "--in", "ne")
        assert (code, error) == (0, "")
        [text] = told(tomoni, "भेटेर कुरा गरौं?")
        assert "2099 डिसेम्बर 1, मङ्गलबार, 14:00" in text
        assert "大宮駅 \\*東口\\*" in text, "what was typed is no markup"
        assert reference in text

    def test_without_a_language_it_is_the_persons(self, tomoni: Terminal, reference: str) -> None:
        assert tomoni("answer", reference, "--prepared", "opening-hours", "--actor", "Sato")[0] == 0
        [text] = told(tomoni, "We are here at these times")
        assert "Monday – Friday: 10:00" in text, "the hours of the partner that has the case"
        assert "accepted" in kinds(tomoni, reference), "who answers first takes it"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--prepared", "nonsense"), "nonsense: no such prepared message"),
            (("--prepared", "propose-call", "--date", "2099-12-01"), "needs time"),
            (("--prepared", "ask-city", "--time", "14:00"), "has no place for time"),
            (("--prepared", "propose-call", "--date", "12/1", "--time", "14:00"), "written as 2026-12-01"),
            (("--prepared", "propose-call", "--date", "2026-12-01", "--time", "2pm"), "written as 14:00"),
            (("--prepared", "propose-call", "--date", "2020-12-01", "--time", "14:00"), "are past"),
            (("--prepared", "propose-meeting", *MEETING[:4], "--place", "x" * 101), "101 characters"),
            (("--article", "work/nonsense"), "no such article"),
            (("Good day", "--in", "ne"), "sent as they stand"),
            (("--article", "work/unpaid-wages", "--date", "2099-12-01"), "go with --prepared"),
        ],
    )
    def test_what_cannot_be_is_said_in_words(
        self,
        tomoni: Terminal,
        reference: str,
        arguments: tuple[str, ...],
        said: str,
    ) -> None:
        code, _, error = tomoni("answer", reference, *arguments)
        assert (code, said in error) == (1, True), error
        assert "answer" not in kinds(tomoni, reference)

    def test_the_operators_desk_has_no_hours(self, tomoni: Terminal, reference: str) -> None:
        tomoni("decline", reference, "--reason", "too far away")
        assert "has no opening hours" in tomoni("answer", reference, "--prepared", "opening-hours")[2]

    @pytest.mark.parametrize("arguments", [(), ("Good day", "--article", "work/unpaid-wages")])
    def test_one_thing_at_a_time(self, tomoni: Terminal, reference: str, arguments: tuple[str, ...]) -> None:
        with pytest.raises(SystemExit) as stopped:
            tomoni("answer", reference, *arguments)
        assert stopped.value.code == 2


def test_a_whole_article_is_sent(tomoni: Terminal, reference: str) -> None:
    assert tomoni("answer", reference, "--article", "work/unpaid-wages", "--in", "my")[0] == 0
    [text] = told(tomoni, "လစာမရတဲ့အခါ")
    assert "{contact:" not in text
    assert "ℹ️" in text, "with its source"

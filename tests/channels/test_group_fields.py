"""What a caseworker types as a day, a time and a place."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.channels.telegram.group_fields import Fault, read_filling
from bot.channels.telegram.group_previews import Choice, Kind, article_key, parse_choice, parse_marker, preview_rows
from bot.channels.telegram.group_words import Ask, parse_ask
from bot.i18n import ENGLISH, JAPANESE, NEPALI, translator
from bot.knowledge.prepared import Filling

# A Tuesday in Tokyo, noon.
NOON = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
WHEN = ("date", "time")
WHERE = ("date", "time", "place")
FIRST = dt.date(2026, 12, 1)


@pytest.mark.parametrize(
    "typed",
    [
        "12/1 14:00", "12月1日 14時", "12月1日14時00分", "2026-12-01 14:00", "１２月１日（火）１４：００",
        "12/1 午後2時", "Dec 1 2pm", "1 December 2026, 2:00 pm", "Tue 12/1 at 14:00",
        "14:00, 12/1", "१२/१ १४:००", "12/1\n14:00から",
    ],
)  # fmt: skip
def test_the_ways_in_which_a_day_and_a_time_are_written(typed: str) -> None:
    assert read_filling(typed, WHEN, NOON, NOON) == Filling(FIRST, dt.time(14))


@pytest.mark.parametrize(
    ("typed", "date", "time"),
    [
        ("1/5 10:00", dt.date(2027, 1, 5), dt.time(10)),
        ("11/24 12:30", dt.date(2026, 11, 24), dt.time(12, 30)),
        ("明日 9時半", dt.date(2026, 11, 25), dt.time(9, 30)),
        ("today 23:59", dt.date(2026, 11, 24), dt.time(23, 59)),
        ("12/1 12am", FIRST, dt.time(0)),
        ("12/1 午後12時15分", FIRST, dt.time(12, 15)),
    ],
)
def test_a_day_without_a_year_is_the_next_one(typed: str, date: dt.date, time: dt.time) -> None:
    assert read_filling(typed, WHEN, NOON, NOON) == Filling(date, time)


def test_a_day_counts_from_when_it_was_written() -> None:
    after = NOON + dt.timedelta(days=2)
    assert read_filling("明後日 14:00", WHEN, NOON, after) == Filling(dt.date(2026, 11, 26), dt.time(14))
    assert read_filling("12/1 14:00", WHEN, NOON, NOON + dt.timedelta(days=10)) == Fault.PAST


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("12/1 14:00 大宮駅 東口", "大宮駅 東口"),
        ("12/1 14時に 日本橋の事務所", "日本橋の事務所"),
        ("さいたま市1-2-3 12/1 14:00", "さいたま市1-2-3"),
        ("12/1 14:00 at Sunshine City\n2nd floor", "Sunshine City 2nd floor"),
        ("12/1 14:00、にしぐち", "にしぐち"),
    ],
)
def test_what_is_left_is_the_place(typed: str, place: str) -> None:
    assert read_filling(typed, WHERE, NOON, NOON) == Filling(FIRST, dt.time(14), place)


@pytest.mark.parametrize(
    ("typed", "fields", "fault"),
    [
        ("", WHEN, Fault.NO_DATE),
        ("14:00", WHEN, Fault.NO_DATE),
        ("12/1", WHEN, Fault.NO_TIME),
        ("12/1 25:00", WHEN, Fault.NO_TIME),
        ("2/30 10:00", WHEN, Fault.NO_SUCH_DAY),
        ("13/1 10:00", WHEN, Fault.NO_SUCH_DAY),
        ("11/24 11:59", WHEN, Fault.PAST),
        ("2025-12-01 10:00", WHEN, Fault.PAST),
        ("12/1 14:00 on Zoom", WHEN, Fault.LEFT_OVER),
        ("12/1 14:00", WHERE, Fault.NO_PLACE),
        ("12/1 14:00 " + "x" * 101, WHERE, Fault.LONG_PLACE),
    ],
)
def test_what_cannot_be_filled_in_is_told_apart(typed: str, fields: tuple[str, ...], fault: Fault) -> None:
    assert read_filling(typed, fields, NOON, NOON) == fault


@pytest.mark.parametrize("key", ["a" * 24, article_key("emergency/" + "long-" * 50 + "id")])
def test_buttons_hold_the_longest_ids_and_are_read_back(key: str) -> None:
    kind = Kind.PREPARED if key == "a" * 24 else Kind.ARTICLE
    chosen = Choice(kind, key, NEPALI, "12345678")
    send, _, *others = [
        button for row in preview_rows(translator(ENGLISH), "ABC-DEFG", chosen, chosen.digest) for button in row
    ]
    assert max(len(button.data.encode()) for button in (send, *others)) <= 64
    asked = parse_ask(send.data)
    assert asked is not None
    assert parse_choice(asked.ask, asked.choice, ENGLISH) == chosen


@pytest.mark.parametrize("data", ["", "7", "x.ask-city.ne", "p", ".ne"])
def test_data_without_a_choice_holds_none(data: str) -> None:
    assert parse_choice(Ask.SEND if "x" in data or data == "p" else Ask.PREPARED, data, ENGLISH) is None


def test_an_unknown_language_is_the_persons() -> None:
    assert parse_choice(Ask.PREPARED, "ask-city.xx", JAPANESE) == Choice(Kind.PREPARED, "ask-city", JAPANESE)


@pytest.mark.parametrize(
    ("text", "found"), [("…\n\n#ask-city.ne", True), ("#ask-city.xx", False), ("#1 in May", False)]
)
def test_only_a_marker_is_one(text: str, *, found: bool) -> None:
    assert (parse_marker(text) is not None) == found

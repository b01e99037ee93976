"""When a partner is open."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.i18n import BURMESE, ENGLISH, NEPALI
from bot.partners.opening import after_open_hours, is_open, next_opening
from bot.partners.partner import OpeningHours, Partner
from tests.partners.cast import make_partner

TOKYO = ZoneInfo("Asia/Tokyo")
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def tokyo(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> dt.datetime:
    """A time in Japan; 24 November 2026 is a Tuesday, the 23rd a public holiday."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def office(*hours: dict[str, Any], **more: Any) -> Partner:
    return make_partner(hours=hours or ({"days": WEEKDAYS, "opens": "10:00", "closes": "17:00"},), **more)


class TestIsOpen:
    def test_within_its_hours(self) -> None:
        assert is_open(office(), tokyo(24, 10))
        assert is_open(office(), tokyo(24, 16, 59))

    def test_not_before_after_at_the_weekend_or_on_a_public_holiday(self) -> None:
        for closed in (tokyo(24, 9, 59), tokyo(24, 17), tokyo(22, 12), tokyo(23, 12), tokyo(31, 12, month=12)):
            assert not is_open(office(), closed)

    def test_on_holidays_where_it_says_so(self) -> None:
        assert is_open(office(open_on_holidays=True), tokyo(23, 12))

    def test_the_zone_of_the_question_does_not_matter(self) -> None:
        assert is_open(office(), tokyo(24, 10).astimezone(dt.UTC))

    def test_round_the_clock(self) -> None:
        always = office({"days": [*WEEKDAYS, "sat", "sun"], "opens": "00:00", "closes": "24:00"}, open_on_holidays=True)
        assert all(is_open(always, tokyo(23, hour)) for hour in range(24))

    def test_a_language_with_days_of_its_own(self) -> None:
        partner = office(
            {"days": WEEKDAYS, "opens": "10:00", "closes": "17:00"},
            {"days": ["tue", "fri"], "opens": "13:00", "closes": "16:00", "languages": ["my"]},
            languages=["en", "my"],
        )
        assert is_open(partner, tokyo(24, 14), BURMESE)
        assert not is_open(partner, tokyo(24, 11), BURMESE)
        assert not is_open(partner, tokyo(25, 14), BURMESE)
        assert is_open(partner, tokyo(25, 14), ENGLISH)
        assert not is_open(partner, tokyo(25, 14), NEPALI)


class TestNextOpening:
    def test_is_now_while_open(self) -> None:
        assert next_opening(office(), tokyo(24, 12)) == tokyo(24, 12)

    def test_passes_over_weekend_and_holiday(self) -> None:
        assert next_opening(office(), tokyo(20, 18)) == tokyo(24, 10)

    def test_of_a_language_is_its_next_day(self) -> None:
        partner = office(
            {"days": WEEKDAYS, "opens": "10:00", "closes": "17:00"},
            {"days": ["fri"], "opens": "13:00", "closes": "16:00", "languages": ["my"]},
            languages=["en", "my"],
        )
        assert next_opening(partner, tokyo(24, 12), BURMESE) == tokyo(27, 13)

    def test_of_a_language_nobody_reads_is_never(self) -> None:
        assert next_opening(office(languages=["en"]), tokyo(24, 12), NEPALI) is None


class TestAfterOpenHours:
    def test_counts_open_hours_only(self) -> None:
        assert after_open_hours(office(), tokyo(24, 15), 4) == tokyo(25, 12)

    def test_begins_when_it_opens(self) -> None:
        assert after_open_hours(office(), tokyo(21, 3), 1) == tokyo(24, 11)

    def test_hours_that_overlap_count_once(self) -> None:
        partner = office(
            {"days": ["tue"], "opens": "10:00", "closes": "14:00"},
            {"days": ["tue"], "opens": "12:00", "closes": "16:00", "languages": ["my"]},
            languages=["en", "my"],
        )
        assert after_open_hours(partner, tokyo(24, 10), 6) == tokyo(24, 16)

    def test_the_clock_on_the_wall_decides_where_clocks_change(self) -> None:
        partner = office({"days": ["sun"], "opens": "00:00", "closes": "06:00"}, time_zone="Europe/Berlin")
        start = dt.datetime(2026, 10, 25, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))
        end = after_open_hours(partner, start, 5)
        assert end == dt.datetime(2026, 10, 25, 3, 0, tzinfo=dt.UTC)


def test_hours_that_never_open_are_refused() -> None:
    with pytest.raises(ValidationError, match="not after it opens"):
        OpeningHours(days=("mon",), opens="17:00", closes="10:00")

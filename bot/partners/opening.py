"""When a partner is open: open or not, when next, and when so many open hours will have passed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from bot.messages import LanguageCode
from bot.partners.partner import WEEKDAYS, OpeningHours, Partner, minutes

# A partner that opens on no day of two weeks opens on none, but for the New Year and Golden Week.
LOOK_AHEAD_DAYS: Final = 30


def periods(
    partner: Partner, since: dt.datetime, language: LanguageCode | None = None
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The open periods that end after `since`, in order, overlapping ones joined; an endless iterator over at most
    LOOK_AHEAD_DAYS without any. With `language`, only those in which somebody answers in it."""
    zone = ZoneInfo(partner.time_zone)
    day = since.astimezone(zone).date()
    barren = 0
    while barren < LOOK_AHEAD_DAYS:
        found = [period for period in _periods_on(partner, day, zone, language) if period[1] > since]
        yield from found
        barren = 0 if found else barren + 1
        day += dt.timedelta(days=1)


def is_open(partner: Partner, at: dt.datetime, language: LanguageCode | None = None) -> bool:
    """Whether somebody is there at `at` (who answers in `language`)."""
    first = next(periods(partner, at, language), None)
    return first is not None and first[0] <= at


def next_opening(partner: Partner, after: dt.datetime, language: LanguageCode | None = None) -> dt.datetime | None:
    """When somebody (who answers in `language`) is there next: `after` itself while open, None for never."""
    first = next(periods(partner, after, language), None)
    return None if first is None else max(first[0], after)


def after_open_hours(partner: Partner, start: dt.datetime, hours: float) -> dt.datetime:
    """When `hours` open hours will have passed since `start`. A partner that never opens counts every hour."""
    left = dt.timedelta(hours=hours)
    for opens, closes in periods(partner, start):
        begins = max(opens, start.astimezone(dt.UTC))
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return start.astimezone(dt.UTC) + left


def has_own_hours(partner: Partner, language: str) -> bool:
    """Whether a language is served only in hours of its own."""
    return any(language in entry.languages for entry in partner.hours)


def _periods_on(
    partner: Partner, day: dt.date, zone: ZoneInfo, language: LanguageCode | None
) -> list[tuple[dt.datetime, dt.datetime]]:
    if not partner.open_on_holidays and day in _holidays_of(day.year):
        return []
    own = language is not None and has_own_hours(partner, language)
    if language is not None and language not in partner.languages:
        return []
    spans = sorted(
        (minutes(entry.opens), minutes(entry.closes))
        for entry in partner.hours
        if WEEKDAYS[day.weekday()] in entry.days and _counts(entry, language, own)
    )
    midnight = dt.datetime.combine(day, dt.time(), zone)
    joined: list[tuple[int, int]] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))

    def at(minute: int) -> dt.datetime:
        # The wall clock says when it opens and closes; in between, time runs in UTC, whatever the clocks do.
        return (midnight + dt.timedelta(minutes=minute)).astimezone(dt.UTC)

    return [(at(opens), at(closes)) for opens, closes in joined]


def _counts(entry: OpeningHours, language: LanguageCode | None, own: bool) -> bool:
    if language is None:
        return True
    return language in entry.languages if own else not entry.languages


@cache
def _holidays_of(year: int) -> frozenset[dt.date]:
    """Japan's public holidays, and the days around New Year on which offices close."""
    new_year = [dt.date(year, 1, day) for day in (1, 2, 3)] + [dt.date(year, 12, day) for day in (29, 30, 31)]
    return frozenset(holidays.country_holidays("JP", years=year)) | frozenset(new_year)

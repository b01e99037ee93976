"""Reading a day, a time of day and a place out of what a caseworker types. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from bot.cases.prepared import MAX_PLACE, is_past
from bot.conversation.scene import JAPAN
from bot.knowledge.prepared import Filling


class Fault(StrEnum):
    """Why what was typed cannot be filled in."""

    NO_DATE = "no date"
    NO_SUCH_DAY = "no such day"
    NO_TIME = "no time"
    NO_PLACE = "no place"
    LONG_PLACE = "long place"
    LEFT_OVER = "left over"
    PAST = "past"


_NUMBERED_DAY: Final = (
    re.compile(r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d)\s*日?"),
    re.compile(r"(?<![\d/])(?P<month>\d{1,2})\s*[/月]\s*(?P<day>\d{1,2})(?![\d/])\s*日?"),
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_NAMED_DAY: Final = (
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>\d{{4}}))?", re.IGNORECASE),
)
_NEAR_DAY: Final = re.compile(
    r"(?P<after>明後日|あさって)|(?P<next>明日|あした|あす|\btomorrow\b)|(?P<today>今日|きょう|本日|\btoday\b)",
    re.IGNORECASE,
)
_WEEKDAY: Final = re.compile(
    r"\([月火水木金土日](?:曜日?)?\)|[月火水木金土日]曜日?|"
    r"\b(?:mon|tue|wednes|thurs|fri|satur|sun)(?:s?day)?\b\.?|\b(?:wed|thu|sat)\b\.?",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?P<half>午前|午後)?\s*(?<!\d)(?P<hour>\d{1,2})\s*"
    r"(?::\s*(?P<minute>\d{2})(?!\d)\s*(?P<meridiem>[ap])?\.?(?(meridiem)m\b\.?)|"
    r"時(?:\s*(?P<minutes>\d{1,2})\s*分|(?P<thirty>半))?|"
    r"\s*(?P<only>[ap])\.?m\b\.?)",
    re.IGNORECASE,
)
_LINKS: Final = re.compile(r"^(?:[\s、,，;:・]|(?:at|on|に|から|より)(?=\s|$))+|[\s、,，;:・]+$", re.IGNORECASE)


def read_filling(text: str, fields: Sequence[str], written_at: dt.datetime, now: dt.datetime) -> Filling | Fault:
    """`text`, written at `written_at`, as a filling for `fields` (see TYPED): “12/1 14:00”, “12月1日 14時”,
    “2026-12-01 2pm, Omiya station”. A day without a year is the next such day. What is left is the place; where none
    is asked for, nothing may be left, for it would be lost."""
    rest = unicodedata.normalize("NFKC", text)
    date: dt.date | None = None
    time: dt.time | None = None
    if "date" in fields:
        found = _find_date(rest, written_at.astimezone(JAPAN).date())
        if isinstance(found, Fault):
            return found
        date, rest = found
    if "time" in fields:
        clock = _find_time(rest)
        if clock is None:
            return Fault.NO_TIME
        time, rest = clock
    place = _trim(rest)
    if "place" not in fields and place:
        return Fault.LEFT_OVER
    if "place" in fields and not place:
        return Fault.NO_PLACE
    if len(place) > MAX_PLACE:
        return Fault.LONG_PLACE
    filling = Filling(date, time, place)
    return Fault.PAST if is_past(filling, now) else filling


def _find_date(text: str, today: dt.date) -> tuple[dt.date, str] | Fault:
    """The first day that `text` names, and the text without it and its weekday."""
    for pattern in (*_NUMBERED_DAY, *_NAMED_DAY):
        match = pattern.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        month = _MONTHS.index(parts["name"].lower()) + 1 if parts.get("name") else int(parts["month"])
        date = _day(int(parts["year"]) if parts.get("year") else None, month, int(parts["day"]), today)
        return (date, _WEEKDAY.sub("", _without(text, match), count=1)) if date is not None else Fault.NO_SUCH_DAY
    match = _NEAR_DAY.search(text)
    if match is None:
        return Fault.NO_DATE
    days = {"today": 0, "next": 1, "after": 2}[str(match.lastgroup)]
    return today + dt.timedelta(days=days), _WEEKDAY.sub("", _without(text, match), count=1)


def _day(year: int | None, month: int, day: int, today: dt.date) -> dt.date | None:
    try:
        if year is not None:
            return dt.date(year, month, day)
        this_year = dt.date(today.year, month, day)
        return this_year if this_year >= today else dt.date(today.year + 1, month, day)
    except ValueError:
        return None


def _find_time(text: str) -> tuple[dt.time, str] | None:
    match = _TIME.search(text)
    if match is None:
        return None
    hour = int(match["hour"])
    minute = int(match["minute"] or match["minutes"] or (30 if match["thirty"] else 0))
    meridiem = (match["meridiem"] or match["only"] or "").lower()
    if (meridiem == "p" or match["half"] == "午後") and hour < 12:
        hour += 12
    elif (meridiem == "a" or match["half"] == "午前") and hour == 12:
        hour = 0
    try:
        return dt.time(hour, minute), _without(text, match)
    except ValueError:
        return None


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _trim(rest: str) -> str:
    """What is left of a text, on one line, without the little words that tied it to the day and the time."""
    line = " ".join(rest.split())
    while (trimmed := _LINKS.sub("", line)) != line:
        line = trimmed
    return line

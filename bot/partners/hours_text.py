"""A partner's opening hours in words, for whoever wants to come or call. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.i18n import Translator, translator
from bot.messages import LanguageCode
from bot.partners.opening import has_own_hours
from bot.partners.partner import WEEKDAYS, OpeningHours, Partner, minutes

_WHOLE_DAY: Final = ("00:00", "24:00")


def hours_in_words(partner: Partner, language: LanguageCode) -> str:
    """When somebody answers in `language`, as a list in small Markdown for a reader of it; a language without hours
    of its own has the general ones."""
    words = translator(language)
    own = has_own_hours(partner, language)
    entries = [entry for entry in partner.hours if (language in entry.languages if own else not entry.languages)]
    lines = [f"- {_days(entry, words)}: {_span(entry, words)}" for entry in entries or partner.hours]
    if not partner.open_on_holidays:
        lines.append("- " + words("Closed on public holidays"))
    return "\n".join(lines)


def _days(entry: OpeningHours, words: Translator) -> str:
    days = sorted({WEEKDAYS.index(day) for day in entry.days})
    if len(days) == len(WEEKDAYS):
        return words("Every day")
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return words.list([name for run in runs for name in _run(run, words)])


def _run(days: Sequence[int], words: Translator) -> list[str]:
    names = [words.weekday(day) for day in days]
    return [f"{names[0]} – {names[-1]}"] if len(names) > 2 else names


def _span(entry: OpeningHours, words: Translator) -> str:
    if (entry.opens, entry.closes) == _WHOLE_DAY:
        return words("24 hours")
    return " – ".join(_time(time, words) for time in (entry.opens, entry.closes))


def _time(time: str, words: Translator) -> str:
    # 24:00 is the midnight after it, which the reader's clock shows like any other.
    return words.time(dt.datetime.min + dt.timedelta(minutes=minutes(time)))

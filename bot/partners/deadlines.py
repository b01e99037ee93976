"""Legal time limits that are running in a case, from the registry of facts and the day named at the intake. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from bot.knowledge.article import ArticleId, Fact, LocalText


class DeadlineRule(BaseModel):
    """A time limit: for which topics it may matter, which fact holds its length, and what must be done in time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    articles: tuple[ArticleId, ...] = Field(min_length=1)
    fact: str
    title: LocalText


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """One time limit of a case. `ends_on` is its last day, None where the day it counts from is not known."""

    rule: DeadlineRule
    fact: Fact
    ends_on: dt.date | None


def running_deadlines(
    rules: Iterable[DeadlineRule],
    facts: Mapping[str, Fact],
    articles: Iterable[str],
    since: dt.date | None,
    today: dt.date,
) -> list[RunningDeadline]:
    """The time limits that matter to a case about `articles`, the nearest first, those without a day last. `since` is
    the day they count from; the length is the one in force `today`. One that is over stays in the list: a partner must
    see that too."""
    wanted = set(articles)
    found = [
        RunningDeadline(rule, fact, add_duration(since, fact.value_on(today), fact.unit or "day") if since else None)
        for rule in rules
        if wanted & set(rule.articles) and (fact := facts.get(rule.fact)) is not None
    ]
    return sorted(found, key=lambda item: (item.ends_on is None, item.ends_on or dt.date.max))


def add_duration(day: dt.date, value: int, unit: str) -> dt.date:
    """The last day of a period of `value` days, weeks, months or years that begins the day after `day` (Civil Code of
    Japan, Articles 140 and 143: the first day does not count, and a month ends on the same date or on its last day)."""
    if unit in ("day", "week"):
        return day + dt.timedelta(days=value * (7 if unit == "week" else 1))
    months = day.month - 1 + value * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

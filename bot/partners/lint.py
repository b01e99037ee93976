"""Rules about the partners' file: what a well-formed entry can still get wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.knowledge.article import KnowledgeBase
from bot.knowledge.files import Problems, line_of, read_yaml
from bot.knowledge.lint.finding import LintFinding
from bot.partners.directory import Directory
from bot.partners.opening import has_own_hours
from bot.partners.partner import EVERYWHERE, Partner, minutes

_ID: Final = re.compile(r"[a-z0-9-]{1,40}")


def lint_partners(directory: Directory, knowledge_base: KnowledgeBase) -> list[LintFinding]:
    """bad-id, unknown-topic, unknown-prefecture, unknown-fallback, unknown-time-zone, never-open, overlapping-hours,
    unserved-language; each with the line of the partner's entry it is about."""
    if directory.path is None:
        return []
    path = directory.path
    _, node = read_yaml(path, Problems(path.parent))
    return [
        LintFinding(path, line_of(node, (partner_id, field)) + 1, rule, f"{partner_id}: {message}")
        for partner_id, partner in directory.partners.items()
        for rule, field, message in _check(partner_id, partner, directory, knowledge_base)
    ]


def _check(
    partner_id: str, partner: Partner, directory: Directory, knowledge_base: KnowledgeBase
) -> Iterator[tuple[str, str, str]]:
    if not _ID.fullmatch(partner_id):
        yield (
            "bad-id",
            "names",
            "an id is at most 40 small letters, digits and hyphens: it stands in buttons and addresses",
        )
    categories = {category.id for category in knowledge_base.categories}
    for topic in partner.takes:
        if topic not in categories and topic not in knowledge_base.articles:
            yield "unknown-topic", "takes", f"there is no category or article {topic}"
    for prefecture in partner.prefectures:
        if prefecture != EVERYWHERE and prefecture not in directory.prefectures:
            yield "unknown-prefecture", "prefectures", f"prefectures.yaml has no {prefecture}"
    for other in partner.fallback:
        if other not in directory.partners or other == partner_id:
            yield "unknown-fallback", "fallback", f"there is no other partner {other}"
    try:
        ZoneInfo(partner.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield "unknown-time-zone", "time_zone", f"there is no time zone {partner.time_zone}; Japan's is Asia/Tokyo"
    yield from _check_hours(partner)


def _check_hours(partner: Partner) -> Iterator[tuple[str, str, str]]:
    for one, other in combinations(partner.hours, 2):
        days = [day for day in one.days if day in other.days]
        same = set(one.languages) & set(other.languages) or not (one.languages or other.languages)
        if days and same and minutes(one.opens) < minutes(other.closes) and minutes(other.opens) < minutes(one.closes):
            yield (
                "overlapping-hours", "hours",
                f"{one.opens}–{one.closes} and {other.opens}–{other.closes} overlap on {', '.join(days)}; write one",
            )  # fmt: skip
    general = any(not entry.languages for entry in partner.hours)
    for language in partner.languages:
        if not general and not has_own_hours(partner, language):
            yield "never-open", "hours", f"nobody ever answers in {language}; give it hours, or hours for all"
    for entry in partner.hours:
        for language in entry.languages:
            if language not in partner.languages:
                yield "unserved-language", "hours", f"has hours for {language}, which `languages` does not name"

"""Legal time limits that are running in a case."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.knowledge.article import KnowledgeBase
from bot.partners.deadlines import add_duration, running_deadlines
from bot.partners.directory import load_directory
from tests.conftest import ROOT

TODAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("day", "value", "unit", "last"),
    [
        ("2026-11-20", 14, "day", "2026-12-04"), ("2026-11-20", 2, "week", "2026-12-04"),
        ("2026-11-30", 3, "month", "2027-02-28"), ("2024-02-29", 1, "year", "2025-02-28"),
        ("2026-11-24", 3, "year", "2029-11-24"), ("2026-12-31", 1, "month", "2027-01-31"),
    ],
)  # fmt: skip
def test_a_period_ends_as_the_civil_code_counts(day: str, value: int, unit: str, last: str) -> None:
    assert add_duration(dt.date.fromisoformat(day), value, unit) == dt.date.fromisoformat(last)


def test_those_of_the_topic_are_found_nearest_first(knowledge_base: KnowledgeBase) -> None:
    rules = load_directory(ROOT / "knowledge_base", None).deadlines
    since = dt.date(2026, 11, 20)
    found = running_deadlines(rules, knowledge_base.facts, ["work/dismissal"], since, TODAY)
    assert [item.rule.fact for item in found] == [
        "job-change-report-deadline", "no-work-limit", "unemployment-benefit-within",
    ]  # fmt: skip
    assert found[0].ends_on == dt.date(2026, 12, 4)


def test_without_a_day_the_length_is_still_told(knowledge_base: KnowledgeBase) -> None:
    rules = load_directory(ROOT / "knowledge_base", None).deadlines
    [found] = running_deadlines(rules, knowledge_base.facts, ["work/unpaid-wages"], None, TODAY)
    assert found.ends_on is None
    assert found.fact.source.url.startswith("https://")


def test_a_topic_without_a_time_limit_has_none(knowledge_base: KnowledgeBase) -> None:
    rules = load_directory(ROOT / "knowledge_base", None).deadlines
    assert running_deadlines(rules, knowledge_base.facts, ["housing/eviction"], TODAY, TODAY) == []


def test_every_rule_names_articles_and_a_fact_that_exist(knowledge_base: KnowledgeBase) -> None:
    for rule in load_directory(ROOT / "knowledge_base", None).deadlines:
        assert set(rule.articles) <= set(knowledge_base.articles)
        assert knowledge_base.facts[rule.fact].type == "duration"

"""A case as its partner reads it."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest

from bot.delivery.letter import compose
from bot.knowledge.article import KnowledgeBase
from bot.markup import to_plain
from bot.partners.directory import Directory, load_directory
from bot.storage.cases import CaseWithEvents
from bot.storage.models import CaseEventKind, CaseEventRow, CaseRow
from tests.conftest import ROOT
from tests.partners.cast import make_partner

NOON = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
STORY = "boss fired me on the phone <b>call 090-1234-5678</b>"


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory(ROOT / "knowledge_base", None)


def a_case(since: str) -> tuple[CaseWithEvents, CaseEventRow]:
    case_id = uuid.uuid4()
    intake = {"what": STORY, "since": since, "contact": "times", "times": "after 20:00", "name": "Ramu"}
    case = CaseRow(
        id=case_id, reference="367-9CDF", language="ne", prefecture="saitama", urgency="normal",
        articles=["work/dismissal", "work/unpaid-wages"], intake=json.dumps(intake), created_at=NOON,
    )  # fmt: skip
    reasons = [{"kind": "covers", "subject": "saitama"}, {"kind": "reads", "subject": "ne"}]
    opened = CaseEventRow(case_id=case_id, position=0, kind=CaseEventKind.OPENED, actor="person", at=NOON, text=STORY)
    offered = CaseEventRow(
        case_id=case_id, position=1, kind=CaseEventKind.OFFERED, actor="tomoni", at=NOON, partner_id="desk",
        detail={"reasons": reasons},
    )  # fmt: skip
    return CaseWithEvents(case, (opened, offered)), offered


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["Saitama", "Ramu", "after 20:00", "Nepali", "December 4, 2026", "14 days"]),
        ("ja", ["埼玉県", "Ramu", "after 20:00", "ネパール語", "2026年12月4日", "14日"]),
    ],
)
def test_it_tells_all_that_was_told_and_the_time_limits_that_run(
    knowledge_base: KnowledgeBase, directory: Directory, language: str, parts: list[str]
) -> None:
    found, offered = a_case("2026-11-20")
    letter = compose(found, offered, make_partner(working_language=language), knowledge_base, directory)
    body = to_plain(letter.body)
    for part in [STORY, "https://www.moj.go.jp/", *parts]:
        assert part in body


def test_without_a_day_only_the_lengths_are_told(knowledge_base: KnowledgeBase, directory: Directory) -> None:
    found, offered = a_case("")
    letter = compose(found, offered, make_partner(working_language="en"), knowledge_base, directory)
    assert "14 days (source" in to_plain(letter.body)
    assert "2026-12" not in letter.body
    assert "December" not in letter.body


def test_subject_and_notice_hold_nothing_personal(knowledge_base: KnowledgeBase, directory: Directory) -> None:
    found, offered = a_case("2026-11-20")
    letter = compose(found, offered, make_partner(working_language="en"), knowledge_base, directory)
    for private in ("Ramu", "boss", "090", "20:00"):
        assert private not in letter.subject + letter.notice
    assert "367-9CDF" in letter.subject

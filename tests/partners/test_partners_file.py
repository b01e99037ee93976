"""The partners' file: read with line numbers, and checked as strictly as articles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import KnowledgeBaseError
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.loader import load_knowledge_base
from bot.partners.directory import load_directory
from bot.partners.lint import lint_partners

ROOT = Path(__file__).parents[2] / "knowledge_base"
EXAMPLE = ROOT / "partners.example.yaml"


@pytest.fixture(scope="module")
def articles() -> KnowledgeBase:
    return load_knowledge_base(ROOT)


def rules(tmp_path: Path, articles: KnowledgeBase, **changes: Any) -> list[str]:
    """The rules that fire once `changes` are made to the first partner of the example."""
    raw = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    raw["example-labour-desk"] |= changes
    path = tmp_path / "partners.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return [finding.rule for finding in lint_partners(load_directory(ROOT, path), articles)]


def test_the_example_is_sound(articles: KnowledgeBase) -> None:
    directory = load_directory(ROOT, EXAMPLE)
    assert list(directory.partners) == ["example-labour-desk", "example-shelter"]
    assert lint_partners(directory, articles) == []


def test_without_a_file_there_is_no_partner() -> None:
    assert load_directory(ROOT, None).partners == {}


DAYTIME = {"days": ["mon"], "opens": "10:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"takes": ["wrk"]}, "unknown-topic"),
        ({"takes": ["work/no-such-article"]}, "unknown-topic"),
        ({"prefectures": ["saitma"]}, "unknown-prefecture"),
        ({"fallback": ["nobody"]}, "unknown-fallback"),
        ({"fallback": ["example-labour-desk"]}, "unknown-fallback"),
        ({"time_zone": "Asia/Tokio"}, "unknown-time-zone"),
        ({"hours": [DAYTIME, {**DAYTIME, "opens": "16:00", "closes": "18:00"}]}, "overlapping-hours"),
        ({"hours": [{**DAYTIME, "languages": ["my"]}], "languages": ["my", "ja"]}, "never-open"),
        ({"hours": [DAYTIME, {**DAYTIME, "languages": ["my"]}], "languages": ["ja"]}, "unserved-language"),
    ],
)
def test_a_rule_fires(tmp_path: Path, articles: KnowledgeBase, changes: dict[str, Any], rule: str) -> None:
    assert rules(tmp_path, articles, **changes) == [rule]


def test_hours_that_touch_do_not_overlap(tmp_path: Path, articles: KnowledgeBase) -> None:
    later = {**DAYTIME, "opens": "17:00", "closes": "18:00"}
    assert rules(tmp_path, articles, hours=[DAYTIME, later], languages=["ja"]) == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("languages: [ja, en, ne, my]", "languages: [ja, xx]", "unknown language xx"),
        ('closes: "17:00"}\n    # Burmese', 'closes: "09:00"}\n    # Burmese', "not after it opens"),
        ("capacity: 10", "capacity: 0", "greater than 0"),
        ("remind_after_hours: 4", "remind_after_hours: 9", "must be less"),
        ("to: cases@example.org", "to: nobody", "email.to"),
        ("takes: [work, housing/eviction]", "take: [work]", "takes: Field required"),
    ],
)
def test_a_malformed_entry_is_named_with_its_line(tmp_path: Path, old: str, new: str, what: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "partners.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeBaseError) as caught:
        load_directory(ROOT, path)
    problem = next(problem for problem in caught.value.problems if what in problem)
    assert "partners.yaml:" in problem


def test_the_operators_own_desk_is_no_partner_but_gets_letters(tmp_path: Path) -> None:
    """Also where nothing but it stands in the file."""
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    path = tmp_path / "partners.yaml"
    path.write_text(yaml.safe_dump({"operator": example["operator"]}, allow_unicode=True), encoding="utf-8")
    directory = load_directory(ROOT, path)
    assert (list(directory.partners), list(directory.recipients)) == ([], ["operator"])


def test_the_operators_own_desk_is_checked_like_a_partner(tmp_path: Path) -> None:
    path = tmp_path / "partners.yaml"
    path.write_text("operator:\n  names: {en: Own desk}\n  capacity: 3\n", encoding="utf-8")
    with pytest.raises(KnowledgeBaseError, match=r"partners.yaml:3: operator.capacity"):
        load_directory(ROOT, path)

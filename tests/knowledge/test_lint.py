"""Every lint rule fires on one bad example and is silent on the small complete base."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.lint.run import lint
from bot.knowledge.loader import load_knowledge_base
from bot.knowledge.revise import record_revision, record_translation
from tests.small_base import write_article, write_base

TODAY = dt.date(2026, 11, 23)
ARTICLE = "articles/work/unpaid-wages"
PREPARED = "prepared_messages.yaml"


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def add_line(name: str, line: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def remove_translation_note(root: Path) -> None:
    path = root / ARTICLE / "ne.md"
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    path.write_text(f"---\n{head.partition('translation:')[0]}---\n{body}", encoding="utf-8")


def add_second_article(root: Path) -> None:
    write_article(root, "work/other", word="")
    replace("categories.yaml", "- unpaid-wages", "- unpaid-wages\n    - other")(root)


BREAKING: dict[str, list[Callable[[Path], None]]] = {
    "missing-language": [remove(f"{ARTICLE}/my.md")],
    "unrecorded-source": [replace(f"{ARTICLE}/en.md", "must pay you", "has to pay you")],
    "no-translation-note": [remove_translation_note],
    "unknown-contact": [replace(f"{ARTICLE}/en.md", "{contact:office}", "{contact:nobody}")],
    "unknown-fact": [replace(f"{ARTICLE}/my.md", "{fact:claim-time}", "{fact:nothing}")],
    "unknown-place": [replace(f"{ARTICLE}/my.md", "{fact:claim-time}", "{number:claim-time}")],
    "typed-phone": [
        add_line(f"{ARTICLE}/en.md", "Call 03-1234-5678."),
        add_line(f"{ARTICLE}/my.md", "၀၃-၁၂၃၄-၅၆၇၈ ကို ခေါ်ပါ။"),
        add_line(f"{ARTICLE}/ja.md", "{電話|でんわ} 0120811610"),
    ],
    "typed-price": [
        add_line(f"{ARTICLE}/en.md", "It costs ¥6,000."),
        add_line(f"{ARTICLE}/ne.md", "६,००० येन लाग्छ।"),
        add_line(f"{ARTICLE}/ja.md", "6,000円です。"),
        add_line(f"{ARTICLE}/my.md", "၆၀၀၀ ယန်း ကျပါတယ်။"),
    ],
    "typed-percentage": [add_line(f"{ARTICLE}/ja.md", "25%です。"), add_line(f"{ARTICLE}/ne.md", "२५ प्रतिशत।")],
    "typed-date": [
        add_line(f"{ARTICLE}/en.md", "From April 1, 2027."),
        add_line(f"{ARTICLE}/ja.md", "2027年4月1日から"),
    ],
    "typed-duration": [add_line(f"{ARTICLE}/en.md", "You have 14 days.")],
    "unshowable-markdown": [
        add_line(f"{ARTICLE}/en.md", "\n## Heading"),
        add_line(f"{ARTICLE}/en.md", "\n| a | b |"),
        add_line(f"{ARTICLE}/en.md", "![x](https://example.org/x.png)"),
        add_line(f"{ARTICLE}/en.md", "<b>bold</b>"),
        add_line(f"{ARTICLE}/en.md", "  - nested"),
    ],
    "too-long": [add_line(f"{ARTICLE}/en.md", "word " * 400)],
    "undated-source": [replace(f"{ARTICLE}/article.yaml", "    checked: 2026-11-01\n", "")],
    "future-date": [replace(f"{ARTICLE}/article.yaml", "checked: 2026-11-01", "checked: 2098-11-01")],
    "review-overdue": [replace(f"{ARTICLE}/article.yaml", "2099-01-01", "2026-01-01")],
    "unknown-related": [replace(f"{ARTICLE}/article.yaml", "related: []", "related: [work/none]")],
    "unknown-category": [replace("categories.yaml", "id: work", "id: jobs")],
    "unknown-in-menu": [replace("categories.yaml", "- unpaid-wages", "- unpaid-wages\n    - none")],
    "not-in-menu": [replace("categories.yaml", "  articles:\n    - unpaid-wages\n", "")],
    "too-few-phrases": [remove(f"{ARTICLE}/phrases/ne-Latn.txt")],
    "repeated-phrase": [add_line(f"{ARTICLE}/phrases/en.txt", "Boss did not pay me in MAY!")],
    "shared-phrase": [add_second_article],
    "zawgyi": [add_line(f"{ARTICLE}/phrases/my.txt", "က်ေနာ့္ကို လစာ မေပးေသးဘူး")],
    "hindi": [add_line(f"{ARTICLE}/phrases/ne.txt", "मुझे दो महीने से वेतन नहीं मिला है")],
}


IN_PREPARED: dict[str, Callable[[Path], None]] = {
    "typed-phone": replace(PREPARED, "Can we meet", "Call 0120811610. Can we meet"),
    "typed-price": replace(PREPARED, "भेटौं?", "६,००० येन लाग्छ। भेटौं?"),
    "typed-date": replace(PREPARED, "Can we meet", "From April 1, 2027. Can we meet"),
    "typed-duration": replace(PREPARED, "Can we meet", "You have 14 days. Can we meet"),
    "unshowable-markdown": replace(PREPARED, "Can we meet", "<b>Can</b> we meet"),
    "too-long": replace(PREPARED, "Can we meet", "word " * 120 + "Can we meet"),
    "zawgyi": replace(PREPARED, "တွေ့ကြမလား။", "က်ေနာ့္ကို လစာ မေပးေသးဘူး"),
    "hindi": replace(PREPARED, "भेटौं?", "मुझे दो महीने से वेतन नहीं मिला है"),
}


@pytest.mark.parametrize("rule", IN_PREPARED)
def test_prepared_messages_keep_the_rules_of_bodies(root: Path, rule: str) -> None:
    IN_PREPARED[rule](root)
    [found] = findings(root)
    assert (found.path.name, found.rule) == (PREPARED, rule)
    assert found.line > 1
    assert "meet: " in found.message


def test_a_title_too_long_for_a_button_is_found(root: Path) -> None:
    replace(PREPARED, "Propose to meet", "Propose to meet " * 4)(root)
    assert [found.rule for found in findings(root)] == ["too-long"]


def findings(root: Path) -> list[LintFinding]:
    return lint(load_knowledge_base(root), TODAY)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_base(tmp_path / "knowledge_base")


def test_a_complete_base_has_no_finding(root: Path) -> None:
    assert [finding.as_line(root) for finding in findings(root)] == []


@pytest.mark.parametrize(
    ("rule", "change"), [(rule, change) for rule, changes in BREAKING.items() for change in changes]
)
def test_each_rule_fires_and_names_file_and_line(root: Path, rule: str, change: Callable[[Path], None]) -> None:
    change(root)
    found = [finding for finding in findings(root) if finding.rule == rule]
    assert found, f"{rule} did not fire"
    line = found[0].as_line(root)
    assert line.startswith("knowledge_base/")
    assert f": {rule}: " in line
    assert found[0].line >= 1


def test_a_stale_translation_is_found_once_the_change_is_recorded(root: Path) -> None:
    replace(f"{ARTICLE}/en.md", "must pay you", "has to pay you")(root)
    record_revision(load_knowledge_base(root).articles["work/unpaid-wages"], "meaning", TODAY)
    stale = [finding for finding in findings(root) if finding.rule == "stale-translation"]
    assert {finding.path.name for finding in stale} == {"ja.md", "ne.md", "my.md"}
    for language in ("ja", "ne", "my"):
        record_translation(load_knowledge_base(root).articles["work/unpaid-wages"], language)
    assert findings(root) == []


def test_a_typo_makes_no_translation_stale(root: Path) -> None:
    replace(f"{ARTICLE}/en.md", "must pay you", "must pay  you")(root)
    record_revision(load_knowledge_base(root).articles["work/unpaid-wages"], "typo", TODAY)
    assert findings(root) == []

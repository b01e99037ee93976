"""The glossary fixes one wording for each official word; lint names every text that uses another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.errors import KnowledgeBaseError
from bot.knowledge.glossary import read_glossary
from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.lint.glossary import check_glossary
from bot.knowledge.lint.run import lint
from bot.knowledge.loader import load_knowledge_base
from tests.small_base import write_base

ARTICLE = "articles/work/unpaid-wages"
GLOSSARY = """\
residence-card:
  ja: '{在留|ざいりゅう}カード'
  reading: zairyū kādo
  en: residence card
  ne: रेसिडेन्स कार्ड
  my: နေထိုင်ခွင့်ကတ်
  also: {ne: [बस्ने कार्ड]}
  avoid: {en: [card], ne: [जाइर्यु कार्ड], my: [ဇိုင်ရျူးကတ်]}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_base(tmp_path / "knowledge_base")
    (root / "glossary.yaml").write_text(GLOSSARY, encoding="utf-8")
    return root


def findings(root: Path, language: str, line: str) -> list[LintFinding]:
    path = root / ARTICLE / f"{language}.md"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    return list(check_glossary(load_knowledge_base(root)))


def test_a_term_is_known_as_written_and_as_spoken(root: Path) -> None:
    term = read_glossary(root).terms["residence-card"]
    assert (term.written, term.in_kana) == ("在留カード", "ざいりゅうカード")


def test_a_base_without_glossary_has_no_terms(tmp_path: Path) -> None:
    assert not read_glossary(write_base(tmp_path / "knowledge_base")).terms


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Bring your **Residence Card** (在留カード)."),
        ("en", "Residence cards (在留カード)."),
        ("ne", "रेसिडेन्स कार्डमा (在留カード) लेखिन्छ।"),
        ("ne", "बस्ने कार्ड (在留カード) लिनुस्।"),
        ("my", "နေထိုင် ခွင့်ကတ် (ざいりゅうカード) ယူပါ။"),
        ("en", "A 特定在留カード is another word."),
        ("en", "Bring your residence card; no Japanese is shown."),
    ],
)
def test_the_fixed_wording_is_silent(root: Path, language: str, line: str) -> None:
    assert findings(root, language, line) == []


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Bring your permit (在留カード)."),
        ("ne", "आफ्नो अनुमतिपत्र (在留カード) लिनुस्।"),
        ("my", "ခွင့်ပြုစာ (ざいりゅうカード) ယူပါ။"),
    ],
)
def test_another_wording_beside_the_japanese_word_is_named(root: Path, language: str, line: str) -> None:
    (found,) = findings(root, language, line)
    number = (root / ARTICLE / f"{language}.md").read_text(encoding="utf-8").splitlines().index(line) + 1
    assert (found.rule, found.grade, found.line) == ("other-term", "warning", number)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Bring your Card."),
        ("ne", "जाइर्यु कार्डमा लेखिन्छ।"),
        ("my", "ဇိုင်ရျူး ကတ် ယူပါ။"),
    ],
)
def test_an_avoided_wording_is_named(root: Path, language: str, line: str) -> None:
    (found,) = findings(root, language, line)
    assert (found.rule, found.grade) == ("avoided-term", "warning")


def test_a_japanese_word_may_stand_under_one_id_only(root: Path) -> None:
    again = GLOSSARY.replace("residence-card:", "zairyu:").replace("  avoid", "  # avoid")
    (root / "glossary.yaml").write_text(GLOSSARY + again, encoding="utf-8")
    (found,) = lint(load_knowledge_base(root), dt.date(2026, 11, 23))
    assert (found.rule, found.grade, found.line) == ("repeated-term", "error", 9)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (GLOSSARY.replace("  ne: रेसिडेन्स कार्ड\n", ""), "glossary.yaml:1: residence-card.ne: Field required"),
        (GLOSSARY + GLOSSARY, "glossary.yaml:9: residence-card: stands on line 1 already"),
    ],
    ids=["missing language", "the same id twice"],
)
def test_a_broken_glossary_is_named_with_its_line(root: Path, content: str, line: str) -> None:
    (root / "glossary.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeBaseError) as caught:
        lint(load_knowledge_base(root), dt.date(2026, 11, 23))
    assert any(problem.startswith(f"knowledge_base/{line}") for problem in caught.value.problems)

"""A broken file is named with its line; nothing is half loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import KnowledgeBaseError
from bot.knowledge.exchange import export_articles, import_articles
from bot.knowledge.loader import load_knowledge_base
from tests.small_base import write_base

ARTICLE = "articles/work/unpaid-wages"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_base(tmp_path / "knowledge_base")


def problems(root: Path) -> list[str]:
    with pytest.raises(KnowledgeBaseError) as caught:
        load_knowledge_base(root)
    return caught.value.problems


def test_broken_yaml_names_its_line(root: Path) -> None:
    (root / "facts.yaml").write_text("a:\n  type: amount\n  value: [1\nb: 2\n", encoding="utf-8")
    assert any(line.startswith("knowledge_base/facts.yaml:4: is no valid YAML") for line in problems(root))


def test_a_wrong_value_names_the_line_it_stands_on(root: Path) -> None:
    path = root / "contacts.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("status: verified", "status: perhaps"), encoding="utf-8")
    line = path.read_text(encoding="utf-8").splitlines().index("  status: perhaps") + 1
    assert any(f"contacts.yaml:{line}: office.status" in problem for problem in problems(root))


def test_a_text_without_head_is_refused(root: Path) -> None:
    (root / ARTICLE / "ne.md").write_text("just text\n", encoding="utf-8")
    assert any("ne.md:1: must begin with a head" in problem for problem in problems(root))


def test_a_text_without_body_is_refused(root: Path) -> None:
    (root / ARTICLE / "ne.md").write_text("---\ntitle: x\n---\n\n", encoding="utf-8")
    assert any("ne.md:3: has no text" in problem for problem in problems(root))


def test_a_file_that_is_not_utf8_names_its_line(root: Path) -> None:
    (root / ARTICLE / "phrases" / "en.txt").write_bytes(b"fine\n\xff\xfe broken\n")
    assert any("en.txt:2: is not UTF-8" in problem for problem in problems(root))


def test_an_unknown_variant_is_refused(root: Path) -> None:
    (root / ARTICLE / "phrases" / "fr.txt").write_text("bonjour\n", encoding="utf-8")
    assert any("fr.txt:1: no such variant" in problem for problem in problems(root))


def test_an_unknown_key_in_a_head_is_refused(root: Path) -> None:
    path = root / ARTICLE / "en.md"
    path.write_text(path.read_text(encoding="utf-8").replace("title:", "titel:"), encoding="utf-8")
    assert any("en.md" in problem and "titel" in problem for problem in problems(root))


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ("- attack\n", 1, "kind: [emergency/article"),
        ("attack: 5\n", 1, "must be a list"),
        ("attack: [work/unpaid-wages]\nfire: [work/nothing]\n", 2, "no such article: work/nothing"),
    ],
)
def test_a_malformed_list_of_dangers_is_named_with_its_line(root: Path, content: str, line: int, what: str) -> None:
    (root / "danger.yaml").write_text(content, encoding="utf-8")
    [problem] = problems(root)
    assert f"danger.yaml:{line}:" in problem
    assert what in problem


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Can we meet on {date}", "Can we meet on {day}", "{day}: there is no such place"),
        ("{time} {place}\n", "{time}\n", "{place} must stand in every language's text or in none"),
        ("{contact:office}", "{contact:nobody}", "{contact:nobody}: there is no such place"),
        ("    ne: ", "    nepali: ", "meet.title.ne: Field required"),
        ("  translation:\n    by: machine\n", "", "meet.translation: Field required"),
        ("meet:\n", f"{'m' * 25}:\n", "an id has at most 24"),
        ("meet:\n", "'7':\n", "a letter first"),
    ],
)
def test_a_prepared_message_that_could_not_be_filled_in_is_refused(root: Path, old: str, new: str, what: str) -> None:
    path = root / "prepared_messages.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any("prepared_messages.yaml:" in problem and what in problem for problem in problems(root))


def test_a_base_without_prepared_messages_is_none_the_worse(root: Path) -> None:
    (root / "prepared_messages.yaml").unlink()
    assert load_knowledge_base(root).prepared == {}


def test_all_problems_are_told_at_once(root: Path) -> None:
    (root / ARTICLE / "ne.md").write_text("x", encoding="utf-8")
    (root / ARTICLE / "my.md").write_text("x", encoding="utf-8")
    assert len(problems(root)) == 2


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    assert any("categories.yaml:1: the file is missing" in problem for problem in problems(tmp_path))


def test_what_is_exported_can_be_imported_unchanged(root: Path, tmp_path: Path) -> None:
    before = load_knowledge_base(root)
    copy = write_base(tmp_path / "copy")
    for file in (copy / ARTICLE).glob("*.md"):
        file.write_text("---\ntitle: other\n---\nother\n", encoding="utf-8")
    assert import_articles(export_articles(before), copy) == ["work/unpaid-wages"]
    after = load_knowledge_base(copy)
    assert export_articles(after) == export_articles(before)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"articles": [{"id": "../../etc/x"}]}', '{"articles": 5}'])
def test_a_broken_import_writes_nothing(root: Path, content: str) -> None:
    files = sorted(path for path in root.parent.rglob("*"))
    with pytest.raises(KnowledgeBaseError):
        import_articles(content, root)
    assert sorted(path for path in root.parent.rglob("*")) == files

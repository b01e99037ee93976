"""Rules about the repository itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "bot").rglob("*.py"))


def test_no_file_is_longer_than_one_duty_needs() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 350} == {}


def test_only_the_transaction_commits() -> None:
    committing = [path.name for path in SOURCES if re.search(r"\.commit\(", path.read_text())]
    assert committing == ["engine.py"]


def test_every_setting_is_explained_and_none_is_invented() -> None:
    documented = set(re.findall(rf"^({PREFIX}[A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert documented == {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_example_holds_the_defaults() -> None:
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith(PREFIX):
            name, _, value = line.partition("=")
            default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
            assert str(default or "") == value, name


def test_every_public_function_says_what_it_does() -> None:
    silent: list[str] = []
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree) and path.read_text().strip():
            silent.append(f"{path.relative_to(ROOT)}: module")
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_"
            if public and not ast.get_docstring(node) and "cli" not in path.parts and "migrations" not in path.parts:
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []

"""The `tomoni` command as its users call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_base import write_base

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cli")
    write_base(made / "knowledge_base")
    return made


def tomoni(folder: Path, *arguments: str, text: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TOMONI_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments], cwd=folder, input=text, capture_output=True, check=False,
        env={**clean, "PYTHONPATH": str(ROOT), **environment}, timeout=120,
    )  # fmt: skip


def ask(folder: Path, *texts: object) -> list[dict[str, object]]:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    done = tomoni(folder, "ask", "--jsonl", text=lines.encode())
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class TestAsk:
    def test_a_line_gives_a_line_of_the_contract(self, folder: Path) -> None:
        [answer] = ask(folder, "boss did not pay me in May")
        assert set(answer) == {"text", "language", "script", "decision", "articles"}
        assert (answer["language"], answer["script"], answer["decision"]) == ("en", "Latn", "answer")
        assert answer["articles"][0]["id"] == "work/unpaid-wages"  # type: ignore[index]

    def test_bad_input_has_a_clear_outcome(self, folder: Path) -> None:
        nasty = [
            "", "   ", "x" * 100_000, "\u202eevil\u202c", "\u200b\u200b", "\ud800", "\x00\x01", "<b>x</b> **y**",
            "👍", "0" * 500, "/start", "1",
        ]  # fmt: skip
        answers = ask(folder, *nasty)
        assert len(answers) == len(nasty)
        decisions = {"answer", "suggest", "urgent", "handover", "smalltalk", "unknown", "navigation", "wait"}
        assert {str(answer["decision"]) for answer in answers} <= decisions

    def test_the_same_input_gives_the_same_output(self, folder: Path) -> None:
        texts = ["boss did not pay", "malai talab diyena", "လစာ မရဘူး", "hello", "zzz"]
        assert ask(folder, *texts) == ask(folder, *texts)

    def test_a_broken_line_is_named_and_the_rest_answered(self, folder: Path) -> None:
        done = tomoni(folder, "ask", "--jsonl", text=b'nonsense\n{"text": 5}\n\n{"text": "hello"}\n')
        assert done.returncode == 1
        assert b"line 1" in done.stderr
        assert b"line 2" in done.stderr
        assert len(done.stdout.splitlines()) == 1

    def test_one_question_is_answered_for_a_person_to_read(self, folder: Path) -> None:
        done = tomoni(folder, "ask", "boss did not pay me in May")
        assert b"The company must pay you" in done.stdout

    def test_without_a_question_it_says_what_it_needs(self, folder: Path) -> None:
        done = tomoni(folder, "ask")
        assert (done.returncode, b"needs a question" in done.stderr) == (2, True)


class TestErrors:
    def test_wrong_settings_are_told_without_a_traceback(self, folder: Path) -> None:
        done = tomoni(folder, "serve", TOMONI_PORT="x", TOMONI_LOG_LEVEL="x")
        assert done.returncode == 1
        assert done.stderr.count(b"tomoni: TOMONI_") == 2
        assert b"Traceback" not in done.stderr

    def test_a_broken_knowledge_base_names_file_and_line(self, tmp_path: Path) -> None:
        root = write_base(tmp_path / "knowledge_base")
        (root / "articles/work/unpaid-wages/article.yaml").write_text("sources: [\n", encoding="utf-8")
        done = tomoni(tmp_path, "serve")
        assert done.returncode == 1
        assert b"article.yaml:2: is no valid YAML" in done.stderr
        assert b"Traceback" not in done.stderr

    def test_a_port_in_use_is_named_with_a_cure(self, folder: Path) -> None:
        import socket  # noqa: PLC0415

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = tomoni(folder, "serve", TOMONI_PORT=str(port))
        assert done.returncode == 1
        assert f"Try TOMONI_PORT={port + 1}".encode() in done.stderr

    def test_postgres_without_a_key_says_so(self, folder: Path) -> None:
        done = tomoni(folder, "cases", "list", TOMONI_DATABASE_URL="postgresql+asyncpg://x@127.0.0.1:9/x")
        assert b"TOMONI_SECRET_KEY: must be set" in done.stderr

    def test_a_database_that_is_away_says_so(self, folder: Path) -> None:
        done = tomoni(
            folder, "cases", "list", TOMONI_DATABASE_URL="postgresql+asyncpg://x@127.0.0.1:9/x",
            TOMONI_SECRET_KEY="x" * 40,
        )  # fmt: skip
        assert done.returncode == 1
        assert b"the database does not answer" in done.stderr
        assert b"Traceback" not in done.stderr


class TestChatAndCases:
    def test_a_talk_in_the_terminal_ends_in_a_case(self, folder: Path) -> None:
        url = f"sqlite+aiosqlite:///{folder}/talk.db"
        typed = b"boss did not pay me in May\n2\n1\n5\n1\n4\n1\n1\n"
        done = tomoni(folder, "chat", text=typed, TOMONI_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        assert b"The company must pay you" in done.stdout
        listed = tomoni(folder, "cases", "list", TOMONI_DATABASE_URL=url).stdout.decode().strip().split("\t")
        assert listed[1:2] + listed[3:] == ["open", "en", "normal", "work/unpaid-wages"]
        shown = tomoni(folder, "cases", "show", listed[0].lower().replace("-", " "), TOMONI_DATABASE_URL=url)
        assert b"boss did not pay me in May" in shown.stdout
        forgotten = tomoni(folder, "forget", listed[0], TOMONI_DATABASE_URL=url)
        assert forgotten.returncode == 0
        assert tomoni(folder, "cases", "list", "--all", TOMONI_DATABASE_URL=url).stdout == b""

    def test_a_mistyped_case_number_is_noticed(self, folder: Path) -> None:
        done = tomoni(folder, "cases", "show", "ABC-DEFG")
        assert (done.returncode, b"is no case number" in done.stderr) == (2, True)


class TestKnowledgeBaseCommands:
    def test_lint_exits_with_one_on_an_error(self, tmp_path: Path) -> None:
        root = write_base(tmp_path / "knowledge_base")
        assert tomoni(tmp_path, "kb", "lint").returncode == 0
        (root / "articles/work/unpaid-wages/ja.md").unlink()
        done = tomoni(tmp_path, "kb", "lint")
        assert done.returncode == 1
        assert b"article.yaml:1: error: missing-language: write ja.md" in done.stdout

    def test_due_lists_the_unverified_first(self, tmp_path: Path) -> None:
        root = write_base(tmp_path / "knowledge_base")
        path = root / "contacts.yaml"
        path.write_text(path.read_text().replace("status: verified", "status: unverified"))
        assert tomoni(tmp_path, "kb", "due").stdout.startswith(b"contact\toffice\tunverified\twork/unpaid-wages")

    def test_export_and_import(self, tmp_path: Path) -> None:
        write_base(tmp_path / "knowledge_base")
        assert tomoni(tmp_path, "kb", "export", "all.json").returncode == 0
        done = tomoni(tmp_path, "kb", "import", "all.json")
        assert done.stdout.split() == [b"work/unpaid-wages"]
        assert tomoni(tmp_path, "kb", "lint").returncode == 0

"""`tomoni db rotate-key` as an operator calls it, and what every command says where the key does not fit."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cli import main
from bot.conversation.respond import Respondent
from bot.helpline import Helpline
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import upgrade
from tests.small_base import write_base
from tests.test_helpline import ALICE, BOB, hand_over, message

OLD = "0123456789abcdef" * 4
NEW = "fedcba9876543210" * 4


def talk(url: str, respondent: Respondent, secret: str, *previous: str) -> None:
    """Two people write, one of whom has a case then, as a server with these keys would take it."""

    async def inside() -> None:
        storage = Storage(create_engine(url), Cipher(secret, previous))
        await upgrade(storage)
        helpline = Helpline(storage, lambda: respondent)
        for who in (ALICE, BOB):
            await helpline.receive(message(who, 1 if not previous else 50, "boss did not pay me in May"))
        if not previous:
            await hand_over(helpline, ALICE, 2)
        await storage.close()

    asyncio.run(inside())


@pytest.fixture
def url(
    database_url: str,
    small_respondent: Respondent,
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A database written under OLD, and the settings of whoever runs it."""
    talk(database_url, small_respondent, OLD)
    for name, value in {
        "DATABASE_URL": database_url, "SECRET_KEY": NEW, "PREVIOUS_SECRET_KEYS": f"{'z' * 40}  {OLD}",
        "KNOWLEDGE_BASE": str(write_base(tmp_path / "knowledge_base")), "PORT": "0",
        "CACHE_DIR": str(tmp_path_factory.getbasetemp() / "cache"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TOMONI_{name}", value)
    monkeypatch.chdir(tmp_path)
    return database_url


def test_it_says_how_long_a_previous_key_is_needed(
    url: str, small_respondent: Respondent, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "rotate-key"]) == 0
    first = capsys.readouterr().out
    assert not first.startswith("0 values")
    assert "2 conversations are still found by a previous key" in first
    talk(url, small_respondent, NEW, OLD)
    assert main(["db", "rotate-key"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "0 values were encrypted anew with the current key.",
        "No previous key is needed any more: TOMONI_PREVIOUS_SECRET_KEYS may be emptied, a .key file deleted.",
    ]
    monkeypatch.delenv("TOMONI_PREVIOUS_SECRET_KEYS")
    assert main(["cases", "list"]) == 0
    assert "open" in capsys.readouterr().out
    assert OLD not in first
    assert NEW not in first


@pytest.mark.parametrize(
    "call", ["serve", "chat", "cases list", "cases export --personal", "db upgrade", "db rotate-key"]
)
def test_a_key_that_does_not_fit_stops_every_command(
    url: str, call: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOMONI_PREVIOUS_SECRET_KEYS")
    assert main(call.split()) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "written under another TOMONI_SECRET_KEY; start with the key this database was made with" in printed.err
    assert NEW not in printed.err

    async def recorded() -> int:
        storage = Storage(create_engine(url), Cipher(OLD))
        async with storage.reading() as session:
            count: int = (
                await session.execute(text("SELECT count(*) FROM audit WHERE actor LIKE 'operator%'"))
            ).scalar_one()
        await storage.close()
        return count

    assert asyncio.run(recorded()) == 0


class TestKeyFile:
    @pytest.fixture(autouse=True)
    def no_key_is_set(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TOMONI_KNOWLEDGE_BASE", str(write_base(tmp_path / "knowledge_base")))
        monkeypatch.chdir(tmp_path)
        assert main(["db", "upgrade"]) == 0

    def test_rotation_says_how_to_move_to_the_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["db", "rotate-key"]) == 1
        assert "put the one in the .key file beside the database into TOMONI_PREVIOUS" in capsys.readouterr().err
        monkeypatch.setenv("TOMONI_SECRET_KEY", NEW)
        monkeypatch.setenv("TOMONI_PREVIOUS_SECRET_KEYS", (tmp_path / "tomoni.key").read_text())
        assert main(["db", "rotate-key"]) == 0
        assert "a .key file deleted" in capsys.readouterr().out

    def test_a_lost_one_is_told_and_not_made_anew(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "tomoni.key").unlink()
        assert main(["cases", "list"]) == 1
        assert "tomoni.key: the key that tomoni.db was encrypted with is gone" in capsys.readouterr().err
        assert not (tmp_path / "tomoni.key").exists()

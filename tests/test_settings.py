"""Wrong settings stop the start, with one clear line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_nothing_need_be_set() -> None:
    settings = load_settings()
    assert (settings.port, settings.telegram_token) == (8080, None)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("PORT", "eighty", "valid integer"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("DATABASE_URL", "mysql://x", "must begin with sqlite+aiosqlite:// or postgresql+asyncpg://"),
        ("TELEGRAM_TOKEN", "hello", "is no bot token"),
        ("PUBLIC_URL", "example.org", "match"),
        ("SECRET_KEY", "short", "openssl rand -hex 32"),
        ("PREVIOUS_SECRET_KEYS", f"{'x' * 32} short", "holds a key shorter than 32"),
        ("KNOWLEDGE_BASE", "/nowhere", "names no folder"),
        ("LOG_LEVEL", "loud", "match"),
        ("PROT", "8080", "no such setting"),
    ],
)
def test_a_wrong_value_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv(f"TOMONI_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"TOMONI_{name}: ")
    assert part in caught.value.problems[0]


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMONI_PORT", "x")
    monkeypatch.setenv("TOMONI_LOG_LEVEL", "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(caught.value.problems) == 2


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMONI_TELEGRAM_TOKEN", "sssecret")
    monkeypatch.setenv("TOMONI_SECRET_KEY", "ssshort")
    monkeypatch.setenv("TOMONI_PREVIOUS_SECRET_KEYS", "ssshort sshorter")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "sss" not in str(caught.value)


def test_an_empty_value_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMONI_TELEGRAM_TOKEN", "")
    assert load_settings().telegram_token is None


def test_a_translator_without_a_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMONI_TRANSLATOR_URL", "http://127.0.0.1:5000")
    with pytest.raises(SettingsError, match="TOMONI_TRANSLATOR_NAME: must name"):
        load_settings()

"""The repository's own prepared messages: each can be shown in each language, filled in, by every channel."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.i18n import LANGUAGES, NEPALI, translator
from bot.knowledge.article import Contact, KnowledgeBase, PreparedMessage
from bot.knowledge.files import Problems, read_registry
from bot.knowledge.lint.prepared import check_prepared
from bot.knowledge.loader import load_knowledge_base
from bot.knowledge.prepared import PREPARED_FILE, Filling, names_hours, read_prepared, render_prepared, typed_fields
from bot.markup import to_plain, to_telegram_html
from bot.messages import LanguageCode
from tests.conftest import ROOT
from tests.servers.bot_api_text import parse_html
from tests.small_base import write_base

TODAY = dt.date(2026, 11, 24)
FILLED = Filling(dt.date(2026, 12, 1), dt.time(14, 30), "<大宮駅> {date} *東口* 1. [x](y)")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """The small base with the repository's prepared messages and contacts."""
    root = ROOT / "knowledge_base"
    problems = Problems(root)
    contacts = read_registry(root / "contacts.yaml", Contact, problems)
    prepared = read_prepared(root / PREPARED_FILE, contacts, {}, problems)
    assert problems.lines == []
    small = load_knowledge_base(write_base(Path(tmp_path_factory.mktemp("prepared")) / "knowledge_base"))
    return replace(small, root=root, contacts=contacts, prepared=prepared)


def shown(base: KnowledgeBase, message: PreparedMessage, language: LanguageCode) -> str:
    return render_prepared(base, message, language, FILLED, "- HOURS", TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_is_whole_on_every_channel(base: KnowledgeBase, language: LanguageCode) -> None:
    words = translator(language)
    wanted = {
        "date": words.weekday_date(dt.date(2026, 12, 1)),
        "time": words.time(dt.datetime(2026, 12, 1, 14, 30)),
        "place": FILLED.place,
    }
    assert len(base.prepared) >= 22
    for message_id, message in base.prepared.items():
        text = shown(base, message, language)
        plain = to_plain(text)
        for face in (plain, parse_html(to_telegram_html(text)).text):
            assert [field for field in typed_fields(message) if wanted[field] not in face] == [], message_id
            assert ("HOURS" in face) == names_hours(message), message_id
            assert re.findall(r"\{[^}]*\}", face.replace(FILLED.place, "")) == [], message_id


def test_they_keep_the_rules(base: KnowledgeBase) -> None:
    assert [finding.as_line(base.root) for finding in check_prepared(base, TODAY)] == []


def test_a_figure_in_what_a_caseworker_types_is_theirs(base: KnowledgeBase) -> None:
    text = to_plain(shown(base, base.prepared["propose-meeting"], NEPALI))
    assert "{date}" in text, "a place typed by the caseworker is not filled in a second time"

"""Rules about prepared messages: what a text that can be filled in can still get wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from bot.i18n import LANGUAGES
from bot.knowledge.article import KnowledgeBase, PreparedMessage
from bot.knowledge.files import Problems, line_of, read_yaml
from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.lint.text import typed_in, unshowable_in
from bot.knowledge.prepared import PREPARED_FILE, Filling, render_prepared
from bot.language.identify import is_hindi
from bot.language.zawgyi import is_zawgyi
from bot.markup import to_plain
from bot.messages import LanguageCode

# A message is read on a telephone, in a hurry.
MAX_TEXT: Final = 600
# As much of a button's label as a telephone shows.
MAX_TITLE: Final = 50
_FILLED: Final = Filling(dt.date(2026, 12, 30), dt.time(12, 30), "x" * 100)


def check_prepared(knowledge_base: KnowledgeBase, today: dt.date) -> Iterator[LintFinding]:
    """typed-phone, typed-price, typed-percentage, typed-date, typed-duration, unshowable-markdown, too-long, zawgyi,
    hindi; each with the line of the text it is about."""
    if not knowledge_base.prepared:
        return
    path = knowledge_base.root / PREPARED_FILE
    _, node = read_yaml(path, Problems(knowledge_base.root))
    for message_id, message in knowledge_base.prepared.items():
        for language in LANGUAGES:
            for part, rule, what in _check(knowledge_base, message, language, today):
                line = line_of(node, (message_id, part, language)) + 1
                yield LintFinding(path, line, rule, f"{message_id}: {what}")
            for written in message.text.in_language(language).splitlines():
                for rule, what, grade in typed_in(written):
                    line = line_of(node, (message_id, "text", language)) + 1
                    yield LintFinding(path, line, rule, f"{message_id}: {what}", grade)


def _check(
    knowledge_base: KnowledgeBase, message: PreparedMessage, language: LanguageCode, today: dt.date
) -> Iterator[tuple[str, str, str]]:
    text = message.text.in_language(language)
    title = message.title.in_language(language)
    for line in text.splitlines():
        for what in unshowable_in(line):
            yield "text", "unshowable-markdown", what
    length = len(to_plain(render_prepared(knowledge_base, message, language, _FILLED, "", today)))
    if length > MAX_TEXT:
        yield "text", "too-long", f"is {length} characters when shown, {MAX_TEXT} at most; shorten it"
    if len(title) > MAX_TITLE:
        yield "title", "too-long", f"the title has {len(title)} characters, {MAX_TITLE} at most; shorten it"
    for part, shown in (("title", title), ("text", text)):
        if language == "my" and is_zawgyi(shown):
            yield part, "zawgyi", "is Zawgyi-encoded; convert it to Unicode"
        if language == "ne" and is_hindi(shown):
            yield part, "hindi", "reads like Hindi; write it in Nepali"

"""Messages that caseworkers send by one tap: read, and filled in for their reader."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.i18n import LANGUAGES, translator
from bot.knowledge.article import KnowledgeBase, PreparedMessage
from bot.knowledge.files import Problems, line_of, read_registry, read_yaml
from bot.knowledge.render import PLACE, render_body
from bot.markup import escape
from bot.messages import LanguageCode

PREPARED_FILE: Final = "prepared_messages.yaml"
# What a caseworker types, in the order in which it is asked for.
TYPED: Final = ("date", "time", "place")
HOURS: Final = "hours"
# Longer ids would not fit into the data of a button, and digits alone stand for a page there.
_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,23}")
_BRACES: Final = re.compile(r"\{([^{}|]*)\}")


@dataclass(frozen=True, slots=True)
class Filling:
    """What goes into a message: a day and a time of day in Japan, and a place in the caseworker's own words."""

    date: dt.date | None = None
    time: dt.time | None = None
    place: str = ""

    def has(self, field: str) -> bool:
        """Whether `field`, one of TYPED, is filled in."""
        return bool(self.place) if field == "place" else getattr(self, field) is not None


def read_prepared(
    path: Path, contacts: Mapping[str, Any], facts: Mapping[str, Any], problems: Problems
) -> dict[str, PreparedMessage]:
    """The messages by id in the order of the file; none where there is no file. Whatever could not be filled in is
    noted as a problem: a person must never get half an appointment."""
    if not path.exists():
        return {}
    messages = read_registry(path, PreparedMessage, problems)
    _, node = read_yaml(path, problems)
    for message_id, message in messages.items():
        if not _ID.fullmatch(message_id):
            what = f"{message_id}: an id has at most 24 small Latin letters, digits and hyphens, a letter first"
            problems.add(path, line_of(node, (message_id,)) + 1, what)
        for language, what in _faults(message, contacts, facts):
            problems.add(path, line_of(node, (message_id, "text", language)) + 1, f"{message_id}.text.{what}")
    return messages


def _faults(
    message: PreparedMessage, contacts: Mapping[str, Any], facts: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What could not be filled in: the language, and `language: how to mend it`."""
    wanted = set(_fields_in(message.text.en))
    for language in LANGUAGES:
        text = message.text.in_language(language)
        for match in _BRACES.finditer(text):
            place = PLACE.fullmatch(match[0])
            known = place[2] in (contacts if place[1] == "contact" else facts) if place else match[1] in (*TYPED, HOURS)
            if not known:
                yield language, f"{language}: {match[0]}: there is no such place; the head of the file lists them"
        if differing := sorted(wanted ^ set(_fields_in(text))):
            shown = ", ".join(f"{{{field}}}" for field in differing)
            yield language, f"{language}: {shown} must stand in every language's text or in none"


def _fields_in(text: str) -> list[str]:
    return [match[1] for match in _BRACES.finditer(text) if match[1] in (*TYPED, HOURS)]


def typed_fields(message: PreparedMessage) -> tuple[str, ...]:
    """What a caseworker must type before it can be sent, in the order of TYPED."""
    found = _fields_in(message.text.en)
    return tuple(field for field in TYPED if field in found)


def names_hours(message: PreparedMessage) -> bool:
    """Whether it tells the partner's opening hours."""
    return HOURS in _fields_in(message.text.en)


def render_prepared(
    knowledge_base: KnowledgeBase,
    message: PreparedMessage,
    language: LanguageCode,
    filling: Filling,
    hours: str,
    today: dt.date,
) -> str:
    """The message as small Markdown for a reader of `language`. `hours` is the partner's opening hours for that
    reader; everything in typed_fields must be filled in."""
    words = translator(language)
    values = {"place": escape(filling.place), HOURS: hours}
    if filling.date is not None:
        values["date"] = words.weekday_date(filling.date)
    if filling.time is not None:
        values["time"] = words.time(dt.datetime.combine(today, filling.time))
    text = render_body(knowledge_base, message.text.in_language(language), language, today)
    return _BRACES.sub(lambda match: values.get(match[1], match[0]), text)

"""How prepared messages and articles stand in a case's topic: lists, previews, and what is asked for. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.cases.prepared import MAX_PLACE, Draft
from bot.channels.telegram.group_fields import Fault
from bot.channels.telegram.group_words import Ask
from bot.i18n import LANGUAGES, NATIVE_NAMES, Translator, is_offered
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.render import title_of
from bot.markup import escape, without_ruby
from bot.messages import Button, LanguageCode

PAGE_SIZE: Final = 8
MAX_LABEL: Final = 60
# How much of an article a preview shows.
MAX_BEGINNING: Final = 400
_MARKER: Final = re.compile(r"#([a-z][a-z0-9-]*)\.([a-z]{2})\s*$")
Rows = tuple[tuple[Button, ...], ...]


class Kind(StrEnum):
    """What can be sent by one tap; the letter stands in the data of buttons."""

    PREPARED = "p"
    ARTICLE = "a"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a caseworker has chosen: `key` is a prepared message's id or an article's key. `digest` stands for what
    they saw, and is empty where they saw nothing yet."""

    kind: Kind
    key: str
    language: LanguageCode
    digest: str = ""


def parse_choice(ask: Ask, data: str, language: LanguageCode) -> Choice | None:
    """The choice in the data of a button; None where it holds none. `language` is taken where it names none."""
    kind, key = (Kind.PREPARED if ask == Ask.PREPARED else Kind.ARTICLE), data
    if ask == Ask.SEND:
        letter, _, key = data.partition(".")
        if letter not in set(Kind):
            return None
        kind = Kind(letter)
    key, _, rest = key.partition(".")
    code, _, digest = rest.partition(".")
    if not key or key.isdecimal():
        return None
    return Choice(kind, key, LanguageCode(code) if is_offered(code) else language, digest)


def article_key(article_id: str) -> str:
    """A short name for an article, whatever its length: the data of a button holds 64 bytes."""
    return "a" + hashlib.blake2b(article_id.encode(), digest_size=5).hexdigest()


def tool_rows(words: Translator, reference: str) -> Rows:
    """The buttons that open the two lists."""
    return (
        (_button("💬 " + words("Prepared messages"), Ask.PREPARED, reference),
         _button("📄 " + words("Articles"), Ask.ARTICLE, reference)),
    )  # fmt: skip


def prepared_rows(knowledge_base: KnowledgeBase, words: Translator, reference: str, page: int) -> Rows:
    """One page of the prepared messages, from 0, and the buttons that turn it."""
    items = list(knowledge_base.prepared.items())
    last_page = max(len(items) - 1, 0) // PAGE_SIZE
    page = min(page, last_page)
    rows = [
        (_button(message.title.in_language(words.language), Ask.PREPARED, reference, message_id),)
        for message_id, message in items[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    ]
    turning: list[Button] = []
    if page > 0:
        turning.append(_button("◀️ " + words("Back"), Ask.PREPARED, reference, str(page - 1)))
    if page < last_page:
        turning.append(_button(words("More") + " ▶️", Ask.PREPARED, reference, str(page + 1)))
    return (*rows, tuple(turning)) if turning else tuple(rows)


def article_rows(knowledge_base: KnowledgeBase, words: Translator, reference: str, ids: Iterable[str]) -> Rows:
    """A button for each of the articles that exist."""
    return tuple(
        (_button(title_of(knowledge_base.articles[one], words.language), Ask.ARTICLE, reference, article_key(one)),)
        for one in ids
        if one in knowledge_base.articles
    )


def preview_rows(words: Translator, reference: str, choice: Choice, digest: str) -> Rows:
    """The buttons under a preview: send it, go back, or see it in another language."""
    ask = Ask.PREPARED if choice.kind == Kind.PREPARED else Ask.ARTICLE
    return (
        (_button("✉️ " + words("Send"), Ask.SEND, reference, f"{choice.kind}.{choice.key}.{choice.language}.{digest}"),
         _button("◀️ " + words("Back"), ask, reference)),
        tuple(
            _button(NATIVE_NAMES[code], ask, reference, f"{choice.key}.{code}")
            for code in LANGUAGES
            if code != choice.language
        ),
    )  # fmt: skip


def preview_text(words: Translator, choice: Choice, draft: Draft, own: Draft, notes: Sequence[str]) -> str:
    """What the person will see and, where that is not the reader's language, the same in the reader's."""
    shortened = choice.kind == Kind.ARTICLE
    shown = _beginning(draft.reply.text) if shortened else draft.reply.text
    heading = words("This is what the person will see, in %(language)s:", language=words.language_name(choice.language))
    parts = [f"**{heading}**", shown]
    if own.reply.language != draft.reply.language:
        label = words("In %(language)s:", language=words.language_name(own.reply.language))
        parts += [f"**{label}**", _beginning(own.body) if shortened else own.body]
    if shortened:
        parts.append("ℹ️ " + words("This is the beginning. The whole article is sent, with its sources."))
    return "\n\n".join([*parts, *(f"ℹ️ {note}" for note in notes)])


def prompt_text(
    words: Translator, title: str, fields: Sequence[str], choice: Choice, today: dt.date, fault: str = ""
) -> tuple[str, str]:
    """What asks for the fields of a prepared message, and how an answer looks. Its last line is a marker by which the
    answer is known again."""
    names = {"date": words("the date"), "time": words("the time"), "place": words("the place")}
    day = today + dt.timedelta(days=7)
    samples = {"date": f"{day.month}/{day.day}", "time": "14:00", "place": words("Omiya station, east exit")}
    example = without_ruby(" ".join(samples[field] for field in fields))
    text = words(
        "Please answer this very message with %(fields)s, for example: %(example)s",
        fields=words.list([names[field] for field in fields]), example=f"**{escape(example)}**",
    )  # fmt: skip
    marker = escape(f"#{choice.key}.{choice.language}")
    return "\n\n".join(part for part in (fault, f"**{title}**", text, marker) if part), example


def parse_marker(text: str) -> Choice | None:
    """The choice that a message asks the fields of; None for a message that asks for none."""
    match = _MARKER.search(text)
    if match is None or not is_offered(match[2]):
        return None
    return Choice(Kind.PREPARED, match[1], LanguageCode(match[2]))


def fault_text(words: Translator, fault: Fault) -> str:
    """What is wrong with what was typed, and how to mend it."""
    return {
        Fault.NO_DATE: words("I found no date in it."),
        Fault.NO_SUCH_DAY: words("There is no such day."),
        Fault.NO_TIME: words("I found no time in it."),
        Fault.NO_PLACE: words("I found no place in it."),
        Fault.LONG_PLACE: words("The place is too long: at most %(most)s characters.", most=words.number(MAX_PLACE)),
        Fault.LEFT_OVER: words(
            "There are more words in it than this message has room for. Please send them as a message of their own."
        ),
        Fault.PAST: words("This time is past already."),
    }[fault]


def _beginning(text: str) -> str:
    """The first paragraphs of a text, but no more than a glance takes in."""
    kept, *others = text.split("\n\n")
    for part in others:
        if len(kept) + len(part) > MAX_BEGINNING:
            return f"{kept}\n\n…"
        kept += f"\n\n{part}"
    return kept


def _button(label: str, ask: Ask, reference: str, choice: str = "") -> Button:
    plain = without_ruby(label)
    shown = plain if len(plain) <= MAX_LABEL else plain[: MAX_LABEL - 1] + "…"
    return Button(shown, f"{ask}:{reference}:{choice}".rstrip(":"))

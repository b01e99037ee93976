"""Prepared messages and articles as the person of a case sees them, ready for `answer_person`. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.cases.answer import answer_heading
from bot.conversation.scene import JAPAN
from bot.errors import CaseError
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.prepared import TYPED, Filling, names_hours, render_prepared, typed_fields
from bot.knowledge.render import render_article
from bot.markup import to_plain
from bot.messages import LanguageCode, Reply
from bot.partners.hours_text import hours_in_words
from bot.partners.partner import Partner, Recipient
from bot.storage.models import CaseRow

MAX_PLACE: Final = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """Something ready to be sent: `body` is what it says and `reply` the bubble the person sees, in small Markdown;
    `detail` says what it is, for the case's event."""

    body: str
    reply: Reply
    detail: dict[str, Any]

    @property
    def text(self) -> str:
        """What it says, as it stands in the case."""
        return to_plain(self.body)

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that stand for exactly this bubble."""
        return hashlib.blake2b(self.reply.text.encode(), digest_size=4).hexdigest()


def draft_prepared(
    case: CaseRow,
    knowledge_base: KnowledgeBase,
    message_id: str,
    language: LanguageCode,
    filling: Filling,
    sender: Recipient | None,
    now: dt.datetime,
) -> Draft:
    """A prepared message in `language`. `sender` is who sends it, None for the operator's desk.

    Raises CaseError where there is no such message, `filling` holds more or less than it needs or a time that is
    past, or it tells hours that nobody has written down.
    """
    message = knowledge_base.prepared.get(message_id)
    if message is None:
        raise CaseError(f"{message_id}: no such prepared message; `tomoni cases prepared` lists them")
    fields = typed_fields(message)
    if missing := [field for field in fields if not filling.has(field)]:
        raise CaseError(f"{message_id}: needs {', '.join(missing)}")
    if needless := [field for field in TYPED if filling.has(field) and field not in fields]:
        raise CaseError(f"{message_id}: has no place for {', '.join(needless)}")
    if is_past(filling, now):
        raise CaseError(f"{message_id}: the date and time are past")
    partner = sender if isinstance(sender, Partner) else None
    if names_hours(message) and partner is None:
        raise CaseError(f"{message_id}: the operator's desk has no opening hours; write them as a text")
    hours = hours_in_words(partner, language) if partner is not None else ""
    today = now.astimezone(JAPAN).date()
    body = render_prepared(knowledge_base, message, language, filling, hours, today)
    return _draft(case, body, language, {"prepared": message_id})


def draft_article(
    case: CaseRow, knowledge_base: KnowledgeBase, article_id: str, language: LanguageCode, now: dt.datetime
) -> Draft:
    """A whole article with its sources, as a reader of `language` gets it today. Raises CaseError where there is no
    such article."""
    article = knowledge_base.articles.get(article_id)
    if article is None:
        raise CaseError(f"{article_id}: no such article; an id reads category/name")
    rendered = render_article(knowledge_base, article, language, now.astimezone(JAPAN).date())
    return _draft(case, rendered.text, language, {"article": article_id})


def _draft(case: CaseRow, body: str, language: LanguageCode, detail: dict[str, Any]) -> Draft:
    return Draft(body, Reply(f"{answer_heading(case, language)}\n\n{body}", language), {**detail, "language": language})


def filling_from(fields: Mapping[str, str]) -> Filling:
    """A filling from `date` (2026-12-01), `time` (14:00, in Japan) and `place`; what is missing or blank stays empty.
    Raises CaseError where one is written otherwise, or is none of these."""
    if unknown := [field for field in fields if field not in TYPED]:
        raise CaseError(f"there is no field {', '.join(unknown)}; there are {', '.join(TYPED)}")
    given = {field: value.strip() for field, value in fields.items()}
    place = given.get("place", "")
    if len(place) > MAX_PLACE:
        raise CaseError(f"place: {len(place)} characters, {MAX_PLACE} at most")
    try:
        date = dt.date.fromisoformat(given["date"]) if given.get("date") else None
    except ValueError as error:
        raise CaseError("date: must be a day written as 2026-12-01") from error
    try:
        time = dt.time.fromisoformat(given["time"]) if given.get("time") else None
    except ValueError as error:
        raise CaseError("time: must be a time of day written as 14:00") from error
    return Filling(date, time.replace(tzinfo=None) if time else None, place)


def is_past(filling: Filling, now: dt.datetime) -> bool:
    """Whether the day, or the very time on it, is over in Japan."""
    if filling.date is None:
        return False
    here = now.astimezone(JAPAN)
    return dt.datetime.combine(filling.date, filling.time or dt.time.max, JAPAN) < here

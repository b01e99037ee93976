"""Prepared messages and articles in a case's topic, sent by one tap. Nothing is remembered between two presses: what
was filled in stands in the message that the preview answers."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.answer import signed
from bot.cases.prepared import Draft, draft_article, draft_prepared
from bot.cases.service import answer_person
from bot.channels.telegram.group_fields import Fault, read_filling
from bot.channels.telegram.group_previews import (
    Choice,
    Kind,
    Rows,
    article_key,
    article_rows,
    fault_text,
    parse_choice,
    parse_marker,
    prepared_rows,
    preview_rows,
    preview_text,
    prompt_text,
    tool_rows,
)
from bot.channels.telegram.group_words import Ask, Asked, Outcome, refusal
from bot.conversation.respond import Respondent
from bot.conversation.scene import JAPAN
from bot.errors import CaseError
from bot.i18n import SOURCE_LANGUAGE, translator
from bot.knowledge.article import KnowledgeBase, PreparedMessage
from bot.knowledge.prepared import Filling, typed_fields
from bot.messages import Attachment, LanguageCode, Press, Reply, Text
from bot.partners.partner import Recipient
from bot.storage.cases import CaseWithEvents
from bot.storage.models import CaseEventKind

_SEARCH: Final = re.compile(r"/articles?(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
# Search ranks every article; what is less likely than this is no help.
LIKELY: Final = 0.03
MAX_ARTICLES: Final = 8


@dataclass(frozen=True, slots=True)
class Quoted:
    """Where a press or a message stands: `message_id` is that of the message with the button, or of the one written;
    `answers` what stands in the message it answers, written by a bot or not at `answers_at`."""

    message_id: int
    answers_id: int | None = None
    answers: str = ""
    answers_at: dt.datetime | None = None
    by_bot: bool = False


NOTHING_QUOTED: Final = Quoted(0)


@dataclass(frozen=True, slots=True)
class Library:
    """What a caseworker can send, for one thing they do. `matches` are the articles that fit what they search for,
    None where they search for none."""

    knowledge_base: KnowledgeBase
    quoted: Quoted
    matches: tuple[str, ...] | None = None


def find_articles(respondent: Respondent, content: Text | Press | Attachment) -> tuple[str, ...] | None:
    """The articles that fit “/article …”, best first, at most five; None where nothing is searched for."""
    match = _SEARCH.fullmatch(content.text) if isinstance(content, Text) else None
    if match is None or not match[1]:
        return None
    finding = respondent.search.find(respondent.reader.read(match[1][: respondent.max_text_length]))
    return tuple(article.id for article in finding.articles if article.confidence >= LIKELY)


class MessageDesk:
    """What one caseworker sends by one tap, inside the caller's transaction."""

    def __init__(
        self, session: AsyncSession, found: CaseWithEvents, partner_id: str, partner: Recipient, actor: str,
        now: dt.datetime, library: Library,
    ) -> None:  # fmt: skip
        """`found` as it stands under the lock of this transaction; `partner_id` and `partner` own the topic."""
        self._session = session
        self._found = found
        self._case = found.case
        self._partner_id = partner_id
        self._partner = partner
        self._actor = actor
        self._now = now
        self._knowledge_base = library.knowledge_base
        self._quoted = library.quoted
        self._matches = library.matches
        self._language = LanguageCode(partner.working_language)
        self._words = translator(self._language)

    async def pressed(self, asked: Asked) -> Outcome:
        """Show a list or a preview, ask for what is to be filled in, or send what was seen."""
        choice = parse_choice(asked.ask, asked.choice, LanguageCode(self._case.language))
        if choice is None:
            if asked.ask == Ask.ARTICLE:
                return self._articles()
            return self._prepared(int(asked.choice) if asked.choice.isdecimal() else 0)
        if asked.ask == Ask.SEND:
            return await self._send(choice)
        return self._preview(choice, self._quoted.answers_id)

    def filled_in(self, text: str) -> Outcome | None:
        """The preview of a message whose date, time or place `text` gives, or what is wrong with it; None where
        nobody asked for them."""
        choice = parse_marker(self._quoted.answers) if self._quoted.by_bot else None
        if choice is None or text.lstrip().startswith("/"):
            return None
        written = Quoted(self._quoted.message_id, self._quoted.message_id, text, self._now)
        self._quoted = written
        return self._preview(choice, written.message_id)

    def asked_for(self, text: str) -> Outcome | None:
        """The articles that “/article” or “/article some words” asks for; None for another command."""
        words = self._words
        if _SEARCH.fullmatch(text) is None:
            return None
        if self._matches is None:
            return self._articles()
        if not self._matches:
            return self._say(words("No article fits. Please try other words."))
        return self._say(words("Which article? You see it before it is sent."), self._rows_of(self._matches))

    def _prepared(self, page: int) -> Outcome:
        words = self._words
        rows = prepared_rows(self._knowledge_base, words, self._case.reference, page)
        if not rows:
            return self._say(words("There are no prepared messages."))
        return self._say(words("Which message? You see it before it is sent."), rows)

    def _articles(self) -> Outcome:
        words = self._words
        known = [one for one in self._case.articles if one in self._knowledge_base.articles]
        related = [other for one in known for other in self._knowledge_base.articles[one].file.related]
        rows = self._rows_of(tuple(dict.fromkeys([*known, *related]))[:MAX_ARTICLES])
        hint = words("To look for others, write /article and a few words.")
        if not rows:
            return self._say(hint)
        return self._say(words("Which article? You see it before it is sent.") + " " + hint, rows)

    def _rows_of(self, ids: tuple[str, ...]) -> Rows:
        return article_rows(self._knowledge_base, self._words, self._case.reference, ids)

    def _preview(self, choice: Choice, answers: int | None, notice: str = "") -> Outcome:
        filling = self._filling(choice)
        if not isinstance(filling, Filling):
            return filling
        try:
            draft = self._draft(choice, filling)
            own = self._draft(replace(choice, language=self._language), filling)
        except CaseError:
            return self._gone()
        notes = [note for note in (self._not_reviewed(choice), notice) if note]
        text = preview_text(self._words, choice, draft, own, notes)
        rows = preview_rows(self._words, self._case.reference, choice, draft.digest)
        return Outcome(Reply(text, self._language, rows), answers=answers)

    async def _send(self, choice: Choice) -> Outcome:
        words = self._words
        preview = self._quoted.message_id
        if any(
            event.kind == CaseEventKind.ANSWER
            and event.partner_id == self._partner_id
            and (event.detail or {}).get("preview") == preview
            for event in self._found.events
        ):
            return self._say(words("This was sent already. It was not sent again."))
        filling = self._filling(choice)
        if not isinstance(filling, Filling):
            return filling
        try:
            draft = self._draft(choice, filling)
        except CaseError:
            return self._gone()
        if draft.digest != choice.digest:
            notice = words("It has changed since you saw it, so nothing was sent. Please look at it again.")
            return self._preview(choice, self._quoted.answers_id, notice)
        try:
            await answer_person(
                self._session, self._found, self._actor, [draft.reply], draft.text, self._now,
                {**draft.detail, "preview": preview},
            )  # fmt: skip
        except CaseError as error:
            return self._say(refusal(self._found, self._partner_id, error, words, answering=True))
        return self._say("✅ " + words("It is on its way to the person."), tool_rows(words, self._case.reference))

    def _filling(self, choice: Choice) -> Filling | Outcome:
        """What was filled in, or what asks for it."""
        message = self._message(choice)
        fields = typed_fields(message) if message is not None else ()
        if message is None or not fields:
            return Filling()
        quoted = self._quoted
        if quoted.answers_at is None or quoted.by_bot:
            return self._ask(message, choice)
        filling = read_filling(quoted.answers, fields, quoted.answers_at, self._now)
        return self._ask(message, choice, filling) if isinstance(filling, Fault) else filling

    def _ask(self, message: PreparedMessage, choice: Choice, fault: Fault | None = None) -> Outcome:
        text, example = prompt_text(
            self._words, message.title.in_language(self._language), typed_fields(message), choice,
            self._now.astimezone(JAPAN).date(), fault_text(self._words, fault) if fault is not None else "",
        )  # fmt: skip
        return Outcome(Reply(text, self._language), asks=example)

    def _draft(self, choice: Choice, filling: Filling) -> Draft:
        """Raises CaseError where it is not there any more."""
        case, language = self._case, choice.language
        if choice.kind == Kind.PREPARED:
            draft = draft_prepared(case, self._knowledge_base, choice.key, language, filling, self._partner, self._now)
        else:
            ids = {article_key(one): one for one in self._knowledge_base.articles}
            draft = draft_article(case, self._knowledge_base, ids.get(choice.key, choice.key), language, self._now)
        return replace(draft, reply=signed(draft.reply, self._partner.names.in_language(language)))

    def _message(self, choice: Choice) -> PreparedMessage | None:
        return self._knowledge_base.prepared.get(choice.key) if choice.kind == Kind.PREPARED else None

    def _not_reviewed(self, choice: Choice) -> str:
        """That nobody has reviewed a prepared message; an article says so itself."""
        words = self._words
        message = self._message(choice)
        if message is None or message.translation.reviewed_by:
            return ""
        if choice.language == SOURCE_LANGUAGE:
            return words("No person has reviewed this text yet.")
        return words("This translation has not been reviewed by a person yet.")

    def _gone(self) -> Outcome:
        words = self._words
        text = words("This is not there any more. Please choose again.")
        return self._say(text, tool_rows(words, self._case.reference))

    def _say(self, text: str, rows: Rows = ()) -> Outcome:
        return Outcome(Reply(text, self._language, rows))

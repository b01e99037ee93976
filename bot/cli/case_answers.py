"""`tomoni cases answer`: own words, a prepared message or an article; `tomoni cases prepared` lists the messages."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.answer import answer_replies
from bot.cases.case import referral_of
from bot.cases.prepared import draft_article, draft_prepared, filling_from
from bot.cases.service import answer_person
from bot.errors import CaseError
from bot.i18n import LANGUAGES
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.loader import load_knowledge_base
from bot.knowledge.prepared import TYPED, typed_fields
from bot.messages import LanguageCode
from bot.partners.partner import Recipient
from bot.settings import Settings
from bot.storage.cases import CaseWithEvents


def add_answer_arguments(answering: argparse.ArgumentParser) -> None:
    what = answering.add_mutually_exclusive_group(required=True)
    what.add_argument("text", nargs="?", help="your own words")
    what.add_argument("--prepared", metavar="ID", help="a prepared message; `tomoni cases prepared` lists them")
    what.add_argument("--article", metavar="ID", help="a whole article, for example work/unpaid-wages")
    answering.add_argument("--date", default="", help="for a prepared message: 2026-12-01")
    answering.add_argument("--time", default="", help="for a prepared message: 14:00, in Japan")
    answering.add_argument("--place", default="", help="for a prepared message: at most 100 characters")
    answering.add_argument(
        "--in", dest="language", choices=LANGUAGES, help="the language of a prepared message or an article"
    )


def texts_for(arguments: argparse.Namespace, settings: Settings) -> KnowledgeBase | None:
    """The knowledge base, where it is needed for the answer: reading it takes a while."""
    wanted = arguments.action == "answer" and (arguments.prepared or arguments.article)
    return load_knowledge_base(settings.knowledge_base) if wanted else None


async def answer_from_terminal(
    session: AsyncSession,
    found: CaseWithEvents,
    arguments: argparse.Namespace,
    knowledge_base: KnowledgeBase | None,
    partners: Mapping[str, Recipient],
    now: dt.datetime,
) -> None:
    """Send what the command asks for. Raises CaseError where that cannot be."""
    # A terminal may hand over bytes that are no text.
    given: dict[str, Any] = {field: _clean(getattr(arguments, field)) for field in TYPED}
    fields = {field: value for field, value in given.items() if value}
    if not arguments.prepared and fields:
        raise CaseError("--date, --time and --place go with --prepared")
    if knowledge_base is None:
        if arguments.language:
            raise CaseError("--in goes with --prepared or --article; your own words are sent as they stand")
        text = _clean(arguments.text)
        await answer_person(session, found, arguments.actor, answer_replies(found.case, text), text, now)
        return
    language = LanguageCode(arguments.language or found.case.language)
    if arguments.prepared:
        partner = partners.get(referral_of(found.events).partner_id)
        draft = draft_prepared(
            found.case, knowledge_base, arguments.prepared, language, filling_from(fields), partner, now
        )
    else:
        draft = draft_article(found.case, knowledge_base, arguments.article, language, now)
    await answer_person(session, found, arguments.actor, [draft.reply], draft.text, now, draft.detail)


def list_prepared(settings: Settings) -> int:
    for message_id, message in load_knowledge_base(settings.knowledge_base).prepared.items():
        print("\t".join((message_id, message.title.en, ", ".join(typed_fields(message)) or "-")))
    return 0


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

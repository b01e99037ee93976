"""Updates as Telegram posts them: real questions, presses of real buttons, each from a person of its own."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence

from bot.conversation.buttons import Action, data_for
from bot.i18n import ENGLISH, LANGUAGES
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.labelled import Labelled

Update = tuple[int, bytes]
_numbers: Iterator[int] = itertools.count(1000)


def new_chats(count: int) -> list[int]:
    """Chats nobody has written from yet."""
    return list(itertools.islice(_numbers, count))


def questions(rows: Sequence[Labelled], chats: Sequence[int]) -> list[Update]:
    """One question from each chat."""
    return [text(chat, row.question) for chat, row in zip(chats, rows, strict=True)]


def language_choices(rows: Sequence[Labelled], chats: Sequence[int]) -> list[Update]:
    """From each chat the press that chooses the language of its question."""
    languages = [row.language if row.language in LANGUAGES else ENGLISH for row in rows]
    return [press(chat, data_for(Action.LANGUAGE, code)) for chat, code in zip(chats, languages, strict=True)]


def presses(knowledge_base: KnowledgeBase, chats: Sequence[int], rng: random.Random) -> list[Update]:
    """One press from each chat, as people go about the menu: topics, a category, an article, what belongs to it."""
    articles = sorted(knowledge_base.articles)
    categories = [category.id for category in knowledge_base.categories]
    kinds = {
        Action.MENU: [""],
        Action.CATEGORY: categories,
        Action.ARTICLE: articles,
        Action.RELATED: articles,
        Action.HELPED: articles,
    }
    updates = []
    for chat in chats:
        action = rng.choice(
            [Action.MENU, Action.CATEGORY, Action.ARTICLE, Action.ARTICLE, Action.RELATED, Action.HELPED]
        )
        updates.append(press(chat, data_for(action, rng.choice(kinds[action]))))
    return updates


def text(chat: int, words: str) -> Update:
    """A message."""
    number = next(_numbers)
    message = {"message_id": number, "date": 1_790_000_000, "from": _person(chat), "chat": _chat(chat), "text": words}
    return chat, _encode({"update_id": number, "message": message})


def press(chat: int, data: str) -> Update:
    """A press of a button below a message of the bot's."""
    number = next(_numbers)
    bot = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
    message = {"message_id": 1, "date": 1_790_000_000, "from": bot, "chat": _chat(chat), "text": "…"}
    query = {"id": str(number), "from": _person(chat), "chat_instance": str(chat), "data": data, "message": message}
    return chat, _encode({"update_id": number, "callback_query": query})


def _person(chat: int) -> dict[str, object]:
    return {"id": chat, "is_bot": False, "first_name": "Person", "language_code": "en"}


def _chat(chat: int) -> dict[str, object]:
    return {"id": chat, "first_name": "Person", "type": "private"}


def _encode(update: dict[str, object]) -> bytes:
    return json.dumps(update, ensure_ascii=False).encode()

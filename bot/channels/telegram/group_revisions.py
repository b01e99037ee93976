"""What a caseworker changes in a topic, or takes back, after it went to the person; inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.relay import answer_at, edit_answer, revisions_of, take_back_answer
from bot.errors import CaseError
from bot.i18n import Translator
from bot.markup import escape
from bot.messages import Reply
from bot.storage.cases import CaseWithEvents

DELETE: Final = "/delete"


def asks_to_delete(text: str) -> bool:
    """Whether a message is the command that takes back the one it answers."""
    return text.strip().partition("@")[0].lower() == DELETE


async def edit_message(
    session: AsyncSession,
    found: CaseWithEvents,
    actor: str,
    message: int,
    text: str,
    shown: Callable[[str], Sequence[Reply]],
    words: Translator,
    now: dt.datetime,
) -> str:
    """Pass on that the topic's message `message` reads `text` now, without the lines that stay inside. `shown` gives
    the bubbles for it. Returns what to say to the caseworker; empty where all is well."""
    answer = answer_at(found, message)
    if answer is None:
        return words(
            "You have changed a message that had not gone to the person. Nothing was sent. What they are to read, "
            "please write as a new message."
        )
    if not text:
        return words(
            "Nothing is left of the message. The person still has the first one. To take it back, answer it with "
            "/delete."
        )
    last = next((event.text for event in reversed(revisions_of(found, answer)) if event.text), answer.text)
    if text == last:
        return ""
    try:
        await edit_answer(session, found, answer, actor, shown(text), text, now)
    except CaseError as error:
        return words("This could not be done: %(reason)s", reason=escape(str(error)))
    return ""


async def delete_message(
    session: AsyncSession, found: CaseWithEvents, actor: str, message: int | None, words: Translator, now: dt.datetime
) -> str:
    """Take back the topic's message `message`, which the command answers. Returns what to say to the caseworker; empty
    where they hear of it once Telegram has deleted it, or not."""
    answer = answer_at(found, message) if message is not None else None
    if answer is None:
        return words(
            "Nothing was deleted. Answer with /delete the very message of yours that the person should not see."
        )
    try:
        unsent = await take_back_answer(session, found, answer, actor, now)
    except CaseError as error:
        return words("This could not be done: %(reason)s", reason=escape(str(error)))
    return words("Taken back. It had not been sent yet.") if unsent else ""

"""What stands in a case's topic: letters, buttons and answers, in the partner's working language. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from bot.cases.case import referral_of, status_of
from bot.cases.service import OUTCOMES
from bot.conversation.state import SafeContact
from bot.errors import CaseError
from bot.i18n import Translator
from bot.markup import escape, without_ruby
from bot.messages import Button, LanguageCode, Reply
from bot.storage.cases import CaseWithEvents

# Telegram shows at most 4096 characters at once. Markdown is never shorter than what is shown of it.
MAX_BUBBLE: Final = 4000


# Lines that begin so stay among the caseworkers.
INTERNAL: Final = "//"


class Ask(StrEnum):
    """What a button in a topic asks for; it stands in its data and must not change its meaning."""

    TAKE = "take"
    DECLINE = "decline"
    CLOSE = "close"
    PREPARED = "prepared"
    ARTICLE = "article"
    SEND = "send"
    TRANSFER = "transfer"
    ADVICE = "advice"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Asked:
    """A press in a topic, taken apart: about which case, and the reason or outcome chosen, empty where it is still
    to be chosen."""

    ask: Ask
    reference: str
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said to a caseworker in the topic, and whether the topic is to be closed after that. What is said
    answers the message with the id `answers`, and asks for an answer of its own where `asks` says how one looks."""

    reply: Reply | None = None
    closes: bool = False
    answers: int | None = None
    asks: str = ""


class LetterText(Protocol):
    """What a topic shows of a letter to a partner."""

    @property
    def subject(self) -> str: ...

    @property
    def notice(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def language(self) -> LanguageCode: ...


def parse_ask(data: str) -> Asked | None:
    """What pressing a button with this data means; None for data that no button in a topic carries."""
    ask, _, rest = data.partition(":")
    reference, _, choice = rest.partition(":")
    return Asked(Ask(ask), reference, choice) if ask in set(Ask) and reference else None


def is_internal(line: str) -> bool:
    """Whether a line, or a text by its first one, stays among the caseworkers."""
    return line.lstrip().startswith(INTERNAL)


def without_internal(text: str) -> str:
    """`text` without the lines that stay among the caseworkers."""
    return "\n".join(line for line in text.splitlines() if not is_internal(line)).strip()


def letter_bubbles(letter: LetterText, rows: tuple[tuple[Button, ...], ...]) -> list[Reply]:
    """A letter as bubbles Telegram takes, `rows` of buttons under the last."""
    whole = "\n\n".join(part for part in (f"**{escape(letter.subject)}**", letter.notice, letter.body) if part)
    *first, last = parts_of(whole)
    return [*(Reply(part, letter.language) for part in first), Reply(last, letter.language, rows)]


def parts_of(text: str, limit: int = MAX_BUBBLE) -> list[str]:
    """Small Markdown in parts of at most `limit` characters, parted between paragraphs, else lines, else words."""
    if len(text) <= limit:
        return [text]
    for separator in ("\n\n", "\n", " "):
        pieces = [piece for piece in text.split(separator) if piece.strip()]
        if len(pieces) > 1:
            return _packed([part for piece in pieces for part in parts_of(piece, limit)], separator, limit)
    end = limit
    while text[end - 1] == "\\":  # what a backslash keeps from being markup belongs to it
        end -= 1
    return [text[:end], *parts_of(text[end:], limit)] if end else [text[:limit], *parts_of(text[limit:], limit)]


def _packed(pieces: Sequence[str], separator: str, limit: int) -> list[str]:
    packed = [pieces[0]]
    for piece in pieces[1:]:
        if len(packed[-1]) + len(separator) + len(piece) <= limit:
            packed[-1] += separator + piece
        else:
            packed.append(piece)
    return packed


def answer_rows(words: Translator, reference: str) -> tuple[tuple[Button, ...], ...]:
    """The buttons under an offer."""
    return (
        (_button("✋ " + words("Take the case"), Ask.TAKE, reference),
         _button("↩️ " + words("Decline"), Ask.DECLINE, reference)),
        *close_rows(words, reference),
    )  # fmt: skip


def close_rows(words: Translator, reference: str) -> tuple[tuple[Button, ...], ...]:
    """The button that ends a case."""
    return ((_button("✅ " + words("Close the case"), Ask.CLOSE, reference),),)


def reasons(words: Translator) -> dict[str, str]:
    """Why a partner does not take a case: the reasons to choose from, by what stands in their buttons."""
    return {
        "full": words("We have no room for it now"),
        "topic": words("It is not our kind of case"),
        "place": words("We do not serve that place"),
        "language": words("Nobody here speaks the language"),
        "other": words("Another reason"),
    }


def outcomes(words: Translator) -> dict[str, str]:
    """How a case can end, by the names of OUTCOMES."""
    said = {
        "solved": words("Solved"),
        "advised": words("Advice was given"),
        "referred": words("Passed on to another office"),
        "unreachable": words("The person could not be reached"),
        "duplicate": words("There is another case about it"),
        "other": words("Another outcome"),
    }
    return {outcome: said[outcome] for outcome in OUTCOMES}


def choice_rows(ask: Ask, reference: str, choices: dict[str, str]) -> tuple[tuple[Button, ...], ...]:
    """A button for each of `choices`, one below the other."""
    return tuple((_button(label, ask, reference, choice),) for choice, label in choices.items())


def why_not(found: CaseWithEvents, partner_id: str, words: Translator) -> str:
    """Why this partner can do nothing about a case at all; empty where it has the case."""
    name = status_of(found.events).name
    if name == "withdrawn":
        return words("The person has taken this case back. Nothing was done or sent.")
    if name == "closed":
        return words("This case is closed. Nothing was done or sent.")
    if referral_of(found.events).partner_id != partner_id:
        return words("You do not have this case any more. Nothing was done or sent.")
    return ""


def refusal(found: CaseWithEvents, partner_id: str, error: CaseError, words: Translator, *, answering: bool) -> str:
    """What to say where `error` came of something asked of a case, in the reader's language where there are words.
    `answering` tells that something was to be sent to the person."""
    if reason := why_not(found, partner_id, words):
        return reason
    if answering and found.case.address is None:
        return words("The person cannot be reached any more. Nothing was sent.")
    if answering and found.intake.get("contact") == SafeContact.NO:
        return words("The person said that it is not safe to write to them here. Nothing was sent.")
    accepted_by = referral_of(found.events).accepted_by
    if accepted_by and not answering:
        return words("%(name)s has taken this case already.", name=f"**{escape(name_in(accepted_by))}**")
    return words("This could not be done: %(reason)s", reason=escape(str(error)))


def name_in(actor: str) -> str:
    """The name in the actor of an event, as a caseworker reads it."""
    return actor.partition(":")[2] or actor


def _button(label: str, ask: Ask, reference: str, choice: str = "") -> Button:
    return Button(without_ruby(label), f"{ask}:{reference}:{choice}".rstrip(":"))

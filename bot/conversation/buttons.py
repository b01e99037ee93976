"""What a button press means: a few letters in its data, the same for every channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.markup import without_ruby
from bot.messages import Button

MAX_DATA_BYTES: Final = 64
MAX_LABEL: Final = 60


class Action(StrEnum):
    """What pressing a button does; the letter stands in its data and must not change its meaning."""

    LANGUAGE = "l"
    KEEP_LANGUAGE = "k"
    LANGUAGES = "g"
    MENU = "m"
    CATEGORY = "c"
    ARTICLE = "a"
    HELPED = "h"
    NOT_HELPED = "n"
    RELATED = "r"
    COUNTER_CARD = "s"
    NONE_OF_THESE = "x"
    PERSON = "p"
    INTAKE = "i"
    CONSENT = "y"
    SOLVED = "o"
    TO_ANOTHER = "t"
    TRANSFER = "v"
    KEEP_CASE = "z"
    WITHDRAW = "w"
    FORGET = "f"
    KEEP = "q"
    ADD_TO_CASE = "d"
    NEW_QUESTION = "u"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press, taken apart. `subject` is an article, a category, a language or empty; `page` counts from 0."""

    action: Action
    subject: str = ""
    page: int = 0


def data_for(action: Action, subject: str = "", page: int = 0) -> str:
    """The data of a button; `parse_data` reads it back."""
    parts = [action.value, subject, str(page) if page else ""]
    return ":".join(parts).rstrip(":")


def parse_data(data: str) -> Pressed | None:
    """What pressing a button with this data means; None for data that no button of ours carries."""
    head, _, rest = data.partition(":")
    subject, _, page = rest.partition(":")
    if head not in set(Action) or (page and not (page.isascii() and page.isdecimal() and len(page) <= 4)):
        return None
    return Pressed(Action(head), subject, int(page or 0))


def button(label: str, action: Action, subject: str = "", page: int = 0) -> Button:
    """A button; a label too long for a phone's screen is cut, and no channel sets furigana on one."""
    plain = without_ruby(label)
    shown = plain if len(plain) <= MAX_LABEL else plain[: MAX_LABEL - 1] + "…"
    return Button(shown, data_for(action, subject, page))

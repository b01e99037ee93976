"""Where a conversation stands, as one frozen value that goes to and from JSON."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from bot.i18n import LANGUAGES, is_offered
from bot.messages import LanguageCode

FORMAT: Final = 1


class Step(StrEnum):
    """How far a conversation has come."""

    NEW = "new"
    CHOOSING_LANGUAGE = "choosing_language"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class ConversationState:
    """All that is remembered of a conversation between two messages.

    `kept_question` waits for the language to be chosen; `question` is the last one asked, for a hand-over;
    `fragments` are short messages not yet understood, in case more follows; `choices` is what the numbered
    buttons last shown stand for, `yes` and `no` what those words would press right after our question;
    `shown_in` is the language the last answer was given in, `in_danger` tells that it was to a danger; `case` is
    the reference of the open case, `wants_story` tells that the next words belong to it.
    """

    step: Step = Step.NEW
    language: LanguageCode | None = None
    kept_question: str = ""
    question: str = ""
    fragments: str = ""
    fragments_at: dt.datetime | None = None
    waiting: bool = False
    articles: tuple[str, ...] = ()
    shown_in: LanguageCode | None = None
    in_danger: bool = False
    choices: tuple[str, ...] = ()
    yes: str = ""
    no: str = ""
    case: str = ""
    wants_story: bool = False
    switch_declined: tuple[LanguageCode, ...] = ()

    def but(self, **changes: Any) -> ConversationState:
        """The same state with some of it changed."""
        return replace(self, **changes)

    def to_json(self) -> str:
        raw = {key: value for key, value in asdict(self).items() if value}
        if self.fragments_at is not None:
            raw["fragments_at"] = self.fragments_at.isoformat()
        return json.dumps({"format": FORMAT, **raw}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ConversationState:
        """The state behind `text`. Names that this version does not know are left out, so that an older or
        newer server's state never stops a conversation."""
        raw = json.loads(text)
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {key: value for key, value in raw.items() if key in known}
        for key in ("articles", "choices", "switch_declined"):
            values[key] = tuple(values.get(key, ()))
        values["step"] = Step(values["step"]) if values.get("step") in set(Step) else Step.NEW
        for key in ("language", "shown_in"):
            if not is_offered(values.get(key) or ""):
                values[key] = None
        if values.get("fragments_at"):
            values["fragments_at"] = dt.datetime.fromisoformat(values["fragments_at"])
        return cls(**values)

    def speaks(self, fallback: LanguageCode) -> LanguageCode:
        """The language to write in when the message itself does not tell."""
        return self.language or (fallback if fallback in LANGUAGES else LANGUAGES[-1])

"""What the thinking part hands back: what to say, what to do, and where the conversation stands then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.conversation.state import ConversationState
from bot.knowledge.finding import ScoredArticle
from bot.language.reading import Reading
from bot.messages import LanguageCode, Reply


class Decision(StrEnum):
    """What was decided about a message; the first six are the contract of `ask --jsonl`."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    URGENT = "urgent"
    HANDOVER = "handover"
    SMALLTALK = "smalltalk"
    UNKNOWN = "unknown"
    NAVIGATION = "navigation"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Store a case under `reference`. `question` may be empty where someone just asked for a person."""

    reference: str
    question: str
    language: LanguageCode
    articles: tuple[str, ...]
    urgency: str = "normal"


@dataclass(frozen=True, slots=True)
class AddToCase:
    """Add what the person wrote to their open case."""

    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class WithdrawCase:
    """The person takes the case back."""

    reference: str


@dataclass(frozen=True, slots=True)
class ForgetConversation:
    """Delete everything stored about this conversation."""


@dataclass(frozen=True, slots=True)
class ResumeAt:
    """If nothing more is written until then, answer what has been written so far."""

    at: dt.datetime


Effect = OpenCase | AddToCase | WithdrawCase | ForgetConversation | ResumeAt


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a conversation. `record` is text editors should see because no answer was found."""

    replies: tuple[Reply, ...]
    state: ConversationState
    decision: Decision
    effects: tuple[Effect, ...] = ()
    reading: Reading | None = None
    found: tuple[ScoredArticle, ...] = ()
    record: str = ""

    def but(self, **changes: Any) -> Turn:
        """The same turn with some of it changed."""
        return replace(self, **changes)

    def after(self, *replies: Reply) -> Turn:
        """The same turn with `replies` said first."""
        return replace(self, replies=(*replies, *self.replies))

"""What the thinking part hands back: what to say, what to do, and where the conversation stands then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.conversation.state import ConversationState, Intake
from bot.knowledge.finding import ScoredArticle
from bot.language.reading import Reading
from bot.messages import Attachment, LanguageCode, Reply
from bot.partners.routing import Reason


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
class Consent:
    """What a person agreed to: which partner reads which kinds of data for which purpose, in the exact words that
    were shown, with their version and language."""

    partner_id: str
    purpose: str
    kinds: tuple[str, ...]
    version: str
    language: LanguageCode
    text: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Store a case under `reference` and offer it to the partner of the consent, for `reasons`.

    `intake` holds what was told. Without a consent (a fault of ours stopped the thinking) the case waits at the
    operator's desk, and nobody else sees it.
    """

    reference: str
    intake: Intake
    language: LanguageCode
    articles: tuple[str, ...]
    urgency: str = "normal"
    consent: Consent | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferCase:
    """Offer an open case to one more partner, the one of the consent."""

    reference: str
    consent: Consent
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class AddToCase:
    """Add what the person wrote, or a file with or without words, to their open case, and raise its urgency if it
    speaks of danger. `edited` words are what a message was changed to."""

    reference: str
    text: str
    urgency: str = "normal"
    attachment: Attachment | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class SolveCase:
    """The person says that it is solved."""

    reference: str


@dataclass(frozen=True, slots=True)
class RefuseTransfer:
    """The person does not want their case passed on to this partner."""

    reference: str
    partner_id: str


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


Effect = OpenCase | OfferCase | AddToCase | SolveCase | RefuseTransfer | WithdrawCase | ForgetConversation | ResumeAt


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

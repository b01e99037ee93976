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
# How many characters of a question are remembered.
MAX_KEPT: Final = 2000


class Step(StrEnum):
    """How far a conversation has come."""

    NEW = "new"
    CHOOSING_LANGUAGE = "choosing_language"
    READY = "ready"


class IntakeStep(StrEnum):
    """Which question of the intake is open."""

    WHAT = "what"
    SINCE = "since"
    PLACE = "place"
    CONTACT = "contact"
    NAME = "name"
    CONSENT = "consent"


class SafeContact(StrEnum):
    """Whether a caseworker may write to the person here."""

    UNKNOWN = "unknown"
    YES = "yes"
    TIMES = "times"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Intake:
    """What was told so far for a case that is not open yet.

    `since` is a day as YYYY-MM-DD, `since_words` what was said of it otherwise; `place` a prefecture; `times` when
    it is safe to write. `partner` is whom the consent on screen names, `transfer_to` whom a caseworker proposed.
    `changing` tells that one answer is being changed, `told` that what happened was written here and not before.
    `immediate` cases skip the questions.
    """

    step: IntakeStep = IntakeStep.WHAT
    what: str = ""
    articles: tuple[str, ...] = ()
    since: str = ""
    since_words: str = ""
    place: str = ""
    contact: SafeContact = SafeContact.UNKNOWN
    times: str = ""
    name: str = ""
    partner: str = ""
    transfer_to: str = ""
    changing: bool = False
    told: bool = False
    immediate: bool = False

    def but(self, **changes: Any) -> Intake:
        """The same intake with some of it changed."""
        return replace(self, **changes)

    @classmethod
    def from_raw(cls, raw: Any) -> Intake | None:
        """The intake behind its JSON; None where there is none, or one this version does not know."""
        if not isinstance(raw, dict):
            return None
        values = {field.name: raw[field.name] for field in fields(cls) if field.name in raw}
        try:
            values["step"] = IntakeStep(values.get("step", IntakeStep.WHAT))
            values["contact"] = SafeContact(values.get("contact", SafeContact.UNKNOWN))
        except ValueError:
            return None
        values["articles"] = tuple(values.get("articles", ()))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class ConversationState:
    """All that is remembered of a conversation between two messages.

    `kept_question` waits for the language to be chosen; `question` is the last one asked, for a hand-over;
    `fragments` are short messages not yet understood, in case more follows; `choices` is what the numbered
    buttons last shown stand for, `yes` and `no` what those words would press right after our question;
    `shown_in` is the language the last answer was given in, `in_danger` tells that it was to a danger; `case` is
    the reference of the open case, `wants_story` tells that the next words belong to it; `intake` holds what was
    told for a case that is not open yet, `passed_on` what was passed on for the open one, and `tried` the partners it
    was offered to; `relayed` are the last words that went to a caseworker, `relayed_at` when the person was told so.
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
    intake: Intake | None = None
    passed_on: Intake | None = None
    tried: tuple[str, ...] = ()
    switch_declined: tuple[LanguageCode, ...] = ()
    relayed: str = ""
    relayed_at: dt.datetime | None = None

    def but(self, **changes: Any) -> ConversationState:
        """The same state with some of it changed."""
        return replace(self, **changes)

    def without_case(self) -> ConversationState:
        """The same state now that its case is over: nothing of that case is left in it."""
        return self.but(
            case="", wants_story=False, passed_on=None, tried=(), intake=None, relayed="", relayed_at=None,
            articles=self.articles if self.question else (),
        )  # fmt: skip

    def to_json(self) -> str:
        raw = {key: value for key, value in asdict(self).items() if value}
        for key in ("fragments_at", "relayed_at"):
            if key in raw:
                raw[key] = raw[key].isoformat()
        return json.dumps({"format": FORMAT, **raw}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ConversationState:
        """The state behind `text`. Names that this version does not know are left out, so that an older or
        newer server's state never stops a conversation."""
        raw = json.loads(text)
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {key: value for key, value in raw.items() if key in known}
        for key in ("articles", "choices", "switch_declined", "tried"):
            values[key] = tuple(values.get(key, ()))
        for key in ("intake", "passed_on"):
            values[key] = Intake.from_raw(values.get(key))
        values["step"] = Step(values["step"]) if values.get("step") in set(Step) else Step.NEW
        for key in ("language", "shown_in"):
            if not is_offered(values.get(key) or ""):
                values[key] = None
        for key in ("fragments_at", "relayed_at"):
            if values.get(key):
                values[key] = dt.datetime.fromisoformat(values[key])
        return cls(**values)

    def speaks(self, fallback: LanguageCode) -> LanguageCode:
        """The language to write in when the message itself does not tell."""
        return self.language or (fallback if fallback in LANGUAGES else LANGUAGES[-1])

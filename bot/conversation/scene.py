"""What every family of replies needs: the knowledge base, today's date, the reader's words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from bot.conversation.buttons import Action, button
from bot.conversation.state import ConversationState
from bot.i18n import Translator, translator
from bot.knowledge.article import KnowledgeBase
from bot.messages import Button, LanguageCode, Reply
from bot.partners.directory import Directory

JAPAN: Final = ZoneInfo("Asia/Tokyo")
Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs this helpline, as /about says it; both may be empty. How long they keep what, and the name of the
    service that may translate by machine, empty where there is none."""

    name: str = ""
    contact: str = ""
    closed_cases_kept_days: int = 90
    silent_conversations_kept_days: int = 180
    translator: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the open case stands: which partner has it (the operator's desk: OPERATOR) and since when, whether somebody
    there has accepted it, the articles it is about, and whether a caseworker has written since the person last did."""

    partner_id: str
    since: dt.datetime
    accepted: bool = False
    articles: tuple[str, ...] = ()
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One message's surroundings. `reference` is a fresh case reference, used if a case is opened; `open_cases` how
    many each partner has now; `standing` how the open case stands, if there is one."""

    knowledge_base: KnowledgeBase
    state: ConversationState
    now: dt.datetime
    language: LanguageCode
    reference: str
    operator: Operator
    directory: Directory
    open_cases: Mapping[str, int]
    standing: Standing | None = None

    @property
    def words(self) -> Translator:
        return translator(self.language)

    @property
    def today(self) -> dt.date:
        """The date in Japan, where rules and offices are."""
        return self.now.astimezone(JAPAN).date()

    def in_language(self, language: LanguageCode) -> Scene:
        """The same scene for a reader of another language."""
        return replace(self, language=language)

    def with_state(self, state: ConversationState) -> Scene:
        """The same scene with the conversation standing elsewhere."""
        return replace(self, state=state)

    def say(self, text: str, rows: Rows = (), *, large: bool = False) -> Reply:
        """A reply in the scene's language."""
        return Reply(text, self.language, rows, large)

    def menu_button(self) -> Button:
        return button("📋 " + self.words("Topics"), Action.MENU)

    def person_button(self) -> Button:
        return button("🙋 " + self.words("Ask a person"), Action.PERSON)

    def language_button(self) -> Button:
        return button("🌐 Language · भाषा · ဘာသာ", Action.LANGUAGES)


def remember_choices(state: ConversationState, replies: tuple[Reply, ...]) -> ConversationState:
    """The state after `replies`: what typed numbers, yes and no now stand for."""
    for reply in reversed(replies):
        if reply.buttons:
            data = tuple(item.data for row in reply.buttons for item in row)
            # A number after words were passed on is more likely for the caseworker.
            return state if data == (Action.NEW_QUESTION,) else state.but(choices=data)
    return state

"""What a caseworker's words and presses in a case's topic do to the case, inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.answer import answer_replies, signed
from bot.cases.service import accept_case, answer_person, close_case, decline_case
from bot.channels.telegram.group_files import send_file
from bot.channels.telegram.group_messages import Library, MessageDesk
from bot.channels.telegram.group_others import OthersDesk
from bot.channels.telegram.group_previews import tool_rows
from bot.channels.telegram.group_revisions import asks_to_delete, delete_message, edit_message
from bot.channels.telegram.group_words import (
    INTERNAL,
    Ask,
    Asked,
    Outcome,
    choice_rows,
    close_rows,
    is_internal,
    name_in,
    outcomes,
    parse_ask,
    reasons,
    refusal,
    why_not,
    without_internal,
)
from bot.conversation.file_limits import Refusal, admit, refusal_text
from bot.conversation.state import SafeContact
from bot.errors import CaseError
from bot.i18n import translator
from bot.markup import escape
from bot.messages import Attachment, Button, LanguageCode, Press, Reply, Text
from bot.partners.partner import Recipient
from bot.storage.cases import CaseWithEvents, add_case_event
from bot.storage.models import CaseEventKind

MAX_TEXT: Final = 4000


class GroupDesk:
    """One caseworker's doing in the topic of one case."""

    def __init__(
        self, session: AsyncSession, found: CaseWithEvents, partner_id: str, partner: Recipient, actor: str,
        now: dt.datetime, recipients: Mapping[str, Recipient], library: Library,
    ) -> None:  # fmt: skip
        """`found` as it stands under the lock of this transaction; `partner_id` and `partner` own the topic."""
        self._recipients = recipients
        self._session = session
        self._found = found
        self._partner_id = partner_id
        self._partner = partner
        self._actor = actor
        self._now = now
        self._message = library.quoted.message_id
        self._answered = library.quoted.answers_id
        self._words = translator(LanguageCode(partner.working_language))
        self._messages = MessageDesk(session, found, partner_id, partner, actor, now, library)
        self._others = OthersDesk(session, found, partner_id, partner, actor, now, recipients, library.quoted)

    async def act(self, content: Text | Press | Attachment) -> Outcome:
        """Do what `content` asks for. What the case does not allow is said, and nothing is written then."""
        if reason := why_not(self._found, self._partner_id, self._words):
            return await self._others.advise(content) or self._say(reason)
        match content:
            case Press(data):
                return await self._pressed(parse_ask(data))
            case Attachment():
                return await self._attached(content)
            case Text(text, edited=False) if (asked := await self._others.filled_in(text)) is not None:
                return asked
            case Text(text) if (preview := self._messages.filled_in(text)) is not None:
                return preview
            case Text(text, edited=True):
                said = await edit_message(
                    self._session, self._found, self._actor, self._message, without_internal(text), self._shown,
                    self._words, self._now,
                )  # fmt: skip
                return self._say(said) if said else Outcome()
            case Text(text):
                return await self._written(text)

    async def _pressed(self, asked: Asked | None) -> Outcome:
        words = self._words
        try:
            match asked:
                case Asked(Ask.TAKE):
                    await accept_case(self._session, self._found, self._actor, self._now)
                    return self._say(self._taken(), self._rows())
                case Asked(Ask.PREPARED | Ask.ARTICLE | Ask.SEND):
                    return await self._messages.pressed(asked)
                case Asked(Ask.TRANSFER | Ask.ADVICE | Ask.ESCALATE):
                    return self._others.pressed(asked)
                case Asked(Ask.DECLINE, reference, choice):
                    texts = reasons(words)
                    if choice not in texts:
                        return self._say(words("Why do you decline?"), choice_rows(Ask.DECLINE, reference, texts))
                    await decline_case(
                        self._session, self._found, self._actor, texts[choice], self._now, self._recipients
                    )
                    return self._say(
                        words("You have declined the case. Please delete what you have of it."), closes=True
                    )
                case Asked(Ask.CLOSE, reference, choice):
                    texts = outcomes(words)
                    if choice not in texts:
                        return self._say(words("How did the case end?"), choice_rows(Ask.CLOSE, reference, texts))
                    await close_case(self._session, self._found, self._actor, choice, self._now)
                    return self._say(words("The case is closed."), closes=True)
        except CaseError as error:
            return self._say(refusal(self._found, self._partner_id, error, words, answering=False))
        return self._say(words("This button means nothing here."))

    def _taken(self) -> str:
        words = self._words
        taken = words("**%(name)s** has taken the case.", name=escape(name_in(self._actor)))
        told = self._found.intake
        times = ""
        if told.get("contact") == SafeContact.TIMES:
            times = words("Write to the person only at these times: %(times)s", times=escape(told.get("times") or "?"))
        return "\n\n".join(part for part in (taken, times, self._how_to()) if part)

    def _rows(self) -> tuple[tuple[Button, ...], ...]:
        reference = self._found.case.reference
        return (*tool_rows(self._words, reference), *self._others.rows(), *close_rows(self._words, reference))

    def _how_to(self) -> str:
        return self._words(
            "What you write in this topic goes to the person as a message. Lines that start with // stay here. The "
            "person reads %(language)s.",
            language=self._words.language_name(self._found.case.language),
        )

    async def _written(self, text: str) -> Outcome:
        words = self._words
        if asks_to_delete(text):
            said = await delete_message(self._session, self._found, self._actor, self._answered, words, self._now)
            return self._say(said) if said else Outcome()
        if text.startswith("/") and not text.startswith(INTERNAL):
            # A slash too few in front of a note must not send it to the person.
            return self._messages.asked_for(text) or self._say(
                words("Nothing was sent.") + " " + self._how_to(), self._rows()
            )
        if len(text) > MAX_TEXT:
            return self._say(
                words(
                    "This is too long: %(length)s characters, and at most %(most)s can be sent. Nothing was sent. "
                    "Please send it in two messages.",
                    length=words.number(len(text)), most=words.number(MAX_TEXT),
                )
            )  # fmt: skip
        sent = without_internal(text)
        outcome = await self._answer(sent) if sent else Outcome()
        await self._keep([line for line in text.splitlines() if is_internal(line)])
        return outcome

    async def _attached(self, content: Attachment) -> Outcome:
        if content.edited:
            return self._say(self._still_the_first())
        if is_internal(content.caption):
            # The whole of it stays here; what was written with it stands in the case.
            await self._keep(content.caption.splitlines())
            return Outcome()
        admitted = admit(content)
        if isinstance(admitted, Refusal):
            return self._say(refusal_text(self._words, admitted) + " " + self._words("Nothing was sent."))
        if content.caption.startswith("/"):
            return await self._written(content.caption)
        outcome = await self._send_file(replace(admitted, caption=without_internal(content.caption)))
        await self._keep([line for line in content.caption.splitlines() if is_internal(line)])
        return outcome

    async def _send_file(self, admitted: Attachment) -> Outcome:
        name = self._partner.names.in_language(self._found.case.language)
        try:
            await send_file(self._session, self._found, self._actor, name, admitted, self._now)
        except CaseError as error:
            return self._say(refusal(self._found, self._partner_id, error, self._words, answering=True))
        return Outcome()

    def _still_the_first(self) -> str:
        return self._words(
            "You have changed a message. The person still has the first one. Please write what is "
            "different as a new message."
        )

    async def _keep(self, lines: Sequence[str]) -> None:
        """Write lines that stay inside into the case."""
        kept = [line.lstrip().removeprefix(INTERNAL).strip() for line in lines]
        if kept:
            await add_case_event(
                self._session, self._found.case.id, CaseEventKind.INTERNAL, actor=self._actor, at=self._now,
                text="\n".join(kept), partner_id=self._partner_id,
            )  # fmt: skip

    async def _answer(self, text: str) -> Outcome:
        try:
            await answer_person(
                self._session, self._found, self._actor, self._shown(text), text, self._now, message=self._message
            )
        except CaseError as error:
            return self._say(refusal(self._found, self._partner_id, error, self._words, answering=True))
        return Outcome()

    def _shown(self, text: str) -> list[Reply]:
        """How the person sees it. Raises CaseError where it is too long or empty."""
        case = self._found.case
        first, *others = answer_replies(case, text)
        return [signed(first, self._partner.names.in_language(case.language)), *others]

    def _say(self, text: str, rows: tuple[tuple[Button, ...], ...] = (), *, closes: bool = False) -> Outcome:
        return Outcome(Reply(text, self._words.language, rows), closes)

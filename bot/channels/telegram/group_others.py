"""Passing a case on, asking for advice and calling the operator from a case's topic; and answering who asks there.
Nothing is remembered between two steps: whom a caseworker asks stands in the message that their words answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.advice import ask_advice, escalate, give_advice
from bot.cases.case import is_asked_for_advice, referral_of
from bot.cases.transfer import ask_transfer
from bot.channels.telegram.group_messages import Quoted
from bot.channels.telegram.group_words import Ask, Asked, Outcome, choice_rows, is_internal, without_internal
from bot.errors import CaseError
from bot.i18n import translator
from bot.markup import escape, without_ruby
from bot.messages import Attachment, Button, LanguageCode, Press, Reply, Text
from bot.partners.partner import Partner, Recipient
from bot.partners.routing import OPERATOR
from bot.storage.cases import CaseWithEvents

MAX_PARTNERS: Final = 20
_MARKER: Final = re.compile(r"#!(transfer|advice|escalate)(?:\.([0-9a-f]{10}))?\s*$")
Rows = tuple[tuple[Button, ...], ...]


class OthersDesk:
    """What one caseworker asks of others about one case, inside the caller's transaction."""

    def __init__(
        self, session: AsyncSession, found: CaseWithEvents, partner_id: str, partner: Recipient, actor: str,
        now: dt.datetime, recipients: Mapping[str, Recipient], quoted: Quoted,
    ) -> None:  # fmt: skip
        """`found` as it stands under the lock of this transaction; `partner_id` and `partner` own the topic."""
        self._session = session
        self._found = found
        self._partner_id = partner_id
        self._actor = actor
        self._now = now
        self._recipients = recipients
        self._quoted = quoted
        self._language = LanguageCode(partner.working_language)
        self._words = translator(self._language)

    def rows(self) -> Rows:
        """The buttons that begin it."""
        words, reference = self._words, self._found.case.reference
        asks: list[tuple[Ask, str]] = []
        if self._partners():
            asks.append((Ask.TRANSFER, "↪️ " + words("Pass the case on")))
            asks.append((Ask.ADVICE, "💡 " + words("Ask for advice")))
        if referral_of(self._found.events).partner_id != OPERATOR:
            asks.append((Ask.ESCALATE, "📣 " + words("Call the operator")))
        return tuple((Button(without_ruby(label), f"{ask}:{reference}"),) for ask, label in asks)

    def pressed(self, asked: Asked) -> Outcome:
        """Ask which partner, then for the words that go to them."""
        words = self._words
        partners = self._partners()
        if asked.ask != Ask.ESCALATE and asked.choice not in partners:
            if not partners:
                return self._say(words("There is no other partner."))
            names = {key: self._name(partner) for key, (_, partner) in partners.items()}
            return self._say(words("Which partner?"), choice_rows(asked.ask, asked.reference, names))
        text, example = self._prompt(asked, partners)
        marker = f"#!{asked.ask}" + (f".{asked.choice}" if asked.ask != Ask.ESCALATE else "")
        return Outcome(Reply(f"{text}\n\n{escape(marker)}", self._language), asks=example)

    async def filled_in(self, text: str) -> Outcome | None:
        """What becomes of words that answer such a question; None where nothing of the kind was asked."""
        match = _MARKER.search(self._quoted.answers) if self._quoted.by_bot else None
        if match is None or text.lstrip().startswith("/"):
            return None
        words = self._words
        known = self._partners().get(match[2] or "")
        ask = Ask(match[1])
        if ask != Ask.ESCALATE and known is None:
            return self._say(words("This partner is not there any more. Please choose again."), self.rows())
        try:
            if known is None:
                await escalate(self._session, self._found, self._actor, text, self._now, self._recipients)
                return self._say(words("The operator is told. The case stays with you."))
            to, partner = known
            name = f"**{escape(self._name(partner))}**"
            if ask == Ask.ADVICE:
                await ask_advice(self._session, self._found, self._actor, to, text, self._now, self._recipients)
                return self._say(words("%(name)s is asked. Their answer comes into this topic.", name=name))
            await ask_transfer(self._session, self._found, self._actor, to, text, self._now, self._recipients)
            return self._say(
                words(
                    "The person is asked whether %(name)s may have the case. Until then it stays with you.", name=name
                )
            )
        except CaseError as error:
            return self._say(words("This could not be done: %(reason)s", reason=escape(str(error))))

    async def advise(self, content: Text | Press | Attachment) -> Outcome | None:
        """What becomes of what is written in the topic of somebody who was asked; None where nobody asked them."""
        if not is_asked_for_advice(self._found.events, self._partner_id):
            return None
        words = self._words
        if not isinstance(content, Text) or (content.text.startswith("/") and not is_internal(content.text)):
            return self._say(words("Please write your advice as a text. Nothing was sent."))
        text = without_internal(content.text)
        if not text:
            return Outcome()
        try:
            await give_advice(
                self._session, self._found, self._actor, self._partner_id, text, self._now, self._recipients
            )
        except CaseError as error:
            return self._say(words("This could not be done: %(reason)s", reason=escape(str(error))))
        return self._say("✅ " + words("It is on its way to whoever has the case."))

    def _partners(self) -> dict[str, tuple[str, Partner]]:
        """The other partners by what stands for them in a button; those that take the topic first."""
        holder = referral_of(self._found.events).partner_id
        topics = self._found.case.articles[:1]
        others = [
            (partner_id, partner)
            for partner_id, partner in self._recipients.items()
            if isinstance(partner, Partner) and partner_id != holder
        ]
        others.sort(key=lambda item: not any(item[1].takes_topic(topic) for topic in topics))
        return {_key(partner_id): (partner_id, partner) for partner_id, partner in others[:MAX_PARTNERS]}

    def _prompt(self, asked: Asked, partners: Mapping[str, tuple[str, Partner]]) -> tuple[str, str]:
        """What asks for the words, and how they may look."""
        words = self._words
        if asked.ask == Ask.ESCALATE:
            text = words("What should the operator know? Please answer this very message.")
            return text, without_ruby(words("The company threatens the person."))
        name = f"**{escape(self._name(partners[asked.choice][1]))}**"
        if asked.ask == Ask.ADVICE:
            text = words(
                "What do you want to ask %(name)s? Please answer this very message. Only what you write goes to them, "
                "so write nothing by which the person could be known.",
                name=name,
            )
            return text, without_ruby(words("Does your shelter take families?"))
        text = words(
            "Why should %(name)s have the case? Please answer this very message. The person is asked first; your words "
            "go to the partner only if they agree.",
            name=name,
        )
        return text, without_ruby(words("She needs a place to stay."))

    def _name(self, partner: Partner) -> str:
        return partner.names.in_language(self._language)

    def _say(self, text: str, rows: Rows = ()) -> Outcome:
        return Outcome(Reply(text, self._language, rows))


def _key(partner_id: str) -> str:
    """A short name for a partner, whatever its length: the data of a button holds 64 bytes."""
    return hashlib.blake2b(partner_id.encode(), digest_size=5).hexdigest()

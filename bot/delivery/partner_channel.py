"""What a channel to partners must be able to do, and what it is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.messages import LanguageCode
from bot.partners.partner import Recipient
from bot.storage.models import AttachmentRow


@dataclass(frozen=True, slots=True)
class Letter:
    """What a partner is told about a case, in its working language.

    `kind` is the kind of event it is about (offered, reminded, note, edited, taken_back, undeliverable, withdrawn,
    revoked, closed, transfer_refused, advice_asked, advice_given, escalated); `subject` and `notice` hold nothing
    personal, only reference, topic, urgency and what is asked; `body` is the whole story as small Markdown, empty where
    there is nothing more to say. `person_language` is the one the person reads; `attachments` are the person's files
    that belong to it. `topic` (group and thread) is where it stood in Telegram, if the case is deleted here and
    everything in that topic is to go.
    """

    reference: str
    kind: str
    urgency: str
    category: str
    subject: str
    notice: str
    body: str
    language: LanguageCode
    person_language: LanguageCode
    attachments: tuple[AttachmentRow, ...] = ()
    topic: tuple[int, int] | None = None


class PartnerChannel(Protocol):
    """A way to a partner: one verb, which returns when the partner has it or raises."""

    async def deliver(self, partner_id: str, partner: Recipient, letter: Letter, key: str) -> None:
        """Deliver `letter`. `key` is the same each time the same letter is tried, and no other letter has it.

        Raises ChannelError, which says whether trying again is pointless and when to.
        """
        ...

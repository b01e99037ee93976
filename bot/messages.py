"""What comes in and what goes out, as every room of the house sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

LanguageCode = NewType("LanguageCode", str)


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """One person on one channel: which channel, which bot or site, which chat there."""

    channel: str
    bot: str
    chat: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words somebody typed."""

    text: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command such as /start; `argument` is what stood behind it."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A button press. `data` is what the button carried, and may have been made up by hand."""

    data: str


class AttachmentKind(StrEnum):
    """What was sent instead of words."""

    STICKER = "sticker"
    VOICE = "voice"
    PHOTO = "photo"
    VIDEO = "video"
    LOCATION = "location"
    DOCUMENT = "document"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class File:
    """A file as its channel describes it, which may be wrong. `size` in bytes, 0 where the channel does not tell;
    `remote` says, as JSON, where the channel keeps it; `content` holds it where no channel does."""

    name: str = ""
    media_type: str = ""
    size: int = 0
    remote: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that is not text. `caption` holds the words sent with it, which may have been `edited`; `file` is None
    for what is no file (a place, a contact)."""

    kind: AttachmentKind
    caption: str = ""
    file: File | None = None
    edited: bool = False


Content = Text | Command | Press | Attachment


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a person sent.

    `message_id` is unique within `key`; the same id a second time is the same message delivered again.
    `locale_hint` is the language the person's own app is set to, if the channel tells it.
    """

    key: ConversationKey
    message_id: str
    content: Content
    received_at: datetime
    locale_hint: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A tap instead of typing. `data` is at most 64 bytes, as Telegram demands of callback data."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a case on its way to the person: `id` names it on our side, `remote` where its channel keeps it."""

    id: str
    kind: AttachmentKind
    media_type: str
    name: str
    size: int
    remote: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One bubble: small Markdown (see bot.markup) in `language`, with rows of buttons under it. With a `file` the text
    is what stands under it, and may be empty."""

    text: str
    language: LanguageCode
    buttons: tuple[tuple[Button, ...], ...] = ()
    large: bool = False
    file: SentFile | None = None

"""Between Telegram's updates and Message / Reply."""

from __future__ import annotations

import datetime as dt
from typing import Final

import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update

from bot.channels.telegram.files import file_in
from bot.markup import to_plain, to_telegram_html
from bot.messages import (
    Attachment,
    AttachmentKind,
    Command,
    Content,
    ConversationKey,
    Message,
    Press,
    Reply,
    Text,
)

CHANNEL: Final = "telegram"
MAX_LENGTH: Final = 4096


def key_for(bot_id: int, chat_id: int) -> ConversationKey:
    """The conversation with one chat through one bot."""
    return ConversationKey(CHANNEL, str(bot_id), str(chat_id))


def message_from(update: Update, bot_id: int, bot_name: str) -> Message | None:
    """What an update says to us; None for what nobody says (a member joined, a channel post).

    The id of a message is its own and the update's kind; an edit counts as a message of its own, once for each
    time it was edited.
    """
    query = update.callback_query
    if query is not None:
        chat = query.message.chat if query.message else None
        if chat is None or chat.type != chat.PRIVATE:
            return None
        return Message(
            key_for(bot_id, chat.id), f"press-{query.id}", Press(query.data or ""), dt.datetime.now(dt.UTC),
            (query.from_user.language_code or "") if query.from_user else "",
        )  # fmt: skip
    said = update.message or update.edited_message
    if said is None or said.chat.type != said.chat.PRIVATE:
        return None
    content = _content(said, bot_id, bot_name, edited=update.edited_message is not None)
    if content is None:
        return None
    message_id = f"message-{said.message_id}"
    if update.edited_message is not None and said.edit_date is not None:
        message_id = f"edit-{said.message_id}-{int(said.edit_date.timestamp())}"
    hint = (said.from_user.language_code or "") if said.from_user else ""
    return Message(key_for(bot_id, said.chat.id), message_id, content, said.date, hint)


def _content(said: telegram.Message, bot_id: int, bot_name: str, *, edited: bool) -> Content | None:
    if said.text is not None:
        if said.text.startswith("/") and len(said.text) > 1 and not said.text[1].isspace():
            name, _, argument = said.text[1:].partition(" ")
            name, _, addressee = name.partition("@")
            if not addressee or addressee.lower() == bot_name.lower():
                return Command(name.lower()[:32], argument.strip())
        return Text(said.text, edited)
    return attachment_in(said, bot_id)


def attachment_in(said: telegram.Message, bot_id: int) -> Attachment | None:
    """What a message holds that is not text; None for what nobody says."""
    kinds = {
        AttachmentKind.STICKER: said.sticker,
        AttachmentKind.VOICE: said.voice or said.audio,
        AttachmentKind.PHOTO: said.photo,
        AttachmentKind.VIDEO: said.video or said.animation or said.video_note,
        AttachmentKind.LOCATION: said.location or said.venue,
        AttachmentKind.DOCUMENT: said.document,
        AttachmentKind.CONTACT: said.contact,
        AttachmentKind.OTHER: said.poll or said.dice or said.game or said.story,
    }
    for kind, present in kinds.items():
        if present:
            return Attachment(kind, said.caption or "", file_in(said, bot_id), said.edit_date is not None)
    return None


def html_of(reply: Reply) -> str:
    """The reply as Telegram HTML of at most 4096 characters after parsing; a longer one is cut at a line."""
    if len(to_plain(reply.text)) <= MAX_LENGTH:
        return to_telegram_html(reply.text)
    text = reply.text
    while len(to_plain(text)) > MAX_LENGTH - 2:
        text = text[: max(text.rfind("\n", 0, len(text) - 1), len(text) - 500)]
    return to_telegram_html(text) + "\n…"


def keyboard_of(reply: Reply) -> InlineKeyboardMarkup | None:
    """The reply's buttons as an inline keyboard."""
    if not reply.buttons:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(item.label, callback_data=item.data) for item in row] for row in reply.buttons]
    )

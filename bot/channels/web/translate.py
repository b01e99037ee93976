"""Between the browser's JSON and Message / Reply."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from bot.channels.web.errors import BadRequest
from bot.conversation.file_limits import INLINE
from bot.markup import to_web_html
from bot.messages import Command, Content, ConversationKey, Message, Press, Text
from bot.storage.conversations import PendingReply

CHANNEL: Final = "web"
_TOKEN: Final = re.compile(r"^[0-9a-f]{32}$")
_MESSAGE_ID: Final = re.compile(r"^[0-9A-Za-z-]{8,64}$")


def key_from(token: str) -> ConversationKey:
    """The conversation a browser tab's secret token stands for. Raises BadRequest if it is none."""
    if not _TOKEN.match(token):
        raise BadRequest("X-Conversation must be 32 hexadecimal digits, made at random by the page")
    return ConversationKey(CHANNEL, "site", token)


def message_id_from(value: Any) -> str:
    """The id a browser gave a message. Raises BadRequest if it is none."""
    if not isinstance(value, str) or not _MESSAGE_ID.match(value):
        raise BadRequest("id must be 8 to 64 letters, digits or dashes")
    return value


def message_from(token: str, body: Any, locale_hint: str) -> Message:
    """A message out of `{"id", "kind": "text" | "press" | "command", "value"}`. Raises BadRequest."""
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    kind, value = body.get("kind"), body.get("value")
    message_id = message_id_from(body.get("id"))
    if not isinstance(value, str):
        raise BadRequest("value must be text")
    content: Content
    if kind == "text" and value.startswith("/") and len(value) > 1 and "\n" not in value:
        name, _, argument = value[1:].partition(" ")
        content = Command(name.lower()[:32], argument.strip())
    elif kind == "text":
        content = Text(value)
    elif kind == "press":
        content = Press(value[:64])
    elif kind == "command":
        name, _, argument = value.partition(" ")
        content = Command(name[:32], argument[:64])
    else:
        raise BadRequest("kind must be text, press or command")
    return Message(key_from(token), message_id, content, dt.datetime.now(dt.UTC), locale_hint)


def reply_to_json(pending: PendingReply) -> dict[str, Any]:
    """A reply as the page shows it: HTML that is safe to insert, its buttons, and the file it brings."""
    reply = pending.reply
    file = reply.file
    return {
        "id": str(pending.id),
        "language": reply.language,
        "html": to_web_html(reply.text),
        "large": reply.large,
        "buttons": [[{"label": item.label, "data": item.data} for item in row] for row in reply.buttons],
        "file": {"id": file.id, "name": file.name, "inline": file.media_type in INLINE} if file else None,
    }

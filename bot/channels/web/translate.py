"""Between the browser's JSON and Message / Reply."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from bot.channels.web.errors import BadRequest
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


def message_from(token: str, body: Any, locale_hint: str) -> Message:
    """A message out of `{"id", "kind": "text" | "press" | "command", "value"}`. Raises BadRequest."""
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    message_id, kind, value = body.get("id"), body.get("kind"), body.get("value")
    if not isinstance(message_id, str) or not _MESSAGE_ID.match(message_id):
        raise BadRequest("id must be 8 to 64 letters, digits or dashes")
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
    """A reply as the page shows it: HTML that is safe to insert, and its buttons."""
    reply = pending.reply
    return {
        "id": str(pending.id),
        "language": reply.language,
        "html": to_web_html(reply.text),
        "large": reply.large,
        "buttons": [[{"label": item.label, "data": item.data} for item in row] for row in reply.buttons],
    }

"""The terminal as a channel: lines in, plain text out, buttons as numbers."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable

from bot.errors import StorageUnavailable
from bot.helpline import Helpline, Receipt
from bot.markup import to_plain
from bot.messages import Command, Content, ConversationKey, Message, Reply, Text

CHANNEL = "console"


def content_of(line: str) -> Content:
    """What a typed line is: a command where it begins with a slash, else words."""
    if line.startswith("/") and len(line) > 1:
        name, _, argument = line[1:].partition(" ")
        return Command(name.lower(), argument.strip())
    return Text(line)


def show(reply: Reply) -> str:
    """A reply for the terminal; its buttons are numbered, and the number is what one types."""
    lines = [to_plain(reply.text)]
    numbered = [item for row in reply.buttons for item in row]
    lines += [f"  [{number}] {item.label}" for number, item in enumerate(numbered, start=1)]
    return "\n".join(lines)


async def converse(helpline: Helpline, user: str, read_line: Callable[[], str], write: Callable[[str], None]) -> None:
    """Talk until the input ends. `user` names the conversation, so that it goes on the next time."""
    key = ConversationKey(CHANNEL, "local", user)
    await _send(helpline, await helpline.receive(_message(key, Command("start"))), write)
    while True:
        try:
            line = await asyncio.to_thread(read_line)
        except EOFError:
            return
        try:
            receipt = await helpline.receive(_message(key, content_of(line)))
            await _send(helpline, receipt, write)
        except StorageUnavailable as error:
            write(f"! {error}")


def _message(key: ConversationKey, content: Content) -> Message:
    return Message(key, uuid.uuid4().hex, content, dt.datetime.now(dt.UTC))


async def _send(helpline: Helpline, receipt: Receipt, write: Callable[[str], None]) -> None:
    for pending in receipt.replies:
        write(show(pending.reply))
        write("")
    await helpline.settle(receipt, len(receipt.replies))

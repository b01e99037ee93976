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


def show(reply: Reply, *, numbered: bool = True) -> str:
    """A reply for the terminal. A typed number presses a button of the last reply that has any: only that one's
    are to be `numbered`."""
    lines = [to_plain(reply.text)] if reply.text else []
    if reply.file is not None:
        lines.append(f"  [{reply.file.name}: a terminal shows no files, and none can be sent from here]")
    labels = [item.label for row in reply.buttons for item in row]
    lines += [f"  [{number if numbered else '-'}] {label}" for number, label in enumerate(labels, start=1)]
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
    with_buttons = [pending.id for pending in receipt.replies if pending.reply.buttons]
    for pending in receipt.replies:
        write(show(pending.reply, numbered=pending.id in with_buttons[-1:]))
        write("")
    await helpline.settle(receipt, len(receipt.replies))

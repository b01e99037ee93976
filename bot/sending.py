"""Sending stored replies through a channel, and noting down what became of them."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final, Protocol

from bot.cases.relay import note_delivery
from bot.errors import ChannelError, NotYet
from bot.helpline import Helpline, Receipt
from bot.messages import ConversationKey, Reply
from bot.storage import conversations, jobs
from bot.storage.undelivered import hold_job

logger = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 2.0
LONGEST_RETRY_S: Final = 900.0
MAX_ATTEMPTS: Final = 40


class Sender(Protocol):
    """A channel that can write to a person by itself."""

    async def send(self, key: ConversationKey, reply: Reply) -> str | None:
        """Send one reply. Returns what the channel calls it, if it can be changed by that. Raises ChannelError."""
        ...

    async def edit(self, key: ConversationKey, name: str, reply: Reply) -> None:
        """Put `reply` in the place of one sent before. Raises ChannelError, permanent where it is too late."""
        ...

    async def delete(self, key: ConversationKey, name: str) -> None:
        """Delete a reply sent before; one that is gone already is. Raises ChannelError, permanent where it is too
        late."""
        ...


async def send_and_settle(helpline: Helpline, sender: Sender, key: ConversationKey, receipt: Receipt) -> None:
    """Send the replies of `receipt` in order and settle each; what fails waits in the outbox or is given up."""
    names: list[str | None] = []
    try:
        for pending in receipt.replies:
            # Not by extend: what was sent before an error must be known.
            names.append(await sender.send(key, pending.reply))  # noqa: PERF401
    except ChannelError as error:
        await _settle_failure(helpline, receipt, names, error)
        return
    await helpline.settle(receipt, len(names), names)


async def _settle_failure(helpline: Helpline, receipt: Receipt, names: list[str | None], error: ChannelError) -> None:
    if receipt.job is None:
        return
    now = helpline.clock()
    sent = len(names)
    if names:
        await helpline.settle(receipt, sent, names)
    async with helpline.storage.transaction() as session:
        if isinstance(error, NotYet):
            await hold_job(session, receipt.job, now + dt.timedelta(seconds=error.retry_after_s or 0), str(error))
            return
        attempts = await jobs.attempts_of(session, receipt.job)
        if error.permanent or attempts >= MAX_ATTEMPTS:
            if receipt.event_id is not None:
                partners = helpline.respondent().directory.recipients
                await note_delivery(session, receipt.event_id, now, partners, reason=str(error))
            left = [item.id for item in receipt.replies[sent:]]
            await conversations.settle_replies(session, left, "failed", now)
            await jobs.fail_job(session, receipt.job, str(error))
            logger.warning("replies given up: %s", error)
            return
        wait = error.wait_s(attempts, FIRST_RETRY_S, LONGEST_RETRY_S)
        await jobs.postpone_job(session, receipt.job, now + dt.timedelta(seconds=wait), str(error))
    helpline.woken.set()

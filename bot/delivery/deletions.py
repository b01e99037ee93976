"""Tells partners to delete what they have of a case that is deleted here: does what `bot.cases.forgetting` wrote."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
from collections.abc import Callable, Mapping

from bot.conversation.respond import Respondent
from bot.delivery.letter import deletion_letter
from bot.delivery.partner_channel import PartnerChannel
from bot.delivery.trying import MAX_ATTEMPTS, PATIENCE_S, as_channel_errors, wait_before_retry
from bot.errors import ChannelError
from bot.storage import jobs
from bot.storage.engine import Storage
from bot.storage.models import JobRow

logger = logging.getLogger(__name__)


class Deletions:
    """Any number of them may run on one database."""

    def __init__(
        self,
        storage: Storage,
        respondent: Callable[[], Respondent],
        channels: Mapping[str, PartnerChannel],
        clock: Callable[[], dt.datetime],
    ) -> None:
        """`channels` by the names `bot.cases.dispatch` gives them."""
        self._storage = storage
        self._respondent = respondent
        self._channels = channels
        self._clock = clock

    async def tell(self, job: JobRow) -> None:
        """Bring one partner word by one channel, again and again until it has it; what is hopeless stays as a failed
        job, for somebody to tell them."""
        told = json.loads(job.payload or "{}")
        partner_id, channel_name = told["partner"], told["channel"]
        partner = self._respondent().directory.recipients.get(partner_id)
        channel = self._channels.get(channel_name)
        try:
            with as_channel_errors():
                if partner is None or channel is None:
                    raise ChannelError("this way to the partner is not set up", permanent=True)
                async with asyncio.timeout(PATIENCE_S):
                    await channel.deliver(partner_id, partner, deletion_letter(told), job.dedup)
        except ChannelError as error:
            await self._settle_failure(job, partner_id, channel_name, error)
        else:
            async with self._storage.transaction() as session:
                await jobs.finish_job(session, job.id)

    async def _settle_failure(self, job: JobRow, partner_id: str, channel_name: str, error: ChannelError) -> None:
        async with self._storage.transaction() as session:
            if error.permanent or job.attempts + 1 >= MAX_ATTEMPTS:
                logger.error(
                    "%s was not told by %s to delete case %s: %s", partner_id, channel_name, job.subject, error
                )
                await jobs.fail_job(session, job.id, str(error))
                return
            run_at = self._clock() + wait_before_retry(error, job.attempts)
            await jobs.postpone_job(session, job.id, run_at, str(error))

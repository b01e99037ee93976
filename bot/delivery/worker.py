"""Does what waits in the outbox: replies whose sending was cut off, conversations that went quiet."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bot.delivery.deletions import Deletions
from bot.delivery.partner_channel import PartnerChannel
from bot.delivery.referrals import Referrals
from bot.delivery.retention import Retention
from bot.delivery.revisions import Revisions
from bot.delivery.translation import MachineTranslator
from bot.errors import StorageUnavailable
from bot.helpline import Helpline, Receipt
from bot.messages import ConversationKey
from bot.sending import Sender, send_and_settle
from bot.storage import conversations, jobs
from bot.storage.models import JobKind, JobRow
from bot.storage.undelivered import put_back, release_impossible

logger = logging.getLogger(__name__)

LEASE: Final = dt.timedelta(seconds=60)
# How many jobs one worker has in hand at once.
SLOTS: Final = 20
# How long what is in hand has to end when the worker is stopped; a job cut off then comes back with its lease.
ENDING_S: Final = 5.0
POLL_S: Final = 1.0
SENT_KEPT: Final = dt.timedelta(hours=24)
UNSENT_KEPT: Final = dt.timedelta(days=7)
PURGE_EVERY: Final = dt.timedelta(minutes=10)


class Worker:
    """Claims due jobs, does them, settles them. Any number of them may run on one database."""

    def __init__(
        self,
        helpline: Helpline,
        senders: Mapping[str, Sender],
        partners: Mapping[str, PartnerChannel] | None = None,
        translator: MachineTranslator | None = None,
    ) -> None:
        """`senders` by channel name; a channel without one pulls its replies. `partners` by the name of the way to
        them; `translator` for those who do not read a person's language."""
        self._helpline = helpline
        self._senders = senders
        self._referrals = Referrals(helpline.storage, helpline.respondent, partners or {}, helpline.clock, translator)
        self._deletions = Deletions(helpline.storage, helpline.respondent, partners or {}, helpline.clock)
        self._revisions = Revisions(helpline, senders)
        self._retention = Retention(helpline.storage, helpline.respondent, helpline.clock)
        self._stopping = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], str | None] = {}
        self._purged = dt.datetime.min.replace(tzinfo=dt.UTC)

    def stop(self) -> None:
        """Let what is in hand end, then leave `run`."""
        self._stopping.set()
        self._helpline.woken.set()

    async def run(self) -> None:
        """Work until stopped. A database that is away is waited for."""
        while not self._stopping.is_set():
            self._helpline.woken.clear()
            try:
                busy = await self._take_up()
                await self._purge()
                pause = 0.0 if busy else await self._pause()
            except StorageUnavailable as error:
                logger.error("outbox: %s", error)
                pause = POLL_S
            except Exception as error:  # whatever it is, what waits in the outbox must go out some time
                logger.error("outbox: %s; going on", type(error).__name__)
                pause = POLL_S
            if pause:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._helpline.woken.wait()
        if self._in_hand:
            _, cut_off = await asyncio.wait(self._in_hand, timeout=ENDING_S)
            for task in cut_off:
                task.cancel()

    async def work_once(self) -> bool:
        """Do the jobs that are due, as many as there are slots for. Returns, when they are done, whether there were
        any."""
        busy = await self._take_up()
        if self._in_hand:
            await asyncio.wait(self._in_hand)
        return busy

    async def _take_up(self) -> bool:
        """Begin as many of the jobs that are due as there are slots for. Returns whether there were any."""
        free = SLOTS - len(self._in_hand)
        if free <= 0:
            return False
        storage = self._helpline.storage
        now = self._helpline.clock()
        full = self._full_ways()
        async with storage.reading() as session:
            due = await jobs.next_due(session, full)
        if due is None or due > now:
            return False
        async with storage.transaction() as session:
            claimed = await jobs.claim_jobs(session, self._helpline.owner, now, LEASE, free, full)
            fitting, left = self._fit(claimed)
            if left:
                await put_back(session, [job.id for job in left], now)
        for job in fitting:
            task = asyncio.create_task(self._do(job))
            self._in_hand[task] = job.way
            task.add_done_callback(self._let_go)
        return bool(fitting)

    def _fit(self, claimed: Sequence[JobRow]) -> tuple[list[JobRow], list[JobRow]]:
        """The jobs there is room for on their ways, and the rest."""
        under_way = Counter(self._in_hand.values())
        fitting: list[JobRow] = []
        left: list[JobRow] = []
        for job in claimed:
            has_room = job.way is None or under_way[job.way] < self._referrals.circuits.room(job.way)
            (fitting if has_room else left).append(job)
            under_way[job.way] += has_room
        return fitting, left

    def _full_ways(self) -> list[str]:
        under_way = Counter(way for way in self._in_hand.values() if way is not None)
        return [way for way, count in under_way.items() if count >= self._referrals.circuits.room(way)]

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._in_hand[task]
        self._helpline.woken.set()

    async def _pause(self) -> float:
        if len(self._in_hand) >= SLOTS:
            return POLL_S
        async with self._helpline.storage.reading() as session:
            due = await jobs.next_due(session, self._full_ways())
        if due is None:
            return POLL_S
        return min(max((due - self._helpline.clock()).total_seconds(), 0.01), POLL_S)

    async def _do(self, job: JobRow) -> None:
        try:
            if job.kind == JobKind.DELIVER:
                await self._referrals.deliver(job)
                return
            if job.kind == JobKind.SERVICE_LEVEL:
                await self._referrals.watch(job)
                return
            if job.kind == JobKind.TELL_TO_DELETE:
                await self._deletions.tell(job)
                return
            if job.kind == JobKind.REVISE:
                await self._revisions.do(job)
                return
            key = jobs.key_from_json(job.address)
            if job.kind == JobKind.RESUME:
                receipt = await self._helpline.resume(key, str(job.id), pulled=key.channel not in self._senders)
                async with self._helpline.storage.transaction() as session:
                    await jobs.finish_job(session, job.id)
                await self._send(key, receipt)
            else:
                async with self._helpline.storage.reading() as session:
                    pending = await conversations.replies_of(session, uuid.UUID(job.subject), only_pending=True)
                await self._send(key, Receipt(tuple(pending), job.id))
        except StorageUnavailable as error:
            # The lease runs out and the job comes back by itself.
            logger.error("outbox: %s", error)
        except Exception as error:  # one job must not stop all that come after it
            logger.error("outbox: a job failed: %s", type(error).__name__)
            await self._give_up(job, type(error).__name__)

    async def _give_up(self, job: JobRow, reason: str) -> None:
        with contextlib.suppress(StorageUnavailable):
            async with self._helpline.storage.transaction() as session:
                await jobs.fail_job(session, job.id, reason)

    async def _send(self, key: ConversationKey, receipt: Receipt) -> None:
        sender = self._senders.get(key.channel)
        if sender is None:
            # The far end fetches its replies itself; the job has nothing to do.
            if receipt.job is not None:
                async with self._helpline.storage.transaction() as session:
                    await jobs.finish_job(session, receipt.job)
        elif receipt.replies or receipt.job:
            await send_and_settle(self._helpline, sender, key, receipt)

    async def _purge(self) -> None:
        now = self._helpline.clock()
        if now - self._purged > PURGE_EVERY:
            self._purged = now
            async with self._helpline.storage.transaction() as session:
                await release_impossible(session, now, 2 * LEASE)
                await conversations.delete_old_replies(session, now - SENT_KEPT, now - UNSENT_KEPT)
            await self._retention.run()

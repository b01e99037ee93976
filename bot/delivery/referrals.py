"""Brings cases to their partners, and sees to it that somebody looks: does the jobs that `bot.cases.dispatch` wrote."""

from __future__ import annotations

import datetime as dt
import logging
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import referral_of, status_of
from bot.cases.dispatch import OVERDUE, REMIND, dispatch
from bot.cases.service import SYSTEM, say_to_person
from bot.conversation.buttons import Action, button
from bot.conversation.respond import Respondent
from bot.delivery.letter import compose
from bot.delivery.partner_channel import PartnerChannel
from bot.errors import ChannelError
from bot.i18n import translator
from bot.markup import escape
from bot.messages import LanguageCode, Reply
from bot.storage import jobs
from bot.storage.cases import CaseWithEvents, add_case_event, find_event
from bot.storage.engine import Storage
from bot.storage.models import CaseEventKind, CaseEventRow, JobRow

logger = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 3600.0
MAX_ATTEMPTS: Final = 30
# After this many failures in a row a partner is left alone for a while, so that its jobs wait without being tried.
BREAKS_AFTER: Final = 3
BREAK: Final = dt.timedelta(minutes=5)
_ASKS_FOR_ANSWER: Final = (CaseEventKind.OFFERED, CaseEventKind.REMINDED)


class Referrals:
    """Delivers to partners and watches over service levels. Any number of them may run on one database."""

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
        self._failures: dict[str, int] = {}
        self._left_alone_until: dict[str, dt.datetime] = {}

    async def deliver(self, job: JobRow) -> None:
        """Bring one letter to its partner by one channel; what became of it stands in the case."""
        event_id, _, channel_name = job.subject.partition(":")
        async with self._storage.reading() as session:
            loaded = await find_event(session, uuid.UUID(event_id))
        if loaded is None or self._is_moot(*loaded):
            await self._finish(job)
            return
        found, event = loaded
        directory = self._respondent().directory
        partner_id = event.partner_id or referral_of(found.events).partner_id
        partner = directory.partners.get(partner_id)
        channel = self._channels.get(channel_name)
        if partner is None or channel is None:
            await self._failed(job, event, partner_id, channel_name, "this way to the partner is not set up")
            return
        waits_until = self._left_alone_until.get(partner_id)
        if waits_until is not None and waits_until > self._clock():
            await self._postpone(job, waits_until, "the partner did not answer lately")
            return
        letter = compose(found, event, partner, self._respondent().knowledge_base, directory)
        try:
            await channel.deliver(partner_id, partner, letter, job.dedup)
        except ChannelError as error:
            await self._settle_failure(job, event, partner_id, channel_name, error)
            return
        self._failures.pop(partner_id, None)
        async with self._storage.transaction() as session:
            await add_case_event(
                session, event.case_id, CaseEventKind.DELIVERED, actor=SYSTEM, at=self._clock(), text=None,
                partner_id=partner_id, detail={"channel": channel_name, "of": event.position},
            )  # fmt: skip
            await jobs.finish_job(session, job.id)

    async def watch(self, job: JobRow) -> None:
        """Do what is due when a partner has not answered an offer: remind it, then give the case to the operator's
        desk and tell the person. An offer that was answered, or followed by another, needs nothing."""
        event_id, _, stage = job.subject.partition(":")
        now = self._clock()
        async with self._storage.transaction() as session:
            loaded = await find_event(session, uuid.UUID(event_id))
            if loaded is not None and self._waits_for_answer(*loaded):
                found, event = loaded
                if stage == REMIND:
                    reminder = await add_case_event(
                        session, event.case_id, CaseEventKind.REMINDED, actor=SYSTEM, at=now, text=None,
                        partner_id=event.partner_id, detail=event.detail,
                    )  # fmt: skip
                    dispatch(session, reminder, event.partner_id, self._respondent().directory.partners)
                elif stage == OVERDUE:
                    await self._give_back(session, found, event, now)
            await jobs.finish_job(session, job.id)

    async def _give_back(
        self, session: AsyncSession, found: CaseWithEvents, event: CaseEventRow, now: dt.datetime
    ) -> None:
        await add_case_event(
            session, event.case_id, CaseEventKind.UNANSWERED, actor=SYSTEM, at=now, text=None,
            partner_id=event.partner_id,
        )  # fmt: skip
        logger.warning("case %s: nobody answered in time; it waits at the operator's desk", found.case.reference)
        language = LanguageCode(found.case.language)
        words = translator(language)
        partner = self._respondent().directory.partners.get(event.partner_id or "")
        name = escape(partner.names.in_language(language)) if partner else ""
        text = words(
            "%(partner)s has not answered yet. I am sorry. The people who run this Tomoni look after your case "
            "%(reference)s now. If you want, I pass it to somebody else.",
            partner=f"**{name}**", reference=f"**{found.case.reference}**",
        )  # fmt: skip
        rows = ((button("➡️ " + words("Pass it to somebody else"), Action.TO_ANOTHER),),)
        await say_to_person(session, found.case, f"overdue-{event.id}", [Reply(text, language, rows)], now)

    def _is_moot(self, found: CaseWithEvents, event: CaseEventRow) -> bool:
        """Whether a letter need not go out any more: the case was taken back, or the offer was answered."""
        if event.kind == CaseEventKind.WITHDRAWN:
            return False
        if status_of(found.events).name == "withdrawn":
            return True
        return event.kind in _ASKS_FOR_ANSWER and not self._waits_for_answer(found, event)

    def _waits_for_answer(self, found: CaseWithEvents, event: CaseEventRow) -> bool:
        referral = referral_of(found.events)
        return (
            status_of(found.events).name == "open"
            and referral.partner_id == event.partner_id
            and not referral.accepted_by
        )

    async def _settle_failure(
        self, job: JobRow, event: CaseEventRow, partner_id: str, channel_name: str, error: ChannelError
    ) -> None:
        now = self._clock()
        failures = self._failures.get(partner_id, 0) + 1
        self._failures[partner_id] = failures
        if not error.permanent and failures >= BREAKS_AFTER:
            self._left_alone_until[partner_id] = now + BREAK
        if error.permanent or job.attempts + 1 >= MAX_ATTEMPTS:
            await self._failed(job, event, partner_id, channel_name, str(error))
            return
        wait = error.retry_after_s or min(FIRST_RETRY_S * 2**job.attempts, LONGEST_RETRY_S)
        wait *= random.uniform(0.8, 1.2)  # noqa: S311 - so that what failed together does not come back together
        await self._postpone(job, now + dt.timedelta(seconds=wait), str(error))

    async def _failed(self, job: JobRow, event: CaseEventRow, partner_id: str, channel_name: str, reason: str) -> None:
        """Give a letter up, visibly: in the case, and as a failed job."""
        logger.error("a letter to %s by %s was given up: %s", partner_id, channel_name, reason)
        async with self._storage.transaction() as session:
            await add_case_event(
                session, event.case_id, CaseEventKind.FAILED, actor=SYSTEM, at=self._clock(), text=None,
                partner_id=partner_id, detail={"channel": channel_name, "of": event.position, "reason": reason[:200]},
            )  # fmt: skip
            await jobs.fail_job(session, job.id, reason)

    async def _postpone(self, job: JobRow, until: dt.datetime, reason: str) -> None:
        async with self._storage.transaction() as session:
            await jobs.postpone_job(session, job.id, until, reason)

    async def _finish(self, job: JobRow) -> None:
        async with self._storage.transaction() as session:
            await jobs.finish_job(session, job.id)

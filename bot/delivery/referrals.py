"""Brings cases to their partners, and sees to it that somebody looks: does the jobs that `bot.cases.dispatch` wrote."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import (
    ASKS_FOR_ANSWER,
    ASKS_OTHERS,
    TELLS_TO_DELETE,
    awaits_answer,
    referral_of,
    status_of,
)
from bot.cases.dispatch import OVERDUE, REMIND, TOLD, dispatch, letter_key, service_level_key, way_to
from bot.cases.service import SYSTEM, give_to_operator
from bot.cases.telling import pass_on_rows, say_to_person
from bot.conversation.consent import MACHINE_TRANSLATION
from bot.conversation.respond import Respondent
from bot.delivery.circuit import NEXT_LOOK, Circuits
from bot.delivery.letter import WRITTEN, compose
from bot.delivery.partner_channel import PartnerChannel
from bot.delivery.translation import MachineTranslator
from bot.delivery.trying import MAX_ATTEMPTS, PATIENCE_S, as_channel_errors, wait_before_retry
from bot.errors import ChannelError, NotYet
from bot.i18n import translator
from bot.markup import escape
from bot.messages import LanguageCode, Reply
from bot.partners.opening import after_open_hours
from bot.partners.partner import Recipient
from bot.partners.routing import OPERATOR, Reason, ReasonKind
from bot.storage import jobs
from bot.storage.attachments import attachments_of
from bot.storage.cases import CaseWithEvents, add_case_event, consents_of, find_event, lock_case
from bot.storage.engine import Storage
from bot.storage.models import CaseEventKind, CaseEventRow, JobRow
from bot.storage.undelivered import hold_job, waiting_jobs

logger = logging.getLogger(__name__)

# How long a letter waits for the translation of all that is in it.
TRANSLATION_S: Final = 10.0
# A reminder and the end of the time may come due together, after the clock jumped or the server stood still: whoever is
# reminded has this many open hours from then on, or what lies between the two moments, if that is less.
GRACE_HOURS: Final = 1.0


class Referrals:
    """Delivers to partners and watches over service levels. Any number of them may run on one database."""

    def __init__(
        self,
        storage: Storage,
        respondent: Callable[[], Respondent],
        channels: Mapping[str, PartnerChannel],
        clock: Callable[[], dt.datetime],
        translator: MachineTranslator | None = None,
    ) -> None:
        """`channels` by the names `bot.cases.dispatch` gives them."""
        self._translator = translator
        self._storage = storage
        self._respondent = respondent
        self._channels = channels
        self._clock = clock
        # By partner and channel: a partner's dead webhook does not hold up its mail.
        self.circuits = Circuits()

    async def deliver(self, job: JobRow) -> None:
        """Bring one letter to its partner by one channel; what became of it stands in the case."""
        event_id, _, channel_name = job.subject.partition(":")
        async with self._storage.reading() as session:
            loaded = await find_event(session, uuid.UUID(event_id))
            before = await self._letter_before(session, *loaded, channel_name) if loaded is not None else None
        if loaded is None or _is_moot(*loaded):
            await self._finish(job)
            return
        found, event = loaded
        partner_id = event.partner_id or ""
        way = (partner_id, channel_name)
        now = self._clock()
        if before is not None:
            # Letters about a case arrive in the order in which things happened.
            looks_again = now + NEXT_LOOK if before.owner else max(before.run_at, now + NEXT_LOOK)
            await self._hold(job, looks_again, "an earlier letter is still on its way")
            return
        waits_until = self.circuits.waits_until(way_to(*way), now)
        if waits_until is not None:
            await self._hold(job, waits_until, "the partner did not answer lately")
            return
        try:
            await self._try(job, found, event, way)
        finally:
            self.circuits.settled(way_to(*way))

    async def _try(self, job: JobRow, found: CaseWithEvents, event: CaseEventRow, way: tuple[str, str]) -> None:
        partner_id, channel_name = way
        partner = self._respondent().directory.recipients.get(partner_id)
        channel = self._channels.get(channel_name)
        if partner is None or channel is None:
            await self._failed(job, event, way, "this way to the partner is not set up")
            return
        try:
            await self._send(channel, partner_id, partner, found, event, job.dedup)
        except NotYet as error:
            await self._hold(job, self._clock() + dt.timedelta(seconds=error.retry_after_s or 0), str(error))
            return
        except ChannelError as error:
            await self._settle_failure(job, event, way, error)
            return
        self.circuits.answered(way_to(*way))
        await self._note(job, event, way, CaseEventKind.DELIVERED)

    async def watch(self, job: JobRow) -> None:
        """Do what is due when a partner has not answered an offer: remind it, then give the case to the operator's
        desk and tell the person. An offer that was answered, or followed by another, needs nothing. Where both are
        due at once, the partner is reminded first and has a little time to answer."""
        event_id, _, stage = job.subject.partition(":")
        now = self._clock()
        async with self._storage.transaction() as session:
            loaded = await find_event(session, uuid.UUID(event_id))
            # Another worker may have had this job until a moment ago; what it wrote is seen under the lock.
            found = await lock_case(session, loaded[0].case.id) if loaded is not None else None
            if loaded is not None and found is not None and awaits_answer(found.events, loaded[1].partner_id):
                event = loaded[1]
                if stage == REMIND and _reminder_of(found, event) is None:
                    reminder = await add_case_event(
                        session, event.case_id, CaseEventKind.REMINDED, actor=SYSTEM, at=now, text=None,
                        partner_id=event.partner_id, detail=event.detail,
                    )  # fmt: skip
                    dispatch(session, reminder, event.partner_id, self._respondent().directory.recipients)
                elif stage == OVERDUE:
                    earliest = await self._overdue_from(session, found, event, now)
                    if earliest > now:
                        await hold_job(session, job.id, earliest, "the partner was reminded late")
                        return
                    await self._give_back(session, found, event, now)
            await jobs.finish_job(session, job.id)

    async def _overdue_from(
        self, session: AsyncSession, found: CaseWithEvents, offer: CaseEventRow, now: dt.datetime
    ) -> dt.datetime:
        """From when on an offer nobody answered may be taken from its partner; a time past is at once."""
        reminder = _reminder_of(found, offer)
        if reminder is None:
            waits = await waiting_jobs(session, [service_level_key(offer.id, REMIND)])
            return now + NEXT_LOOK if waits else now
        partner = self._respondent().directory.partners.get(offer.partner_id or "")
        # A reminder from a time to come was written before the clock was set back.
        if partner is None or reminder.at > now:
            return now
        level = partner.service_level
        return after_open_hours(
            partner, reminder.at, min(GRACE_HOURS, level.first_response_hours - level.remind_after_hours)
        )

    async def _send(
        self, channel: PartnerChannel, partner_id: str, partner: Recipient, found: CaseWithEvents, event: CaseEventRow,
        key: str,
    ) -> None:  # fmt: skip
        """Raises ChannelError, and that only or StorageUnavailable, where the partner does not have the letter."""
        respondent = self._respondent()
        with as_channel_errors():
            async with self._storage.reading() as session:
                files = await attachments_of(session, found.case.id)
            said = await self._translate(found, event, partner)
            letter = compose(found, event, partner, respondent.knowledge_base, respondent.directory, files, said)
            async with asyncio.timeout(PATIENCE_S):
                await channel.deliver(partner_id, partner, letter, key)

    async def _translate(self, found: CaseWithEvents, event: CaseEventRow, partner: Recipient) -> dict[int, str]:
        """What the person wrote up to `event`, by position, translated for `partner`, where they agreed to that. A
        service that does not answer holds up no letter."""
        source, target = LanguageCode(found.case.language), LanguageCode(partner.working_language)
        if self._translator is None or source == target:
            return {}
        async with self._storage.reading() as session:
            consents = await consents_of(session, found.case.id)
        own = (consent for consent in reversed(consents) if consent.partner_id == event.partner_id)
        agreed = next((consent.kinds for consent in own if consent.withdrawn_at is None), [])
        if MACHINE_TRANSLATION not in agreed:
            return {}
        shown = [event] if event.kind == CaseEventKind.NOTE else found.events[: event.position]
        try:
            async with asyncio.timeout(TRANSLATION_S):
                return {
                    item.position: await self._translator.translate(item.text, source, target)
                    for item in shown
                    if item.kind in WRITTEN and item.text
                }
        except (ChannelError, TimeoutError) as error:
            logger.warning("a letter goes out without its translation: %s", error or "it took too long")
            return {}

    async def _give_back(
        self, session: AsyncSession, found: CaseWithEvents, event: CaseEventRow, now: dt.datetime
    ) -> None:
        await add_case_event(
            session, event.case_id, CaseEventKind.UNANSWERED, actor=SYSTEM, at=now, text=None,
            partner_id=event.partner_id,
        )  # fmt: skip
        reason = Reason(ReasonKind.UNANSWERED, event.partner_id or "")
        recipients = self._respondent().directory.recipients
        await give_to_operator(session, event.case_id, reason, now, recipients)
        logger.warning("case %s: nobody answered in time; it waits at the operator's desk", found.case.reference)
        language = LanguageCode(found.case.language)
        words = translator(language)
        partner = self._respondent().directory.partners.get(event.partner_id or "")
        # A partner taken out of the file meanwhile has no name any more.
        name = f"**{escape(partner.names.in_language(language))}**" if partner else "—"
        text = words(
            "%(partner)s has not answered yet. I am sorry. The people who run this Tomoni look after your case "
            "%(reference)s now. If you want, I pass it to somebody else.",
            partner=name, reference=f"**{found.case.reference}**",
        )  # fmt: skip
        await say_to_person(
            session, found.case, f"overdue-{event.id}", [Reply(text, language, pass_on_rows(words))], now
        )

    async def _letter_before(
        self, session: AsyncSession, found: CaseWithEvents, event: CaseEventRow, channel_name: str
    ) -> JobRow | None:
        """The job of an earlier letter about the same case by the same way, if it is still to be delivered."""
        earlier = {
            letter_key(other.id, channel_name): other
            for other in found.events
            if other.position < event.position and other.partner_id == event.partner_id and other.kind in TOLD
        }
        waiting = await waiting_jobs(session, earlier) if earlier else []
        # One that need not go out any more is waited for only while a worker may have it in hand.
        return next((job for job in waiting if job.owner or not _is_moot(found, earlier[job.dedup])), None)

    async def _settle_failure(
        self, job: JobRow, event: CaseEventRow, way: tuple[str, str], error: ChannelError
    ) -> None:
        now = self._clock()
        # Who refuses a letter for good, or says when to come again, is there; only silence breaks the circuit.
        if error.permanent or error.retry_after_s is not None:
            self.circuits.answered(way_to(*way))
        else:
            self.circuits.failed(way_to(*way), now)
        if error.permanent or job.attempts + 1 >= MAX_ATTEMPTS:
            await self._failed(job, event, way, str(error))
            return
        async with self._storage.transaction() as session:
            await jobs.postpone_job(session, job.id, now + wait_before_retry(error, job.attempts), str(error))

    async def _failed(self, job: JobRow, event: CaseEventRow, way: tuple[str, str], reason: str) -> None:
        """Give a letter up, visibly: in the case, and as a failed job."""
        logger.error("a letter to %s by %s was given up: %s", *way, reason)
        await self._note(job, event, way, CaseEventKind.FAILED, reason)

    async def _note(
        self, job: JobRow, event: CaseEventRow, way: tuple[str, str], kind: CaseEventKind, reason: str = ""
    ) -> None:
        """Write into the case what became of a letter, once, and settle its job. A case that was deleted meanwhile
        takes nothing."""
        partner_id, channel_name = way
        detail = {"channel": channel_name, "of": event.position} | ({"reason": reason[:200]} if reason else {})
        async with self._storage.transaction() as session:
            found = await lock_case(session, event.case_id)
            if found is not None and not any(item.kind == kind and item.detail == detail for item in found.events):
                await add_case_event(
                    session, event.case_id, kind, actor=SYSTEM, at=self._clock(), text=None, partner_id=partner_id,
                    detail=detail,
                )  # fmt: skip
            if kind == CaseEventKind.FAILED and found is not None:
                await jobs.fail_job(session, job.id, reason)
                await self._tell_operator(session, event, detail)
            else:
                await jobs.finish_job(session, job.id)

    async def _tell_operator(self, session: AsyncSession, event: CaseEventRow, detail: dict[str, Any]) -> None:
        """A letter that was given up is somebody's business, unless it was to the operator's desk itself."""
        if event.partner_id == OPERATOR:
            return
        alarm = await add_case_event(
            session, event.case_id, CaseEventKind.ESCALATED, actor=SYSTEM, at=self._clock(), text=None,
            partner_id=OPERATOR, detail={"from": event.partner_id, **detail},
        )  # fmt: skip
        dispatch(session, alarm, OPERATOR, self._respondent().directory.recipients)

    async def _hold(self, job: JobRow, until: dt.datetime, reason: str) -> None:
        async with self._storage.transaction() as session:
            await hold_job(session, job.id, until, reason)

    async def _finish(self, job: JobRow) -> None:
        async with self._storage.transaction() as session:
            await jobs.finish_job(session, job.id)


def _is_moot(found: CaseWithEvents, event: CaseEventRow) -> bool:
    """Whether a letter need not go out any more: the case was taken back, another partner has it, or the offer was
    answered. What tells a partner to delete always goes out."""
    if event.kind in TELLS_TO_DELETE:
        return False
    if status_of(found.events).name == "withdrawn":
        return True
    if event.kind in ASKS_OTHERS:
        return False
    if referral_of(found.events).partner_id != event.partner_id:
        return True
    return event.kind in ASKS_FOR_ANSWER and not awaits_answer(found.events, event.partner_id)


def _reminder_of(found: CaseWithEvents, offer: CaseEventRow) -> CaseEventRow | None:
    return next(
        (
            item
            for item in found.events
            if item.kind == CaseEventKind.REMINDED
            and item.partner_id == offer.partner_id
            and item.position > offer.position
        ),
        None,
    )

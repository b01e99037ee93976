"""Changes and deletes at the person's what a caseworker changed or took back after it was sent."""

from __future__ import annotations

import datetime as dt
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from bot.cases.case import status_of
from bot.cases.dispatch import dispatch
from bot.cases.relay import TAKE_BACK, note_delivery, note_taken_back, revisions_of, send_correction
from bot.delivery.circuit import NEXT_LOOK
from bot.errors import ChannelError
from bot.helpline import Helpline
from bot.sending import FIRST_RETRY_S, LONGEST_RETRY_S, MAX_ATTEMPTS, Sender
from bot.storage import jobs
from bot.storage.cases import CaseWithEvents, find_event, lock_case
from bot.storage.conversations import find_message, reply_from_json
from bot.storage.models import CaseEventRow, JobRow, ReplyRow
from bot.storage.relays import replies_to
from bot.storage.undelivered import hold_job

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An answer as it went to the person. `event` is what changes it, the answer itself where it is taken back."""

    found: CaseWithEvents
    event: CaseEventRow
    answer: CaseEventRow
    replies: list[ReplyRow]


class Revisions:
    """Does the jobs that `bot.cases.relay` wrote. Any number of them may run on one database."""

    def __init__(self, helpline: Helpline, senders: Mapping[str, Sender]) -> None:
        """`senders` by channel name; what a channel without one has fetched cannot be changed."""
        self._helpline = helpline
        self._senders = senders

    async def do(self, job: JobRow) -> None:
        """Change or delete one answer at the person's. What Telegram does not change any more is corrected by a new
        message; that something could not be deleted is told to the partner."""
        sent = await self._load(job)
        if sent is None:
            await self._finish(job)
            return
        if any(reply.status == "pending" for reply in sent.replies):
            async with self._helpline.storage.transaction() as session:
                await hold_job(session, job.id, self._helpline.clock() + NEXT_LOOK, "it is still on its way")
            return
        takes_back = job.subject.endswith(TAKE_BACK)
        try:
            await (self._delete(job, sent) if takes_back else self._edit(job, sent))
        except ChannelError as error:
            if not error.permanent and job.attempts < MAX_ATTEMPTS:
                await self._postpone(job, error)
            elif takes_back:
                await self._not_taken_back(job, sent, error)
            else:
                await self._correct(job, sent)

    async def _load(self, job: JobRow) -> _Sent | None:
        """None where there is nothing to do any more: the case or the message is gone, the message never got to the
        person, or the answer was changed or taken back again since."""
        event_id, _, what = job.subject.partition(":")
        async with self._helpline.storage.reading() as session:
            loaded = await find_event(session, uuid.UUID(event_id))
            if loaded is None or loaded[0].case.conversation_id is None:
                return None
            found, event = loaded
            answer = event if what == TAKE_BACK else found.events[(event.detail or {})["of"]]
            message = await find_message(session, loaded[0].case.conversation_id, f"answer-{answer.id}")
            replies = await replies_to(session, message.id) if message is not None else []
        later = [item for item in revisions_of(found, answer) if item.position > event.position]
        # A taking back follows all changes; a change is done by the newest of them only.
        is_over = any(what != TAKE_BACK or item.kind == "taken_back" for item in later)
        never_arrived = any(reply.status == "failed" for reply in replies)
        if status_of(found.events).name == "withdrawn" or is_over or never_arrived:
            return None
        return _Sent(found, event, answer, replies)

    async def _edit(self, job: JobRow, sent: _Sent) -> None:
        key = jobs.key_from_json(job.address)
        sender = self._senders.get(key.channel)
        bodies = [reply_from_json(body) for body in json.loads(job.payload or "[]")]
        names = [reply.channel_message_id for reply in sent.replies]
        if sender is None or not all(names) or len(names) != len(bodies):
            await self._correct(job, sent)
            return
        for name, body in zip(names, bodies, strict=True):
            await sender.edit(key, name or "", body)
        async with self._helpline.storage.transaction() as session:
            await note_delivery(
                session, sent.event.id, self._helpline.clock(), self._helpline.respondent().directory.recipients
            )
            await jobs.finish_job(session, job.id)

    async def _delete(self, job: JobRow, sent: _Sent) -> None:
        key = jobs.key_from_json(job.address)
        sender = self._senders.get(key.channel)
        names = [reply.channel_message_id for reply in sent.replies]
        if sender is None or not names or not all(names):
            raise ChannelError("it is too old, or the channel takes nothing back", permanent=True)
        for name in names:
            await sender.delete(key, name or "")
        async with self._helpline.storage.transaction() as session:
            if await lock_case(session, sent.answer.case_id) is not None:
                event = await note_taken_back(
                    session, sent.answer, json.loads(job.payload or '""'), self._helpline.clock()
                )
                dispatch(session, event, event.partner_id, self._helpline.respondent().directory.recipients)
            await jobs.finish_job(session, job.id)

    async def _not_taken_back(self, job: JobRow, sent: _Sent, error: ChannelError) -> None:
        async with self._helpline.storage.transaction() as session:
            await note_delivery(
                session, sent.answer.id, self._helpline.clock(), self._helpline.respondent().directory.recipients,
                reason=str(error), what=TAKE_BACK,
            )  # fmt: skip
            await jobs.finish_job(session, job.id)

    async def _correct(self, job: JobRow, sent: _Sent) -> None:
        bodies = [reply_from_json(body) for body in json.loads(job.payload or "[]")]
        async with self._helpline.storage.transaction() as session:
            await send_correction(session, sent.found, sent.event, bodies, self._helpline.clock())
            await jobs.finish_job(session, job.id)

    async def _postpone(self, job: JobRow, error: ChannelError) -> None:
        wait = error.wait_s(job.attempts, FIRST_RETRY_S, LONGEST_RETRY_S)
        async with self._helpline.storage.transaction() as session:
            run_at = self._helpline.clock() + dt.timedelta(seconds=wait)
            await jobs.postpone_job(session, job.id, run_at, str(error))

    async def _finish(self, job: JobRow) -> None:
        async with self._helpline.storage.transaction() as session:
            await jobs.finish_job(session, job.id)

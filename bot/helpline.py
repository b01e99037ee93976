"""The one door: every message of every channel comes in here and leaves as stored replies."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.case import status_of
from bot.cases.forgetting import delete_everything
from bot.cases.redaction import redact
from bot.cases.reference import new_reference
from bot.cases.relay import note_delivery
from bot.cases.service import PERSON, add_to_case, offer_case, open_case, solve_case, withdraw_case
from bot.cases.standing import standing_of
from bot.cases.transfer import refuse_transfer
from bot.conversation.respond import Quiet, Respondent
from bot.conversation.scene import Standing
from bot.conversation.state import ConversationState
from bot.conversation.turn import (
    AddToCase,
    ForgetConversation,
    OfferCase,
    OpenCase,
    RefuseTransfer,
    ResumeAt,
    SolveCase,
    Turn,
    WithdrawCase,
)
from bot.errors import StorageUnavailable
from bot.messages import Content, ConversationKey, Message, Text
from bot.metrics import MESSAGES
from bot.storage import conversations, jobs
from bot.storage.cases import count_open_cases, find_case
from bot.storage.conversations import PendingReply
from bot.storage.engine import Storage
from bot.storage.models import ConversationRow, JobKind, MessageRow
from bot.storage.relays import name_reply, take_kept

logger = logging.getLogger(__name__)

# How long a channel has for sending before another worker takes the replies over.
SENDING_LEASE: Final = dt.timedelta(seconds=30)
ATTEMPTS: Final = 8
QUIET: Final = "quiet-"
LONG_TEXT: Final = 4096
_MAX_LOCKS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message taken in for good. `replies` are to be sent now, in order, then settled with `settle`.

    `job` is the outbox row that stands for them; None where nothing is left to send. `waiting` tells that the
    answer comes in a moment, when nothing more is written.
    """

    replies: tuple[PendingReply, ...] = ()
    job: uuid.UUID | None = None
    waiting: bool = False

    @property
    def event_id(self) -> uuid.UUID | None:
        """The event of a case by which a caseworker said all this; None for what Tomoni says."""
        return self.replies[0].event_id if self.replies else None


class Helpline:
    """Takes messages in, one at a time for each conversation, many conversations at once."""

    def __init__(
        self,
        storage: Storage,
        respondent: Callable[[], Respondent],
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        owner: str = "",
        lease: dt.timedelta = SENDING_LEASE,
    ) -> None:
        """`respondent` gives the one in force now (the knowledge base may be reloaded); `owner` names this
        process in the outbox; `lease` is how long a channel has for sending before a worker takes over."""
        self._lease = lease
        self.storage = storage
        self.clock = clock
        self.owner = owner or uuid.uuid4().hex
        self.woken = asyncio.Event()
        self.respondent = respondent
        self._locks: OrderedDict[str, asyncio.Lock] = OrderedDict()

    async def receive(self, message: Message, *, pulled: bool = False) -> Receipt:
        """Take one message in.

        `pulled` says that the channel's far end fetches its replies and acknowledges them (`waiting_replies`,
        `acknowledge`), so that no job sends them. Returns once message, new state, replies, case events and
        jobs are committed together. A message seen before gives what was said to it then. Raises
        StorageUnavailable if the database is away: nothing was accepted then, and the channel must deliver the
        message again.
        """
        key_hash = self.storage.cipher.hash_key(message.key)
        async with self._locked(key_hash):
            for _attempt in range(ATTEMPTS):
                try:
                    receipt = await self._attempt(message, key_hash, pulled)
                except IntegrityError:
                    receipt = None
                if receipt is not None:
                    self.woken.set()
                    return receipt
                await asyncio.sleep(0)
        raise StorageUnavailable("other servers kept changing this conversation; the message will be taken again")

    async def resume(self, key: ConversationKey, job: str, *, pulled: bool = False) -> Receipt:
        """Answer what was written so far in a conversation that has gone quiet. `job` names the occasion: the
        same one twice is answered once."""
        return await self.receive(Message(key, QUIET + job, Text(""), self.clock()), pulled=pulled)

    async def waiting_replies(self, key: ConversationKey) -> list[PendingReply]:
        """The replies of a pulled conversation that its far end has not acknowledged, oldest first."""
        async with self.storage.reading() as session:
            row = await conversations.find_conversation(session, *self.storage.cipher.hashes(key))
            return await conversations.unsent_replies(session, row.id) if row else []

    async def acknowledge(self, key: ConversationKey, reply_ids: Sequence[uuid.UUID]) -> None:
        """Mark replies of this conversation as received by its far end."""
        async with self.storage.transaction() as session:
            row = await conversations.find_conversation(session, *self.storage.cipher.hashes(key))
            if row is not None:
                unsent = await conversations.unsent_replies(session, row.id)
                left = {item.event_id for item in unsent if item.id not in reply_ids}
                for event_id in {item.event_id for item in unsent} - left:
                    await self._note_delivery(session, event_id)
                await conversations.settle_replies(
                    session, [item.id for item in unsent if item.id in reply_ids], "sent", self.clock()
                )

    async def settle(self, receipt: Receipt, sent: int, names: Sequence[str | None] = ()) -> None:
        """Mark the first `sent` replies of `receipt` as sent; with all of them sent, their job is done. `names` is
        what the channel calls them, by which a caseworker's words may still be changed."""
        if receipt.job is None:
            return
        async with self.storage.transaction() as session:
            done = [reply.id for reply in receipt.replies[:sent]]
            if receipt.event_id is not None and sent == len(receipt.replies):
                await self._note_delivery(session, receipt.event_id)
            await conversations.settle_replies(session, done, "sent", self.clock())
            if receipt.event_id is not None:
                for reply_id, name in zip(done, names, strict=False):
                    if name is not None:
                        await name_reply(session, reply_id, name)
            if sent == len(receipt.replies):
                await jobs.finish_job(session, receipt.job)

    async def _note_delivery(self, session: AsyncSession, event_id: uuid.UUID | None) -> None:
        if event_id is not None:
            await note_delivery(session, event_id, self.clock(), self.respondent().directory.recipients)

    async def forget(self, key: ConversationKey) -> bool:
        """Delete all that is stored about one conversation. Returns whether there was anything."""
        key_hash = self.storage.cipher.hash_key(key)
        async with self._locked(key_hash), self.storage.transaction() as session:
            return await self._delete_all(session, key)

    @asynccontextmanager
    async def _locked(self, key_hash: str) -> AsyncIterator[None]:
        """One message of a conversation at a time in this process; the version check guards against others."""
        lock = self._locks.setdefault(key_hash, asyncio.Lock())
        self._locks.move_to_end(key_hash)
        while len(self._locks) > _MAX_LOCKS and not next(iter(self._locks.values())).locked():
            self._locks.popitem(last=False)
        async with lock:
            yield

    async def _attempt(self, message: Message, key_hash: str, pulled: bool) -> Receipt | None:
        """Load, think, write once. None where another process was faster between load and write."""
        async with self.storage.reading() as session:
            row = await conversations.find_conversation(session, *self.storage.cipher.hashes(message.key))
            known = await conversations.find_message(session, row.id, message.message_id) if row else None
            if known is not None:
                return await self._repeat(session, known, pulled)
            state = ConversationState.from_json(row.state) if row else ConversationState()
            state, standing = await self._with_case(session, state, row)
            # How busy the partners are matters only where this turn may choose one of them.
            may_choose = bool(state.intake or state.in_danger or state.passed_on)
            routes = may_choose and bool(self.respondent().directory.partners)
            open_cases = await count_open_cases(session) if routes else {}
        if isinstance(message.content, Text) and len(message.content.text) > LONG_TEXT:
            # A page takes up to seconds to look through; nobody else waits for it.
            turn = await asyncio.to_thread(self._think, state, message, open_cases, standing)
        else:
            turn = self._think(state, message, open_cases, standing)
        async with self.storage.transaction() as session:
            conversation_id = await self._write_state(session, row, key_hash, message, turn)
            if conversation_id is None:
                await session.rollback()
                return None
            receipt = await self._write_turn(session, conversation_id, message, turn, pulled)
        MESSAGES.labels(message.key.channel, turn.decision, turn.state.language or "").inc()
        return receipt

    async def _with_case(
        self, session: AsyncSession, state: ConversationState, row: ConversationRow | None
    ) -> tuple[ConversationState, Standing | None]:
        """The state and how its case stands now. A caseworker may have closed it: what is said next is about
        something new then."""
        if not state.case or row is None:
            return state, None
        found = await find_case(session, state.case)
        if found is not None and status_of(found.events).name == "open":
            return state, standing_of(found, row.updated_at)
        return state.without_case(), None

    def _think(
        self, state: ConversationState, message: Message, open_cases: Mapping[str, int], standing: Standing | None
    ) -> Turn:
        respondent = self.respondent()
        content: Content | Quiet = Quiet() if message.message_id.startswith(QUIET) else message.content
        try:
            return respondent.respond(
                state, content, self.clock(), reference=new_reference(), locale_hint=message.locale_hint,
                open_cases=open_cases, standing=standing,
            )  # fmt: skip
        except Exception as error:  # a fault of ours must end with a person, not in silence
            # Neither message nor traceback values: they may hold the person's words.
            logger.error("thinking failed: %s", type(error).__name__)
            return respondent.respond_to_failure(
                state, content, self.clock(), reference=new_reference(), locale_hint=message.locale_hint
            )

    async def _repeat(self, session: AsyncSession, known: MessageRow, pulled: bool) -> Receipt:
        """What was said to this message before. What the outbox still stands for is sent from there."""
        if pulled:
            return Receipt(tuple(await conversations.replies_of(session, known.id, only_pending=False)))
        return Receipt()

    async def _write_state(
        self, session: AsyncSession, row: ConversationRow | None, key_hash: str, message: Message, turn: Turn
    ) -> uuid.UUID | None:
        now = self.clock()
        if row is None:
            conversation_id = uuid.uuid4()
            session.add(
                ConversationRow(
                    id=conversation_id, key_hash=key_hash, hashed_by=self.storage.cipher.key_id,
                    channel=message.key.channel,
                    state=turn.state.to_json(), version=1, created_at=now, updated_at=now,
                )
            )  # fmt: skip
            await session.flush()
            return conversation_id
        moved = await conversations.advance_conversation(session, row.id, row.version, turn.state.to_json(), now)
        if moved and (row.key_hash, row.hashed_by) != (key_hash, self.storage.cipher.key_id):
            await conversations.rehash_conversation(session, row.id, key_hash, self.storage.cipher.key_id)
        return row.id if moved else None

    async def _write_turn(
        self, session: AsyncSession, conversation_id: uuid.UUID, message: Message, turn: Turn, pulled: bool
    ) -> Receipt:
        now = self.clock()
        if any(isinstance(effect, ForgetConversation) for effect in turn.effects):
            return await self._forget_and_say(session, message, turn)
        message_id = uuid.uuid4()
        reading = turn.reading
        session.add(
            MessageRow(
                id=message_id, conversation_id=conversation_id, channel_message_id=message.message_id,
                kind=type(message.content).__name__.lower(), received_at=now, decision=turn.decision,
                language=reading.language if reading else "", script=reading.script if reading else "",
                articles=[item.id for item in turn.found[:3]],
                confidence=turn.found[0].confidence if turn.found else None,
                text=redact(turn.record) if turn.record else None,
            )
        )  # fmt: skip
        await session.flush()
        partners = self.respondent().directory.recipients
        for effect in turn.effects:
            if isinstance(effect, OpenCase):
                await open_case(session, effect, conversation_id, message.key, now, partners)
            elif isinstance(effect, OfferCase):
                await offer_case(session, effect, now, partners)
            elif isinstance(effect, AddToCase):
                await add_to_case(session, effect, now, partners)
            elif isinstance(effect, SolveCase):
                await solve_case(session, effect.reference, now, partners)
            elif isinstance(effect, RefuseTransfer):
                await refuse_transfer(session, effect, now, partners)
            elif isinstance(effect, WithdrawCase):
                await withdraw_case(session, effect.reference, now, partners)
            elif isinstance(effect, ResumeAt):
                jobs.add_job(
                    session, JobKind.RESUME, dedup=f"resume:{message_id}", subject=str(message_id),
                    address=message.key, run_at=effect.at,
                )  # fmt: skip
        # Nobody else is at the telephone now: what waited for this moment comes first.
        kept = [] if message.message_id.startswith(QUIET) else await take_kept(session, conversation_id)
        replies = (*kept, *turn.replies)
        if not replies:
            return Receipt(waiting=turn.state.waiting)
        pending = conversations.add_replies(session, message_id, replies)
        if pulled:
            await session.flush()
            return Receipt(tuple(pending), waiting=turn.state.waiting)
        job = jobs.add_job(
            session, JobKind.SEND_REPLIES, dedup=_dedup(message_id), subject=str(message_id),
            address=message.key, run_at=now + self._lease, owner=self.owner,
        )  # fmt: skip
        await session.flush()
        return Receipt(tuple(pending), job, turn.state.waiting)

    async def _forget_and_say(self, session: AsyncSession, message: Message, turn: Turn) -> Receipt:
        """Delete everything. The farewell is sent once and stored nowhere."""
        await self._delete_all(session, message.key)
        return Receipt(tuple(PendingReply(uuid.uuid4(), reply) for reply in turn.replies))

    async def _delete_all(self, session: AsyncSession, key: ConversationKey) -> bool:
        """Delete what is found under any key: a server that lacked a previous one may have begun a second row."""
        recipients = self.respondent().directory.recipients
        found = False
        while row := await conversations.find_conversation(session, *self.storage.cipher.hashes(key)):
            await delete_everything(session, row.id, recipients, PERSON, self.clock())
            found = True
        return found


def _dedup(message_id: uuid.UUID) -> str:
    return f"replies:{message_id}"

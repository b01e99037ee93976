"""Partners' Telegram groups: one forum topic for each case, letters into it, and what caseworkers do there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from telegram import MaybeInaccessibleMessage, Message, Update

from bot.cases.case import ASKS_FOR_ANSWER, ASKS_OTHERS, TELLS_TO_DELETE
from bot.channels.telegram.client import TelegramClient, TopicGone
from bot.channels.telegram.group_desk import GroupDesk
from bot.channels.telegram.group_messages import NOTHING_QUOTED, Library, Quoted, find_articles
from bot.channels.telegram.group_words import LetterText, Outcome, answer_rows, letter_bubbles, parse_ask
from bot.channels.telegram.pacing import LONG_PATIENCE
from bot.channels.telegram.translate import attachment_in
from bot.errors import ChannelError, StorageUnavailable
from bot.helpline import Helpline
from bot.i18n import translator
from bot.markup import without_ruby
from bot.messages import Attachment, Press, Reply, Text
from bot.partners.partner import Recipient
from bot.storage.attachments import content_of, sent_file
from bot.storage.cases import CaseWithEvents, find_case, lock_case
from bot.storage.models import AttachmentRow, CaseEventKind, ReceivedRow, TopicRow
from bot.storage.topics import forget_topic, topic_at, topic_for, topic_of

logger = logging.getLogger(__name__)

MAX_NAME: Final = 128
MAX_ACTOR: Final = 64
_ENDS: Final = (*TELLS_TO_DELETE, CaseEventKind.CLOSED)
_MAX_UNDER_WAY: Final = 1000


class GroupLetter(LetterText, Protocol):
    """What a group is handed of a letter to its partner."""

    @property
    def reference(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def category(self) -> str: ...

    @property
    def attachments(self) -> Sequence[AttachmentRow]: ...

    @property
    def topic(self) -> tuple[int, int] | None: ...


@dataclass(frozen=True, slots=True)
class Said:
    """What follows an update that was taken: a press to acknowledge, words for the topic, or its closing."""

    chat_id: int
    thread_id: int
    query_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Heard:
    """Something a caseworker did in a group. `thread_id` is None where Telegram does not tell it; `message` is the id
    of what was written, `answered` of what it answers."""

    chat_id: int
    thread_id: int | None
    name: str
    content: Text | Press | Attachment
    query_id: str = ""
    quoted: Quoted = NOTHING_QUOTED


class PartnerGroups:
    """Brings letters into partners' groups, and takes in what is written and pressed there. Any number of them may
    run on one database."""

    def __init__(self, client: TelegramClient, helpline: Helpline) -> None:
        self._client = client
        self._helpline = helpline
        # How many bubbles of a letter stand in its topic already: a letter that failed halfway goes on from there.
        self._under_way: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._turns: dict[int, asyncio.Lock] = {}

    async def deliver(self, partner_id: str, partner: Recipient, letter: GroupLetter, key: str) -> None:
        """Post a letter into the topic of its case, which is opened if there is none, and closed where the letter
        ends the case for this partner. One about a case that is deleted here deletes its topic.

        Raises ChannelError, which says whether trying again is pointless.
        """
        if letter.topic is not None:
            await self._erase(*letter.topic, letter)
            return
        group = partner.channels.telegram_group
        if group is None:
            raise ChannelError("the partner has no Telegram group", permanent=True)
        ends = letter.kind in _ENDS
        async with self._helpline.storage.reading() as session:
            found = await find_case(session, letter.reference)
            topic = await topic_of(session, found.case.id, partner_id) if found is not None else None
        if found is None:
            raise ChannelError("the case was deleted", permanent=True)
        if topic is None and ends:
            return  # nothing of the case was ever posted here
        if topic is not None and (topic.chat_id == group or ends):
            try:
                await self._post(topic, letter, key, with_buttons=letter.kind in ASKS_FOR_ANSWER)
            except TopicGone:
                if ends:
                    return  # whoever deleted the topic deleted all that stood in it
            else:
                if ends:
                    await self._close(topic.chat_id, topic.thread_id)
                return
        opened = await self._open(found, partner_id, group, letter, instead_of=topic)
        await self._post(opened, letter, key, with_buttons=letter.kind not in ASKS_OTHERS)

    async def _post(self, topic: TopicRow, letter: GroupLetter, key: str, *, with_buttons: bool) -> None:
        words = translator(letter.language)
        bubbles = letter_bubbles(letter, answer_rows(words, letter.reference) if with_buttons else ())
        way = (key, topic.thread_id)
        parts: list[Reply | AttachmentRow] = [*bubbles, *letter.attachments]
        first = self._under_way.get(way, 0)
        # A letter that began must not stop halfway for want of room: another process would begin it anew.
        await self._client.turn(topic.chat_id, len(parts) - first)
        for number in range(first, len(parts)):
            part = parts[number]
            if isinstance(part, Reply):
                await self._client.send_to_topic(topic.chat_id, topic.thread_id, part, has_turn=True)
            else:
                await self._post_file(topic, part)
            self._under_way[way] = number + 1
        self._under_way.pop(way, None)
        while len(self._under_way) > _MAX_UNDER_WAY:
            self._under_way.popitem(last=False)

    async def _post_file(self, topic: TopicRow, row: AttachmentRow) -> None:
        content = None
        if row.remote is None:
            async with self._helpline.storage.reading() as session:
                content = await content_of(session, row.id)
        await self._client.send_file(
            topic.chat_id, sent_file(row), thread_id=topic.thread_id, content=content, has_turn=True
        )

    async def _open(
        self, found: CaseWithEvents, partner_id: str, group: int, letter: GroupLetter, instead_of: TopicRow | None
    ) -> TopicRow:
        """A topic for the case: a new one, or that of another process which was faster."""
        storage = self._helpline.storage
        thread_id = await self._client.create_topic(group, self._name(letter))
        topic = TopicRow(case_id=found.case.id, partner_id=partner_id, chat_id=group, thread_id=thread_id)
        try:
            async with storage.transaction() as session:
                if instead_of is not None:
                    await forget_topic(session, instead_of)
                session.add(topic)
                await session.flush()
                return topic
        except IntegrityError:
            await self._close(group, thread_id)
        except StorageUnavailable:
            await self._close(group, thread_id)
            raise
        async with storage.reading() as session:
            others = await topic_of(session, found.case.id, partner_id)
        if others is None:
            raise ChannelError("the case was deleted", permanent=True)
        return others

    def _name(self, letter: GroupLetter) -> str:
        """Reference and topic: everybody in the group sees it in the list, so nothing personal stands in it."""
        categories = self._helpline.respondent().knowledge_base.categories
        title = next((item.title.in_language(letter.language) for item in categories if item.id == letter.category), "")
        return " · ".join(part for part in (letter.reference, without_ruby(title)) if part)[:MAX_NAME]

    async def _erase(self, chat_id: int, thread_id: int, letter: GroupLetter) -> None:
        """Delete a topic; where the bot may not, ask for it there and close it."""
        try:
            await self._client.delete_topic(chat_id, thread_id)
        except TopicGone:
            return
        except ChannelError as error:
            if not error.permanent:
                raise
            logger.warning("a topic was not deleted: %s", error)
            with contextlib.suppress(TopicGone):
                for bubble in letter_bubbles(letter, ()):
                    await self._client.send_to_topic(chat_id, thread_id, bubble)
                await self._close(chat_id, thread_id)

    async def _close(self, chat_id: int, thread_id: int) -> None:
        """Close a topic. That Telegram refuses for good undoes nothing of what was said in it."""
        try:
            await self._client.close_topic(chat_id, thread_id)
        except ChannelError as error:
            if not error.permanent:
                raise
            logger.warning("a topic was not closed: %s", error)

    def concerns(self, update: Update) -> bool:
        """Whether an update comes from a partner's group."""
        chat = update.effective_chat
        return chat is not None and bool(self._partners_of(chat.id))

    def _partners_of(self, chat_id: int) -> Mapping[str, Recipient]:
        partners = self._helpline.respondent().directory.recipients
        return {name: partner for name, partner in partners.items() if partner.channels.telegram_group == chat_id}

    async def take(self, update: Update) -> Said | None:
        """Store what a caseworker does in the topic of a case. Returns what follows from it, for `say`; None where
        nothing does: it was taken before, or is about no case of this group's partner.

        Raises StorageUnavailable when it could not be stored: Telegram must keep it.
        """
        heard = _heard(update, self._client.bot.id)
        if heard is None:
            return None
        now = self._helpline.clock()
        async with self._helpline.storage.reading() as session:
            topic = await self._topic(session, heard)
        partner = self._partners_of(heard.chat_id).get(topic.partner_id) if topic is not None else None
        if topic is None or partner is None:
            logger.info("an update from a partner's group is about no case of that partner; it was passed over")
            return None
        respondent = self._helpline.respondent()
        library = Library(respondent.knowledge_base, heard.quoted, find_articles(respondent, heard.content))
        row = ReceivedRow(source=f"telegram:{self._client.bot.id}", message_id=str(update.update_id), received_at=now)
        async with self._helpline.storage.transaction() as session:
            session.add(row)
            try:
                # Of two at once the second waits here for the first, and is refused if that one is taken.
                await session.flush()
            except IntegrityError:
                await session.rollback()
                return None
            found = await lock_case(session, topic.case_id)
            if found is None:
                await session.rollback()
                return None
            actor = f"{topic.partner_id}:{heard.name}"[:MAX_ACTOR]
            recipients = self._helpline.respondent().directory.recipients
            desk = GroupDesk(session, found, topic.partner_id, partner, actor, now, recipients, library)
            outcome = await desk.act(heard.content)
        self._helpline.woken.set()
        return Said(topic.chat_id, topic.thread_id, heard.query_id, outcome)

    async def _topic(self, session: AsyncSession, heard: _Heard) -> TopicRow | None:
        """The topic it happened in; for a press under a message too old to say where it stands, that of the case."""
        asked = parse_ask(heard.content.data) if isinstance(heard.content, Press) else None
        found = await find_case(session, asked.reference) if asked is not None else None
        if heard.thread_id is None:
            return await topic_for(session, found.case.id, heard.chat_id) if found is not None else None
        topic = await topic_at(session, heard.chat_id, heard.thread_id)
        if topic is None or asked is None or (found is not None and found.case.id == topic.case_id):
            return topic
        return None

    async def say(self, said: Said) -> None:
        """Tell the caseworkers what became of it, in the order in which things happened in their group. What cannot
        be said now is not said later: the case itself is as it should be."""
        if said.query_id:
            await self._client.answer_press(said.query_id)
        async with self._turns.setdefault(said.chat_id, asyncio.Lock()):
            try:
                outcome = said.outcome
                if outcome.reply is not None:
                    await self._client.turn(said.chat_id, patience=LONG_PATIENCE)
                    await self._client.send_to_topic(
                        said.chat_id, said.thread_id, outcome.reply, answers=outcome.answers, asks=outcome.asks,
                        has_turn=True,
                    )  # fmt: skip
                if said.outcome.closes:
                    await self._close(said.chat_id, said.thread_id)
            except ChannelError as error:
                logger.warning("a caseworker was not told what became of it: %s", error)


def _heard(update: Update, bot_id: int) -> _Heard | None:
    """What a caseworker did; None for what is only news about the group: somebody joined, a topic was closed."""
    chat = update.effective_chat
    user = update.effective_user
    if chat is None:
        return None
    name = _storable((user.first_name or str(user.id)) if user is not None else "?")
    query = update.callback_query
    if query is not None:
        thread_id = query.message.message_thread_id if isinstance(query.message, Message) else None
        press = Press(_storable(query.data or ""))
        return _Heard(chat.id, thread_id, name, press, query.id, _quoted(query.message))
    said = update.message or update.edited_message
    if said is None or said.message_thread_id is None:
        return None
    if said.text is not None:
        content = Text(_storable(said.text), update.edited_message is not None)
        return _Heard(chat.id, said.message_thread_id, name, content, quoted=_quoted(said))
    attachment = attachment_in(said, bot_id)
    if attachment is None:
        return None
    attachment = replace(attachment, caption=_storable(attachment.caption))
    return _Heard(chat.id, said.message_thread_id, name, attachment)


def _quoted(message: MaybeInaccessibleMessage | None) -> Quoted:
    if message is None:
        return NOTHING_QUOTED
    answered = message.reply_to_message if isinstance(message, Message) else None
    if answered is None:
        return Quoted(message.message_id)
    by_bot = answered.from_user is not None and answered.from_user.is_bot
    return Quoted(message.message_id, answered.message_id, _storable(answered.text or ""), answered.date, by_bot)


def _storable(text: str) -> str:
    """`text` without what no database can store."""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "")

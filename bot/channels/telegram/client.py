"""Writing to Telegram, and the one table of what its errors mean."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from telegram import Bot, BotCommand, ForceReply, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.files import file_id_of, sending_of
from bot.channels.telegram.pacing import PATIENCE, Pacer
from bot.channels.telegram.request import AiohttpRequest
from bot.channels.telegram.translate import html_of, keyboard_of
from bot.conversation.welcome import commands_in
from bot.errors import BLOCKED, CHAT_GONE, ChannelError, TomoniError
from bot.i18n import ENGLISH, LANGUAGES, translator
from bot.markup import without_ruby
from bot.messages import ConversationKey, Reply, SentFile

logger = logging.getLogger(__name__)

# Telegram describes these in words only; each stays as it is however often one tries.
_HOPELESS: Final = (
    "chat not found",
    "user is deactivated",
    "bot was blocked",
    "bot can't initiate",
    "peer_id_invalid",
)
_NO_TOPIC: Final = ("message thread not found", "topic_id_invalid", "topic_deleted")
_NOT_IN_GROUP: Final = ("kicked from", "not a member")


class TopicGone(ChannelError):
    """The forum topic is not there: somebody deleted it in Telegram."""


class TelegramClient:
    """One bot on one Bot API server."""

    def __init__(self, token: str, api_url: str, pacer: Pacer | None = None) -> None:
        """`pacer` says when a message may go; without one, each goes at once."""
        self._pacer = pacer
        root = api_url.rstrip("/")
        # Long polls hold a connection each; they must not stand in the way of replies.
        self._request = AiohttpRequest()
        self.bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._request,
            get_updates_request=AiohttpRequest(connections=2, timeout_s=40),
        )

    async def start(self) -> None:
        """Log in. Raises TomoniError if the token is refused, ChannelError if the server is away."""
        try:
            await self.bot.initialize()
        except InvalidToken as error:
            raise TomoniError(
                "TOMONI_TELEGRAM_TOKEN: Telegram refuses it; ask @BotFather for the current one"
            ) from error
        except TelegramError as error:
            raise channel_error(error) from error

    async def stop(self) -> None:
        await self.bot.shutdown()

    async def introduce_commands(self) -> None:
        """Set the list of commands in every language, and neutral words about the bot."""
        for code in (None, *LANGUAGES):
            words = translator(code or ENGLISH)
            commands = [BotCommand(name, without_ruby(text)) for name, text in commands_in(words).items()]
            try:
                await self.bot.set_my_commands(commands, language_code=code)
            except TelegramError as error:
                logger.warning("the command list was not set: %s", channel_error(error))
                return

    async def send(self, key: ConversationKey, reply: Reply) -> str:
        """Send one reply, silently, so that no sound draws anyone's eyes to the phone. Returns the message's id.
        Raises ChannelError."""
        if reply.file is not None:
            return await self.send_file(int(key.chat), reply.file, html_of(reply), silent=True)
        await self.turn(int(key.chat))
        try:
            sent = await self.bot.send_message(
                int(key.chat),
                html_of(reply),
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard_of(reply),
                disable_notification=True,
                link_preview_options={"is_disabled": True},  # type: ignore[arg-type]
            )
        except TelegramError as error:
            raise await self._failed(int(key.chat), error) from error
        return str(sent.message_id)

    async def edit(self, key: ConversationKey, name: str, reply: Reply) -> None:
        """Put `reply` in the place of a message sent before. Raises ChannelError."""
        try:
            await self.bot.edit_message_text(
                html_of(reply),
                int(key.chat),
                int(name),
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard_of(reply),
                link_preview_options={"is_disabled": True},  # type: ignore[arg-type]
            )
        except TelegramError as error:
            if "message is not modified" not in str(error).lower():
                raise await self._failed(int(key.chat), error) from error

    async def delete(self, key: ConversationKey, name: str) -> None:
        """Delete a message sent before; one the person deleted already is gone. Raises ChannelError."""
        try:
            await self.bot.delete_message(int(key.chat), int(name))
        except TelegramError as error:
            if "message to delete not found" not in str(error).lower():
                raise await self._failed(int(key.chat), error) from error

    async def turn(self, chat_id: int, messages: int = 1, patience: dt.timedelta = PATIENCE) -> None:
        """Wait until so many more messages may go to a chat. Raises NotYet where that is more than `patience` away."""
        if self._pacer is not None:
            await self._pacer.turn(chat_id, messages, patience)

    async def _failed(self, chat_id: int, error: TelegramError) -> ChannelError:
        failure = channel_error(error)
        if self._pacer is not None and failure.retry_after_s is not None:
            await self._pacer.refused(chat_id, failure.retry_after_s)
        return failure

    async def create_topic(self, chat_id: int, name: str) -> int:
        """Open a forum topic in a group. Returns its thread id. Raises ChannelError."""
        await self.turn(chat_id)
        try:
            topic = await self.bot.create_forum_topic(chat_id, name)
        except TelegramError as error:
            raise await self._failed(chat_id, error) from error
        return topic.message_thread_id

    async def close_topic(self, chat_id: int, thread_id: int) -> None:
        """Close a forum topic; one that is closed already stays so. Raises ChannelError, TopicGone where it is not
        there."""
        await self.turn(chat_id)
        try:
            await self.bot.close_forum_topic(chat_id, thread_id)
        except TelegramError as error:
            if "topic_not_modified" not in str(error).lower():
                raise await self._failed(chat_id, error) from error

    async def delete_topic(self, chat_id: int, thread_id: int) -> None:
        """Delete a forum topic with all that stands in it. Raises ChannelError, TopicGone where it is not there."""
        try:
            await self.bot.delete_forum_topic(chat_id, thread_id)
        except TelegramError as error:
            raise await self._failed(chat_id, error) from error

    async def send_to_topic(
        self,
        chat_id: int,
        thread_id: int,
        reply: Reply,
        *,
        answers: int | None = None,
        asks: str = "",
        has_turn: bool = False,
    ) -> None:
        """Write one bubble into a forum topic, as an answer to the message with the id `answers`. With `asks`,
        Telegram opens an answer to it, in whose empty field that stands; there are no buttons then. `has_turn`: `turn`
        was called for it.

        Raises ChannelError, TopicGone where the topic is not there.
        """
        quoting = ReplyParameters(answers, allow_sending_without_reply=True) if answers is not None else None
        if not has_turn:
            await self.turn(chat_id)
        try:
            await self.bot.send_message(
                chat_id,
                html_of(reply),
                message_thread_id=thread_id,
                parse_mode=ParseMode.HTML,
                reply_parameters=quoting,
                reply_markup=ForceReply(input_field_placeholder=asks) if asks else keyboard_of(reply),
                link_preview_options={"is_disabled": True},  # type: ignore[arg-type]
            )
        except TelegramError as error:
            raise await self._failed(chat_id, error) from error

    async def send_file(
        self, chat_id: int, file: SentFile, caption: str = "", *, thread_id: int | None = None,
        content: bytes | None = None, silent: bool = False, has_turn: bool = False,
    ) -> str:  # fmt: skip
        """Send a file with a `caption` in HTML: by its file id, or `content` where we hold it. Returns the message's
        id; `has_turn`: `turn` was called for it. Raises ChannelError, TopicGone where the topic is not there."""
        if not has_turn:
            await self.turn(chat_id)
        what = sending_of(file, self.bot.id, content)
        words = {"caption": caption, "parse_mode": ParseMode.HTML} if caption else {}
        try:
            sent = await getattr(self.bot, what.method)(
                chat_id, message_thread_id=thread_id, disable_notification=silent, **what.parameters, **words
            )
        except TelegramError as error:
            raise await self._failed(chat_id, error) from error
        return str(sent.message_id)

    async def stream_file(self, remote: str) -> AsyncGenerator[bytes, None]:
        """What is in a file Telegram keeps, piece by piece. Raises ChannelError: permanent where it is not there, is
        another bot's, or larger than bots may fetch."""
        file_id = file_id_of(remote, self.bot.id)
        try:
            found = await self.bot.get_file(file_id)
            async with aclosing(self._request.stream(found.file_path or "")) as pieces:
                async for piece in pieces:
                    yield piece
        except TelegramError as error:
            raise channel_error(error) from error

    async def show_typing(self, key: ConversationKey) -> None:
        """Show that an answer is on its way; that it could not be shown does not matter."""
        with contextlib.suppress(TelegramError):
            await self.bot.send_chat_action(int(key.chat), ChatAction.TYPING)

    async def answer_press(self, query_id: str) -> None:
        """Stop the button's clock; too late for it does not matter."""
        with contextlib.suppress(TelegramError):
            await self.bot.answer_callback_query(query_id)


def channel_error(error: TelegramError) -> ChannelError:
    """What one of Telegram's errors means for us. No chat id, token or text is in its words."""
    if isinstance(error, RetryAfter):
        after = error.retry_after
        seconds = after.total_seconds() if isinstance(after, dt.timedelta) else float(after)
        return ChannelError("Telegram asks to slow down", permanent=False, retry_after_s=seconds)
    if isinstance(error, TimedOut):
        return ChannelError("Telegram did not answer in time", permanent=False)
    if isinstance(error, Forbidden):
        if any(sign in str(error).lower() for sign in _NOT_IN_GROUP):
            return ChannelError("the bot is not in the group any more", permanent=True)
        return ChannelError(BLOCKED, permanent=True)
    if isinstance(error, ChatMigrated):
        return ChannelError("the chat has moved", permanent=True)
    if isinstance(error, InvalidToken):
        return ChannelError("Telegram refuses the token", permanent=True)
    if isinstance(error, BadRequest):
        message = str(error).lower()
        if any(sign in message for sign in _NO_TOPIC):
            return TopicGone("the topic is gone", permanent=True)
        return ChannelError(
            CHAT_GONE if any(sign in message for sign in _HOPELESS) else f"Telegram refuses: {message[:80]}",
            permanent=True,
        )
    if isinstance(error, NetworkError):
        return ChannelError("Telegram cannot be reached", permanent=False)
    return ChannelError(f"Telegram: {type(error).__name__}", permanent=False)

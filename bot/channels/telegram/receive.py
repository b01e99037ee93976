"""Updates from Telegram, by long polling or webhook; acknowledged only when they are safely stored."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.client import TelegramClient, channel_error
from bot.channels.telegram.partner_group import PartnerGroups
from bot.channels.telegram.translate import message_from
from bot.errors import StorageUnavailable, TomoniError
from bot.helpline import Helpline, Receipt
from bot.messages import ConversationKey, Message, Press, Text
from bot.sending import send_and_settle

logger = logging.getLogger(__name__)

ALLOWED: Final = ["message", "edited_message", "callback_query"]
POLL_TIMEOUT_S: Final = 25
BATCH: Final = 100
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
WEBHOOK_PATH: Final = "/telegram/webhook"
MAX_BODY: Final = 1024 * 1024
# A message longer than this takes long enough to think about for "typing…" to be worth a call.
TYPING_FROM: Final = 200


class TelegramReceiver:
    """Hands updates to the helpline: in order for one person, side by side for different ones."""

    def __init__(self, client: TelegramClient, helpline: Helpline, groups: PartnerGroups | None = None) -> None:
        """`groups` takes what is written in partners' groups; without it, nobody hears that."""
        self._client = client
        self._helpline = helpline
        self._groups = groups
        self._tails: dict[ConversationKey, asyncio.Task[None]] = {}
        self._sends: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def take(self, update: Update) -> None:
        """Store one update and send what is said to it in the background.

        Returns when it is stored. Raises StorageUnavailable when it could not be: Telegram must keep it.
        """
        if self._groups is not None and self._groups.concerns(update):
            said = await self._groups.take(update)
            if said is not None:
                self._in_background(self._groups.say(said))
            return
        bot = self._client.bot
        message = message_from(update, bot.id, bot.username or "")
        if message is None:
            return
        if isinstance(message.content, Text) and len(message.content.text) > TYPING_FROM:
            self._in_background(self._client.show_typing(message.key))
        receipt = await self._helpline.receive(message)
        if receipt.waiting:
            self._in_background(self._client.show_typing(message.key))
        query_id = message.message_id.removeprefix("press-") if isinstance(message.content, Press) else ""
        self._send_after_earlier(message, receipt, query_id)

    def _send_after_earlier(self, message: Message, receipt: Receipt, query_id: str) -> None:
        """Send behind whatever is still being sent to the same person, so that bubbles stay in order."""
        key = message.key
        earlier = self._tails.get(key)

        async def send() -> None:
            if earlier is not None:
                await asyncio.wait([earlier])
            if query_id:
                await self._client.answer_press(query_id)
            try:
                await send_and_settle(self._helpline, self._client, key, receipt)
            except StorageUnavailable as error:
                logger.error("sent, but not noted down; it may be sent again: %s", error)

        task = self._in_background(send())
        self._tails[key] = task

        def forget(done: asyncio.Task[None]) -> None:
            if self._tails.get(key) is done:
                del self._tails[key]

        task.add_done_callback(forget)

    def _in_background(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)
        return task

    async def poll(self) -> None:
        """Fetch updates until stopped. The offset moves only past updates that are stored."""
        offset = 0
        pause = 1.0
        await self._drop_webhook()
        while not self._stopping.is_set():
            try:
                updates = await self._client.bot.get_updates(
                    offset=offset, limit=BATCH, timeout=POLL_TIMEOUT_S, allowed_updates=ALLOWED
                )
                pause = 1.0
            except InvalidToken as error:
                raise TomoniError("TOMONI_TELEGRAM_TOKEN: Telegram refuses it") from error
            except Conflict:
                logger.error("another program polls with this bot's token, or a webhook is set; waiting")
                await self._sleep(5)
                continue
            except TelegramError as error:
                failure = channel_error(error)
                wait = failure.retry_after_s if isinstance(error, RetryAfter) else None
                logger.warning("polling: %s", failure)
                await self._sleep(wait or pause)
                pause = min(pause * 2, 60)
                continue
            stored = await self._take_batch(updates)
            if stored:
                offset = stored + 1
            if stored is None or (updates and stored < updates[-1].update_id):
                await self._sleep(1)

    async def _take_batch(self, updates: tuple[Update, ...]) -> int | None:
        """Take a batch: one after the other for one person, people side by side.

        Returns the id of the last update before the first that could not be stored; None if there is none.
        """
        by_person: dict[int, list[Update]] = {}
        for update in updates:
            person = update.effective_chat.id if update.effective_chat else 0
            by_person.setdefault(person, []).append(update)
        failed: list[int] = []

        async def take_in_order(own: list[Update]) -> None:
            for update in own:
                try:
                    await self.take(update)
                except StorageUnavailable as error:
                    logger.error("an update waits at Telegram: %s", error)
                    failed.append(update.update_id)
                    return
                except Exception as error:  # one update must not stop all that come after it
                    logger.error("an update was passed over: %s", type(error).__name__)

        await asyncio.gather(*(take_in_order(own) for own in by_person.values()))
        stored = [update.update_id for update in updates if not failed or update.update_id < min(failed)]
        return stored[-1] if stored else None

    async def stop(self) -> None:
        """Stop polling and let what is being sent end."""
        self._stopping.set()
        if self._sends:
            await asyncio.wait(self._sends, timeout=10)

    async def _drop_webhook(self) -> None:
        with contextlib.suppress(TelegramError):
            await self._client.bot.delete_webhook()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def set_webhook(self, public_url: str, secret: str) -> None:
        """Tell Telegram where to deliver. Raises ChannelError."""
        try:
            await self._client.bot.set_webhook(
                public_url.rstrip("/") + WEBHOOK_PATH,
                secret_token=secret,
                allowed_updates=ALLOWED,
                max_connections=40,
            )
        except TelegramError as error:
            raise channel_error(error) from error

    def webhook_route(self, secret: str) -> Route:
        """Where Telegram delivers; only with the secret token, and 200 only after the commit."""

        async def receive(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
                return PlainTextResponse("forbidden", status_code=403)
            body = b""
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return PlainTextResponse("too large", status_code=413)
            try:
                update = Update.de_json(json.loads(body.decode("utf-8", "replace")), self._client.bot)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                return PlainTextResponse("not an update", status_code=400)
            try:
                await self.take(update)
            except StorageUnavailable as error:
                logger.error("an update waits at Telegram: %s", error)
                return PlainTextResponse("try again", status_code=503, headers={"Retry-After": "2"})
            return PlainTextResponse("ok")

        return Route(WEBHOOK_PATH, receive, methods=["POST"])

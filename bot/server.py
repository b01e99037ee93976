"""One process that serves: web chat, Telegram, outbox; started in order, stopped in the opposite one."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import logging
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.app import Understanding
from bot.cases.files import CaseFiles
from bot.channels.telegram.client import TelegramClient
from bot.channels.telegram.pacing import Pacer
from bot.channels.telegram.partner_group import PartnerGroups
from bot.channels.telegram.receive import TelegramReceiver
from bot.channels.telegram.translate import CHANNEL as TELEGRAM
from bot.channels.web.status import status_routes
from bot.channels.web.views import WebChat
from bot.delivery.email import EmailChannel
from bot.delivery.inbound import PartnerInbox
from bot.delivery.inbound_files import PartnerFiles
from bot.delivery.partner_channel import PartnerChannel
from bot.delivery.translation import MachineTranslator, TranslationService
from bot.delivery.webhook import WebhookChannel
from bot.delivery.worker import ENDING_S, Worker
from bot.errors import ChannelError, StorageUnavailable, TomoniError
from bot.helpline import Helpline
from bot.sending import Sender
from bot.settings import Settings, partner_secrets
from bot.storage.engine import Storage, open_storage, secret_of
from bot.storage.migrate import upgrade

logger = logging.getLogger(__name__)

DATABASE_RETRY_S: Final = 2.0
TELEGRAM_RETRY_S: Final = 10.0
RELOAD_EVERY_S: Final = 3.0


async def serve(settings: Settings) -> None:
    """Serve until told to stop.

    Raises TomoniError where something is wrong that only a person can mend: knowledge base, port, token.
    """
    listening = bind(settings.host, settings.port)
    understanding = await asyncio.to_thread(Understanding, settings, quiet=True)
    storage = open_storage(settings)
    try:
        await _await_database(storage)
        helpline = Helpline(storage, understanding.current)
        await _serve(settings, understanding, helpline, listening)
    finally:
        await storage.close()
        listening.close()


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`. Raises TomoniError where that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise TomoniError(
            f"TOMONI_PORT: {host}:{port} cannot be used ({error.strerror}); "
            f"another program has it? Try TOMONI_PORT={port + 1}"
        ) from error
    return listening


async def _await_database(storage: Storage) -> None:
    while True:
        try:
            await upgrade(storage)
        except StorageUnavailable as error:
            logger.error("%s; trying again in %.0f s", error, DATABASE_RETRY_S)
            await asyncio.sleep(DATABASE_RETRY_S)
        else:
            return


async def _serve(
    settings: Settings, understanding: Understanding, helpline: Helpline, listening: socket.socket
) -> None:
    secrets = partner_secrets()
    client: TelegramClient | None = None
    if settings.telegram_token is not None:
        token = settings.telegram_token.get_secret_value()
        pacer = Pacer(helpline.storage, token.partition(":")[0], settings.telegram_messages_per_second)
        client = TelegramClient(token, settings.telegram_api_url, pacer)
    files = CaseFiles(helpline.storage, client)
    inbox = PartnerInbox(helpline, secrets)
    routes: list[BaseRoute] = [
        *status_routes(helpline),
        *inbox.routes(),
        *PartnerFiles(helpline.storage, inbox, files, helpline.clock).routes(),
        *WebChat(helpline, settings.widget_origins, files).routes(),
    ]
    async with contextlib.AsyncExitStack() as stack:
        senders: dict[str, Sender] = {}
        partners: dict[str, PartnerChannel] = {"webhook": WebhookChannel(secrets, settings.public_url)}
        if settings.smtp_url is not None:
            smtp_url = settings.smtp_url.get_secret_value()
            partners["email"] = EmailChannel(smtp_url, settings.mail_from, settings.public_url, files=files)
        if client is not None:
            groups = PartnerGroups(client, helpline)
            partners["telegram_group"] = groups
            receiver = TelegramReceiver(client, helpline, groups)
            senders[TELEGRAM] = client
            if settings.public_url is not None:
                routes.append(receiver.webhook_route(webhook_secret(settings)))
            await stack.enter_async_context(_telegram(settings, client, receiver))
        await stack.enter_async_context(_background(_watch(understanding), "knowledge base"))
        await stack.enter_async_context(_working(Worker(helpline, senders, partners, _translator(settings))))
        # What was built at start lives as long as the process; the collector need not look at it again.
        gc.collect()
        gc.freeze()
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
        )
        host, port = listening.getsockname()[:2]
        print(f"Tomoni is ready: http://{host}:{port}", flush=True)
        await server.serve(sockets=[listening])


def _translator(settings: Settings) -> MachineTranslator | None:
    if settings.translator_url is None:
        return None
    key = settings.translator_key.get_secret_value() if settings.translator_key is not None else ""
    return TranslationService(settings.translator_url, key)


def webhook_secret(settings: Settings) -> str:
    """The secret Telegram must send along: derived, so that every process of an installation knows it."""
    return hashlib.blake2b(secret_of(settings).encode(), digest_size=24, person=b"tomoni-webhook").hexdigest()


@asynccontextmanager
async def _telegram(settings: Settings, client: TelegramClient, receiver: TelegramReceiver) -> AsyncIterator[None]:
    """Telegram, by webhook where there is a public URL, else by polling. A server that is away is waited for."""
    async with _background(_run_telegram(settings, client, receiver), "Telegram"):
        try:
            yield
        finally:
            await receiver.stop()
    await client.stop()


async def _run_telegram(settings: Settings, client: TelegramClient, receiver: TelegramReceiver) -> None:
    while True:
        try:
            await client.start()
            if settings.public_url is not None:
                await receiver.set_webhook(settings.public_url, webhook_secret(settings))
            break
        except ChannelError as error:
            logger.error("%s; trying again in %.0f s", error, TELEGRAM_RETRY_S)
            await asyncio.sleep(error.retry_after_s or TELEGRAM_RETRY_S)
    await client.introduce_commands()
    logger.info("Telegram: %s", "webhook set" if settings.public_url else "polling")
    if settings.public_url is None:
        await receiver.poll()


@asynccontextmanager
async def _working(worker: Worker) -> AsyncIterator[None]:
    async with _background(worker.run(), "outbox") as working:
        try:
            yield
        finally:
            worker.stop()
            await asyncio.wait([working], timeout=2 * ENDING_S)


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work` beside the block, as the task it gives; a fault in it is logged at once. It ends with the block."""
    task = asyncio.create_task(work)

    def report(done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            logger.error("%s stopped: %s", name, error if isinstance(error, TomoniError) else type(error).__name__)

    task.add_done_callback(report)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def _watch(understanding: Understanding) -> None:
    """Put a changed knowledge base into force, without holding up messages."""
    while True:
        await asyncio.sleep(RELOAD_EVERY_S)
        await asyncio.to_thread(understanding.reload_if_changed)

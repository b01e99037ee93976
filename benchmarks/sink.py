"""A Bot API server on loopback that takes everything, counts what was sent, and posts updates as Telegram does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "123456:BENCH-token"
BOT = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot", "can_join_groups": False,
       "can_read_all_group_messages": False, "supports_inline_queries": False}  # fmt: skip
DEADLINE_S = 120
# How long a repeated reply may come after the last one awaited.
GRACE_S = 0.5
# What Telegram holds open to one webhook where nothing else is asked for.
CONCURRENT = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a round of updates: wall time, each post's time until 200, the share of
    the time this process was busy, posts refused, replies missing and repeated."""

    seconds: float
    posts: list[float]
    busy: float
    refused: int
    lost: int
    doubled: int


class Sink:
    """The far end of one bot."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._sent: Counter[tuple[int, str]] = Counter()
        self._awaited: set[int] = set()
        self._answered = asyncio.Event()
        self._webhook: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def deliver(self, updates: Sequence[tuple[int, bytes]]) -> Delivery:
        """Post `updates` (chat, JSON; each chat once), `CONCURRENT` at a time, until each has 200 and a reply."""
        webhook = await asyncio.wait_for(self._webhook, DEADLINE_S)
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": webhook["secret_token"]}
        self._sent.clear()
        self._awaited = {chat for chat, _ in updates}
        self._answered.clear()
        posts: list[float] = []
        refused = 0
        waiting = iter(updates)

        async def post_in_turn(session: aiohttp.ClientSession) -> None:
            nonlocal refused
            for _chat, body in waiting:
                started = time.perf_counter()
                async with session.post(webhook["url"], data=body, headers=headers) as response:
                    answer = await response.read()
                posts.append(time.perf_counter() - started)
                refused += response.status != 200
                self._take_answer(answer)

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENT)) as session:
            await _until_open(session, webhook["url"])
            started, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(post_in_turn(session) for _ in range(CONCURRENT)))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._answered.wait(), DEADLINE_S)
            seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        await asyncio.sleep(GRACE_S)
        doubled = sum(count - 1 for count in self._sent.values())
        return Delivery(seconds, posts, cpu / seconds, refused, len(self._awaited), doubled)

    def _take_answer(self, answer: bytes) -> None:
        """A bot may call a method in its answer to the post instead of in a call of its own."""
        if answer[:1] == b"{":
            call = json.loads(answer)
            if call.get("method") == "sendMessage":
                self._take(int(call["chat_id"]), str(call["text"]))

    def _take(self, chat: int, text: str) -> None:
        self._sent[chat, text] += 1
        self._awaited.discard(chat)
        if not self._awaited:
            self._answered.set()

    async def handle(self, request: web.Request) -> web.Response:
        """One call of a method."""
        method = request.match_info["method"]
        form: Any = await (request.json() if request.content_type == "application/json" else request.post())
        result: Any = True
        if method == "getMe":
            result = BOT
        elif method == "setWebhook" and not self._webhook.done():
            self._webhook.set_result(dict(form))
        elif method == "sendMessage":
            chat, text = int(str(form["chat_id"])), str(form["text"])
            self._take(chat, text)
            result = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, "from": BOT, "text": text}
        elif method not in ("setWebhook", "deleteWebhook", "setMyCommands", "answerCallbackQuery", "sendChatAction"):
            return web.json_response({"ok": False, "error_code": 501, "description": "not modelled"}, status=501)
        return web.json_response({"ok": True, "result": result})


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    """A sink on a free port."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    sink = Sink(f"http://127.0.0.1:{listening.getsockname()[1]}")
    app.router.add_route("*", "/bot{token}/{method}", sink.handle)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        yield sink
    finally:
        await runner.cleanup()


async def _until_open(session: aiohttp.ClientSession, url: str) -> None:
    """A bot may name its webhook a moment before it listens there."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            async with session.get(url):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise TimeoutError(f"nothing listens at {url}")

"""The far ends of a hand-over on loopback: Telegram with groups, partners' own systems, a mail server. They keep count
of what arrives, and go wrong as often as they are told to."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

import aiohttp
from aiohttp import web
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from benchmarks.base import free_port
from benchmarks.fleet import PARTNER_SECRET
from benchmarks.sink import BOT
from bot.cases.reference import normalise_reference

HANGS_S = 10.0
# Each has a partner.
PLACES = (
    "hokkaido", "aomori", "iwate", "miyagi", "akita", "yamagata", "fukushima", "ibaraki", "tochigi", "gunma", "saitama",
    "chiba", "tokyo", "kanagawa",
)  # fmt: skip


@dataclass
class Faults:
    """How often a far end goes wrong, drawn from `rng`: Telegram with `telegram` of its calls, partners with
    `partner` of their letters; `away` are partners that answer nothing but 500."""

    rng: random.Random
    telegram: float = 0.0
    partner: float = 0.0
    away: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def draw(self, share: float, *kinds: str) -> str:
        """One of `kinds` with the probability `share`, or nothing."""
        if self.rng.random() >= share:
            return ""
        kind = self.rng.choice(kinds)
        self.counts[kind] += 1
        return kind


class FarEnds:
    """What arrived: `letters[reference]` by the id each came with, `topics[reference]`, `said[chat]`."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.letters: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.topics: defaultdict[str, list[int]] = defaultdict(list)
        self.posts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.said: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self.arrived: dict[str, float] = {}
        self.verdicts: dict[str, str] = {}
        self.url = ""
        self.smtp_url = ""
        self.tomoni: Callable[[], str] = str
        self.gives_verdicts = False
        self._threads = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def bot_api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        form: Any = await (request.json() if request.content_type == "application/json" else request.post())
        writes = method in ("sendMessage", "createForumTopic")
        kinds = ("Telegram 429", "Telegram 502", "Telegram done, answer lost")
        fault = self.faults.draw(self.faults.telegram, *kinds) if writes else ""
        if fault == "Telegram 429":
            error = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
            return web.json_response(error | {"parameters": {"retry_after": 1}}, status=429)
        if fault == "Telegram 502":
            return web.Response(status=502)
        result: Any = True
        if method == "getMe":
            result = BOT
        elif method == "createForumTopic":
            self._threads += 1
            self.topics[str(form["name"]).split(" ")[0]].append(self._threads)
            result = {"message_thread_id": self._threads, "name": form["name"], "icon_color": 1}
        elif method == "sendMessage":
            result = self._send_message(form)
        return web.Response(status=504) if fault else web.json_response({"ok": True, "result": result})

    def _send_message(self, form: Any) -> dict[str, Any]:
        chat, words = int(str(form["chat_id"])), str(form["text"])
        if chat > 0:
            self.said[chat][words] += 1
        elif "message_thread_id" in form:
            self.posts[int(str(form["message_thread_id"]))][words] += 1
        return {"message_id": 1, "date": 1, "chat": {"id": chat, "type": "private"}, "from": BOT, "text": words}

    async def partner(self, request: web.Request) -> web.StreamResponse:
        partner_id = request.match_info["partner"]
        body = await request.read()
        Webhook(PARTNER_SECRET).verify(body, dict(request.headers))
        if partner_id in self.faults.away:
            self.faults.counts["partner away"] += 1
            return web.Response(status=500)
        kinds = ("partner 500", "partner hangs", "partner takes it and dies", "partner dies")
        fault = self.faults.draw(self.faults.partner, *kinds)
        if fault == "partner 500":
            return web.Response(status=500)
        if fault == "partner hangs":
            await asyncio.sleep(HANGS_S)
            return web.Response(status=500)
        assert request.transport is not None
        if fault == "partner dies":
            request.transport.abort()
            return web.Response()
        reference = json.loads(body)["data"]["reference"]
        self._keep(reference, request.headers["webhook-id"])
        if self.gives_verdicts and reference not in self.verdicts:
            self._give_verdict(partner_id, reference)
        if fault:
            request.transport.abort()
        return web.Response(status=200)

    def _keep(self, reference: str, letter_id: str) -> None:
        self.arrived.setdefault(reference, time.perf_counter())
        self.letters[reference][letter_id] += 1

    def _give_verdict(self, partner_id: str, reference: str) -> None:
        verdict = self.faults.rng.choice(["accepted", "declined", "closed", ""])
        self.verdicts[reference] = verdict
        if verdict:
            task = asyncio.create_task(self._tell(partner_id, reference, verdict))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, partner_id: str, reference: str, verdict: str) -> None:
        """Tell the verdict as a partner's system does: until it is taken, with one id."""
        data = {"reference": reference, "reason": "full", "outcome": "advised"}
        body = json.dumps({"type": f"case.{verdict}", "data": data})
        message_id = f"verdict-{reference}"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                now = dt.datetime.now(dt.UTC)
                headers = {
                    "webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": Webhook(PARTNER_SECRET).sign(message_id, now, body),
                }  # fmt: skip
                url = f"{self.tomoni()}/partners/{partner_id}/webhook"
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(url, data=body.encode(), headers=headers) as response:
                        if response.status < 500:
                            return
                await asyncio.sleep(0.2)

    def reference_of(self, chat: int) -> str | None:
        """The case that a person was told of and that arrived at a partner's system; None where there is none."""
        return next((name for words in self.said[chat] for name in self.arrived if name in words), None)

    async def verdicts_told(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """A mail; called in the mail server's own thread."""
        fault = self.faults.draw(self.faults.partner, "mail 451", "mail taken, answer 451")
        if fault != "mail 451":
            mail = message_from_bytes(envelope.original_content)
            reference = next(filter(None, map(normalise_reference, str(mail["Subject"]).split())))
            self._keep(reference, str(mail["Message-ID"]))
        return "451 later" if fault else "250 taken"


@asynccontextmanager
async def open_far_ends(faults: Faults) -> AsyncIterator[FarEnds]:
    """All of them on free ports."""
    ends = FarEnds(faults)
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", ends.bot_api)
    app.router.add_post("/partner/{partner}", ends.partner)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    port, smtp_port = free_port(), free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    ends.url, ends.smtp_url = f"http://127.0.0.1:{port}", f"smtp://127.0.0.1:{smtp_port}"
    controller = Controller(ends, hostname="127.0.0.1", port=smtp_port)
    controller.start()
    try:
        yield ends
    finally:
        controller.stop()
        await runner.cleanup()


def partners(ends: FarEnds, webhooks: int, groups: int = 0, mails: int = 0) -> dict[str, Any]:
    """A partners' file of so many, each in a prefecture of its own and with one way to it, always open, never full,
    in no hurry."""
    names = dict.fromkeys(("en", "ja", "ne", "my"), "Labour desk")
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    same = {
        "names": names, "about": names, "services": ["advice"], "takes": ["work"], "working_language": "en",
        "languages": ["ne", "my", "ja", "en"], "open_on_holidays": True, "capacity": 10_000,
        "hours": [{"days": days, "opens": "00:00", "closes": "24:00"}],
        "service_level": {"remind_after_hours": 100, "first_response_hours": 200},
    }  # fmt: skip
    found: dict[str, Any] = {}
    for number in range(webhooks):
        url = f"{ends.url}/partner/web{number}"
        found[f"web{number}"] = {"webhook": {"url": url, "secret_name": "TOMONI_PARTNER_WEBHOOK"}}
    for number in range(groups):
        found[f"group{number}"] = {"telegram_group": -1001 - number}
    for number in range(mails):
        found[f"mail{number}"] = {"email": {"to": f"desk{number}@example.org"}}
    return {
        partner_id: same | {"channels": channels, "prefectures": [place]}
        for (partner_id, channels), place in zip(found.items(), PLACES, strict=False)
    }


def surplus(counts: Sequence[Counter[str]]) -> int:
    """How many more than once each."""
    return sum(times - 1 for counter in counts for times in counter.values())

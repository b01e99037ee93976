"""Several `tomoni serve` processes on one database, and people who write to them by webhook as Telegram does."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from benchmarks.base import ROOT, free_port
from benchmarks.sink import TOKEN
from benchmarks.updates import press, text
from bot.server import webhook_secret
from bot.settings import Settings

SECRET_KEY = "0123456789abcdef" * 4
PARTNER_SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
STORY = "boss did not pay me in May"
# Each skips every question but that for the place, which spreads cases over partners.
BEFORE_PLACE, AFTER_PLACE = ("p", "i:skip", "i:skip"), ("i:skip", "i:skip")
CONSENT = "y"
# How long a process may take to be ready, and an update to be taken by anyone.
DEADLINE_S = 120.0


class Fleet:
    """Processes that are all alike; each can be killed and started anew on its port."""

    def __init__(self, folder: Path, settings: Mapping[str, str], count: int, module: str) -> None:
        """`settings` by TOMONI_ names without the prefix; `module` is what `python -m … serve` starts."""
        self._folder = folder
        self._settings = {
            "SECRET_KEY": SECRET_KEY, "TELEGRAM_TOKEN": TOKEN, "QUIET_SECONDS": "0", "LOG_LEVEL": "ERROR",
            "PARTNER_WEBHOOK": PARTNER_SECRET, **settings,
        }  # fmt: skip
        self._module = module
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.ports = [free_port() for _ in range(count)]

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    async def start(self) -> None:
        """Start all of them and wait until each answers."""
        for port in self.ports:
            self._start(port)
        for url in self.urls:
            await self.wait_until_ready(url)

    def kill(self, number: int) -> None:
        """Pull one's plug, and start it anew."""
        port = self.ports[number]
        self._processes[port].kill()
        self._processes[port].wait()
        self._start(port)

    async def wait_until_ready(self, url: str) -> None:
        """Raises TimeoutError where it is not ready in time."""
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/healthz") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.1)

    def stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, port: int) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TOMONI_")}
        settings = {**self._settings, "PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        environment |= {f"TOMONI_{key}": value for key, value in settings.items()}
        with (self._folder / f"tomoni-{port}.log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                [sys.executable, "-m", self._module, "serve"], cwd=self._folder,
                env={**environment, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
            )  # fmt: skip


@asynccontextmanager
async def open_fleet(
    folder: Path, settings: Mapping[str, str], count: int, module: str = "bot.cli"
) -> AsyncIterator[Fleet]:
    """A fleet that is ready; ended with the block."""
    fleet = Fleet(folder, settings, count, module)
    try:
        await fleet.start()
        yield fleet
    finally:
        await asyncio.to_thread(fleet.stop)


class People:
    """People who each ask, tell where they live, and agree; each of their updates is posted until somebody takes it."""

    def __init__(self, fleet: Fleet, places: Sequence[str], rng: random.Random) -> None:
        self._fleet = fleet
        self._places = places
        self._rng = rng
        secret = webhook_secret(Settings(_env_file=None, secret_key=SECRET_KEY))  # type: ignore[arg-type]
        self._headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
        self.posted_again = 0

    async def open_cases(
        self,
        chats: Sequence[int],
        at_once: int,
        *,
        before_consent: Callable[[int], None] = lambda _chat: None,
        opened: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """Let the people of `chats` open a case each, `at_once` side by side. `before_consent` is called with the
        chat, `opened` with how many cases there are by then."""
        waiting = iter(chats)
        done = 0

        async def one_by_one(session: aiohttp.ClientSession) -> None:
            nonlocal done
            for chat in waiting:
                await self._post(session, text(chat, STORY)[1])
                for step in (*BEFORE_PLACE, f"i:place-{self._rng.choice(self._places)}", *AFTER_PLACE):
                    await self._post(session, press(chat, step)[1])
                before_consent(chat)
                await self._post(session, press(chat, CONSENT)[1])
                done += 1
                if opened is not None:
                    await opened(done)

        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            await asyncio.gather(*(one_by_one(session) for _ in range(at_once)))

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                url = f"{self._rng.choice(self._fleet.urls)}/telegram/webhook"
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(url, data=body, headers=self._headers) as response:
                        await response.read()
                        if response.status == 200:
                            return
                self.posted_again += 1
                await asyncio.sleep(0.1)

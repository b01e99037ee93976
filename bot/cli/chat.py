"""`tomoni chat`: talk to it in the terminal, with the same engine and the same storage."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from typing import Any

from bot.app import Understanding, open_helpline
from bot.channels.console import converse
from bot.settings import Settings, load_settings


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("chat", help="talk to Tomoni in this terminal")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    settings = load_settings()
    understanding = Understanding(settings, quiet=False)
    asyncio.run(_chat(settings, understanding))
    return 0


async def _chat(settings: Settings, understanding: Understanding) -> None:
    async with open_helpline(settings, understanding) as helpline:
        await converse(helpline, getpass.getuser(), lambda: input("> "), print)

"""`tomoni serve`: one process with web chat, Telegram and outbox."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
from typing import Any

from bot.server import serve
from bot.settings import load_settings


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("serve", help="serve the web chat, and Telegram where a token is set")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    settings = load_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These log whole URLs, and Telegram's hold the token.
    for name in ("httpx", "aiohttp", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings))
    return 0

"""`tomoni db upgrade`: bring the database to the newest schema."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from bot.app import opened_storage
from bot.settings import Settings, load_settings


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("db", help="look after the database")
    parser.add_argument("action", choices=["upgrade"], help="upgrade: bring it to the newest schema")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    asyncio.run(_upgrade(load_settings()))
    print("The database has the newest schema.")
    return 0


async def _upgrade(settings: Settings) -> None:
    async with opened_storage(settings):
        pass

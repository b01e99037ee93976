"""`tomoni db`: bring the database to the newest schema, and what it holds under the current key."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from bot.app import opened_storage
from bot.errors import TomoniError
from bot.settings import Settings, load_settings
from bot.storage.conversations import count_hashed_by_others
from bot.storage.keys import rotate


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("db", help="look after the database")
    parser.add_argument(
        "action",
        choices=["upgrade", "rotate-key"],
        help="upgrade: bring it to the newest schema; rotate-key: encrypt all it holds with TOMONI_SECRET_KEY",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    if arguments.action == "rotate-key":
        asyncio.run(_rotate(settings))
        return 0
    asyncio.run(_upgrade(settings))
    print("The database has the newest schema.")
    return 0


async def _upgrade(settings: Settings) -> None:
    async with opened_storage(settings):
        pass


async def _rotate(settings: Settings) -> None:
    if settings.secret_key is None:
        raise TomoniError(
            "TOMONI_SECRET_KEY: must hold the new key (openssl rand -hex 32); put the one in the .key file beside the "
            "database into TOMONI_PREVIOUS_SECRET_KEYS, and delete that file when this command says so"
        )
    async with opened_storage(settings) as storage:
        print(f"{await rotate(storage)} values were encrypted anew with the current key.")
        async with storage.reading() as session:
            left = await count_hashed_by_others(session, storage.cipher.key_id)
    if left:
        print(
            f"{left} conversations are still found by a previous key, until their people write again or they are "
            "deleted after TOMONI_SILENT_CONVERSATIONS_KEPT_DAYS: keep TOMONI_PREVIOUS_SECRET_KEYS, and run this again."
        )
    else:
        print("No previous key is needed any more: TOMONI_PREVIOUS_SECRET_KEYS may be emptied, a .key file deleted.")

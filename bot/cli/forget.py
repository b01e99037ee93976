"""`tomoni forget`: delete everything about one conversation, on a person's request."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
from typing import Any

from bot.app import opened_storage
from bot.cases.forgetting import delete_everything
from bot.cases.reference import normalise_reference
from bot.cli.audit import at_the_terminal
from bot.partners.directory import load_directory
from bot.settings import Settings, load_settings
from bot.storage.cases import find_case


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("forget", help="delete everything about the person behind a case number")
    parser.add_argument("reference", help="the case number, as the person reads it out")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    reference = normalise_reference(arguments.reference)
    if reference is None:
        print(f"tomoni: {arguments.reference!r} is no case number; a letter or digit is wrong", file=sys.stderr)
        return 2
    if not asyncio.run(_forget(load_settings(), reference)):
        print(f"tomoni: there is no case {reference}, or its conversation was deleted before", file=sys.stderr)
        return 1
    print("Everything about this person is deleted.")
    return 0


async def _forget(settings: Settings, reference: str) -> bool:
    partners = load_directory(settings.knowledge_base, settings.partners).recipients
    async with opened_storage(settings) as storage, storage.transaction() as session:
        found = await find_case(session, reference)
        if found is None or found.case.conversation_id is None:
            return False
        await delete_everything(
            session, found.case.conversation_id, partners, at_the_terminal(), dt.datetime.now(dt.UTC)
        )
        return True

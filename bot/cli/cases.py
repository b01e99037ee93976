"""`tomoni cases`: what waits for a person, without the web."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from bot.app import opened_storage
from bot.cases.case import status_of
from bot.cases.reference import normalise_reference
from bot.settings import Settings, load_settings
from bot.storage.cases import CaseWithEvents, find_case, list_cases


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("cases", help="list cases, or show one")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="one line a case: reference, status, opened, language, topics")
    listing.add_argument("--all", action="store_true", help="also closed and withdrawn ones")
    showing = actions.add_parser("show", help="one case with what was written")
    showing.add_argument("reference", help="the case number, as the person reads it out")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    if arguments.action == "list":
        return asyncio.run(_list(settings, everything=arguments.all))
    return asyncio.run(_show(settings, arguments.reference))


async def _list(settings: Settings, *, everything: bool) -> int:
    async with opened_storage(settings) as storage, storage.reading() as session:
        cases = await list_cases(session)
    for item in cases:
        if everything or status_of(item.events).name == "open":
            print(_line(item))
    return 0


async def _show(settings: Settings, text: str) -> int:
    reference = normalise_reference(text)
    if reference is None:
        print(f"tomoni: {text!r} is no case number; a letter or digit is wrong", file=sys.stderr)
        return 2
    async with opened_storage(settings) as storage, storage.reading() as session:
        found = await find_case(session, reference)
    if found is None:
        print(f"tomoni: there is no case {reference}", file=sys.stderr)
        return 1
    print(_line(found))
    for event in found.events:
        print(f"{event.at:%Y-%m-%d %H:%M} UTC  {event.kind:<10} {event.actor}")
        if event.text:
            print(f"    {event.text}")
    return 0


def _line(item: CaseWithEvents) -> str:
    case = item.case
    return "\t".join(
        (
            case.reference,
            status_of(item.events).name,
            f"{case.created_at:%Y-%m-%d %H:%M}",
            case.language,
            case.urgency,
            ", ".join(case.articles) or "-",
        )
    )

"""`tomoni cases audit`: who saw, said, changed or exported what; and the proof that nobody changed that."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import getpass
import re
import sys
from typing import Any, Final

from bot.app import opened_storage
from bot.cases.reference import normalise_reference
from bot.settings import Settings, load_settings
from bot.storage.audit import entries, record, verify
from bot.storage.engine import Storage
from bot.storage.models import AuditRow

VERIFY: Final = "verify"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def add_parser(actions: Any) -> None:
    parser = actions.add_parser("audit", help="who did and saw what: all, of one case, or `verify` that it is whole")
    parser.add_argument("what", nargs="?", metavar="REFERENCE|verify", help="a case number, or the word verify")
    parser.add_argument("--head", metavar="DIGEST", help="with verify: a head digest that was noted down earlier")


def run(arguments: argparse.Namespace) -> int:
    """Returns 1 where the trail is broken, 2 for a wrong call."""
    settings = load_settings()
    if arguments.what == VERIFY:
        known = arguments.head.strip().lower() if arguments.head is not None else None
        if known is not None and not _DIGEST.fullmatch(known):
            print("tomoni: --head must be the 64 digits that an earlier verify printed", file=sys.stderr)
            return 2
        return asyncio.run(_verify(settings, known))
    if arguments.head is not None:
        print("tomoni: --head belongs to `tomoni cases audit verify`", file=sys.stderr)
        return 2
    reference = normalise_reference(arguments.what) if arguments.what is not None else None
    if arguments.what is not None and reference is None:
        print(f"tomoni: {arguments.what!r} is no case number; a letter or digit is wrong", file=sys.stderr)
        return 2
    return asyncio.run(_print(settings, reference))


def at_the_terminal() -> str:
    """Who reads at this terminal, as the audit trail names them: the operator, by their login where there is one."""
    try:
        return f"operator ({getpass.getuser()})"
    except (KeyError, OSError, ImportError):
        return "operator"


async def record_reading(storage: Storage, action: str, subject: str, purpose: str) -> None:
    """Put it into the audit trail that whoever sits here is about to see something; committed when this returns."""
    # A terminal may hand over bytes that are no text.
    purpose = purpose.encode("utf-8", "replace").decode()
    async with storage.transaction() as session:
        record(session, dt.datetime.now(dt.UTC), at_the_terminal(), action, subject, purpose)


async def _print(settings: Settings, reference: str | None) -> int:
    async with opened_storage(settings) as storage, storage.reading() as session:
        async for entry in entries(session, reference):
            print(_line(entry))
    return 0


def _line(entry: AuditRow) -> str:
    fields = (
        str(entry.number),
        f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
        entry.actor,
        entry.action,
        entry.subject,
        entry.purpose,
    )
    return "\t".join(map(_printable, fields))


def _printable(text: str) -> str:
    """A caseworker's name comes from outside: a line break in it must not pass for an entry of its own."""
    return "".join(character if character.isprintable() else "�" for character in text)


async def _verify(settings: Settings, known: str | None) -> int:
    async with opened_storage(settings) as storage, storage.reading() as session:
        proof = await verify(session, known)
    if proof.broken is not None:
        print(f"tomoni: entry {proof.broken} of the audit trail was changed or is missing", file=sys.stderr)
        return 1
    if known is not None and not proof.holds_known:
        print(
            "tomoni: the head noted down is not in the audit trail: its end was cut off, or it was written anew",
            file=sys.stderr,
        )
        return 1
    print(f"{proof.count} entries, all whole. Note this head down elsewhere: {proof.head or '-'}")
    return 0

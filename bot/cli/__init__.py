"""The `tomoni` command: reads the words of the call and hands over to the file of that name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from bot.cli import ask, cases, chat, db, forget, kb, serve
from bot.errors import TomoniError

COMMANDS = (serve, chat, ask, kb, db, cases, forget)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code: 0 done, 1 findings or an error told in words, 2 a wrong call."""
    parser = argparse.ArgumentParser(
        prog="tomoni", description="A helpline for foreign residents of Japan, in four languages."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for command in COMMANDS:
        command.add_parser(subparsers)
    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except TomoniError as error:
        for line in str(error).splitlines():
            print(f"tomoni: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0

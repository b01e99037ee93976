"""`python -m benchmarks.impatient serve`: `tomoni serve` that waits a twentieth as long for everything.

Leases, breaks, retries and Telegram's limits are made for hours and minutes; a fault run shall be over in minutes. The
code is the same.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

from bot import sending
from bot.channels.telegram import pacing
from bot.channels.telegram.client import TelegramClient
from bot.cli import main
from bot.delivery import circuit, referrals, trying, worker
from bot.helpline import Helpline

SHARE = 20


def hurry() -> None:
    """Shorten every wait of this process."""
    names: dict[Any, tuple[str, ...]] = {
        worker: ("LEASE",),
        trying: ("PATIENCE_S", "FIRST_RETRY_S", "LONGEST_RETRY_S"),
        referrals: ("PATIENCE_S", "NEXT_LOOK"),
        sending: ("FIRST_RETRY_S", "LONGEST_RETRY_S"),
        circuit: ("BREAK", "NEXT_LOOK"),
        pacing: ("GROUP_INTERVAL", "GROUP_BURST"),
    }
    for module, constants in names.items():
        for name in constants:
            setattr(module, name, getattr(module, name) / SHARE)
    # What waits for its turn must not look like a far end that hangs.
    for turn in (pacing.Pacer.turn, TelegramClient.turn):
        turn.__defaults__ = (1, pacing.PATIENCE / SHARE)  # type: ignore[attr-defined]
    defaults: Any = Helpline.__init__.__kwdefaults__
    defaults["lease"] = dt.timedelta(seconds=3)


if __name__ == "__main__":
    hurry()
    sys.exit(main())

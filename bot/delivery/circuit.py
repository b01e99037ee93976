"""Leaves a way to a partner alone for a while where nobody answers, then tries it with one letter before the rest."""

from __future__ import annotations

import datetime as dt
from typing import Final

# After this many failures in a row a way to a partner is left alone for a while: its letters wait without being tried.
BREAKS_AFTER: Final = 3
BREAK: Final = dt.timedelta(minutes=5)
# How soon to look again whether what is to come first is through: the letter before, the trial, the answer to change.
NEXT_LOOK: Final = dt.timedelta(seconds=1)
# How many letters go the same way at once: a partner that hangs must not have every slot of the worker.
AT_ONCE: Final = 4


class Circuits:
    """What happened lately on each way to a partner: a channel of a partner, named as `bot.cases.dispatch.way_to` does.

    Counted in the memory of one process. Another process, or this one after a restart, finds out for itself.
    """

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._left_alone_until: dict[str, dt.datetime] = {}
        self._on_trial: set[str] = set()

    def room(self, way: str) -> int:
        """How many letters may be on this way at once."""
        return 1 if self._is_broken(way) else AT_ONCE

    def waits_until(self, way: str, now: dt.datetime) -> dt.datetime | None:
        """Until when a letter must wait; None where it is to be tried now, which `settled` must follow."""
        if not self._is_broken(way):
            return None
        until = self._left_alone_until[way]
        # A clock that was set back must not make the break longer.
        if now < until <= now + BREAK:
            return until
        if way in self._on_trial:
            return now + NEXT_LOOK
        self._on_trial.add(way)
        return None

    def answered(self, way: str) -> None:
        """Somebody is there."""
        self._failures.pop(way, None)
        self._left_alone_until.pop(way, None)

    def failed(self, way: str, now: dt.datetime) -> None:
        """Nobody answered, or nothing that makes sense."""
        self._failures[way] = self._failures.get(way, 0) + 1
        if self._is_broken(way):
            self._left_alone_until[way] = now + BREAK

    def settled(self, way: str) -> None:
        """A letter that was to be tried is over, however it went."""
        self._on_trial.discard(way)

    def _is_broken(self, way: str) -> bool:
        return self._failures.get(way, 0) >= BREAKS_AFTER

"""What a case's events say about it. Pure: nothing here is stored twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.storage.models import CaseEventKind


class CaseEvent(Protocol):
    """What is read of an event."""

    kind: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """`name` is open, withdrawn or closed; `since` when it became so."""

    name: str
    since: dt.datetime


def status_of(events: Sequence[CaseEvent]) -> CaseStatus:
    """The status that `events`, oldest first, amount to. Raises ValueError for a case without events."""
    names = {
        CaseEventKind.OPENED: "open",
        CaseEventKind.REOPENED: "open",
        CaseEventKind.WITHDRAWN: "withdrawn",
        CaseEventKind.CLOSED: "closed",
    }
    for event in reversed(events):
        name = names.get(CaseEventKind(event.kind))
        if name is not None:
            return CaseStatus(name, event.at)
    raise ValueError("a case has at least the event of its opening")

"""Cases as they leave for a spreadsheet or another program: with what points at a person, or without."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import Any, Final, TextIO

from bot.cases.case import outcome_of, referral_of, status_of
from bot.storage.cases import CaseWithEvents

FORMATS: Final = ("csv", "json")
Exported = dict[str, Any]
_TOLD: Final = ("name", "contact", "times", "since", "since_words", "what")
# A spreadsheet takes a cell that begins with one of these for a formula and would run it.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def export_case(found: CaseWithEvents, files: Sequence[tuple[str, int]] = (), *, personal: bool) -> Exported:
    """One case as plain values; of its `files` kind and size in bytes, never what is in them. Without `personal` there
    is nothing in it that somebody wrote, no name (a caseworker's neither), no address, no way to reach anybody: only
    what statistics need."""
    case = found.case
    status = status_of(found.events)
    referral = referral_of(found.events)
    exported: Exported = {
        "reference": case.reference,
        "status": status.name,
        "opened": case.created_at.isoformat(),
        "ended": status.since.isoformat() if status.name != "open" else "",
        "outcome": outcome_of(found.events),
        "language": case.language,
        "prefecture": case.prefecture,
        "urgency": case.urgency,
        "articles": list(case.articles),
        "partner": referral.partner_id,
        "accepted": bool(referral.accepted_by),
        "events": [
            {"kind": event.kind, "at": event.at.isoformat(), "partner": event.partner_id or ""}
            | ({"actor": event.actor, "text": event.text or ""} if personal else {})
            for event in found.events
        ],
        "attachments": [{"kind": kind, "size": size} for kind, size in files],
    }
    if personal:
        exported |= {name: found.intake.get(name, "") for name in _TOLD}
        exported["address"] = case.address or ""
    return exported


def write_cases(cases: Sequence[Exported], form: str, out: TextIO) -> None:
    """Write `cases` to `out` in one of FORMATS: JSON as it is; CSV with one line a case and its events in one cell."""
    if form == "json":
        json.dump(list(cases), out, ensure_ascii=False, indent=2)
        out.write("\n")
        return
    if cases:
        writer = csv.DictWriter(out, fieldnames=list(cases[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in case.items()} for case in cases)


def _cell(value: object) -> str:
    if isinstance(value, list):
        parts = [" ".join(map(str, item.values())) if isinstance(item, dict) else str(item) for item in value]
        return _cell("; ".join(parts))
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text

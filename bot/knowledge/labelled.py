"""Labelled messages: what somebody wrote, and what it should lead to. Kept apart from the phrases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import TomoniError

KINDS: Final = ("question", "urgent", "calm", "out_of_scope", "human", "smalltalk")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message. `expect` holds the articles that would be right, best first."""

    question: str
    language: str
    script: str
    kind: str
    expect: tuple[str, ...]

    @property
    def group(self) -> str:
        return f"{self.language}-{self.script}"


def read_labelled(paths: Sequence[Path]) -> list[Labelled]:
    """Read labelled sets; a folder stands for its .jsonl files.

    Raises TomoniError naming file and line of the first malformed row.
    """
    rows: list[Labelled] = []
    for path in paths:
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        for file in files:
            rows += _read(file)
    return rows


def _read(path: Path) -> list[Labelled]:
    rows: list[Labelled] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise TomoniError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            if raw["kind"] not in KINDS:
                raise ValueError(f"kind must be one of {', '.join(KINDS)}")
            rows.append(Labelled(raw["q"], raw["lang"], raw["script"], raw["kind"], tuple(raw.get("expect", ()))))
        except (ValueError, KeyError, TypeError) as error:
            raise TomoniError(f"{path}:{number}: is no labelled message ({error})") from error
    return rows


def split(rows: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Two halves: what thresholds are calibrated on, and what is only measured.

    Within each language, script and kind every other message goes to either, so that both halves hold the same mix
    and messages added at the end of a file leave the others where they are.
    """
    halves: tuple[list[Labelled], list[Labelled]] = ([], [])
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        place = seen.get((row.group, row.kind), 0)
        seen[row.group, row.kind] = place + 1
        halves[place % 2].append(row)
    return halves

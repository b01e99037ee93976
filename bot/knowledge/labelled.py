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

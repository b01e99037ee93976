"""The partners of one installation and the prefectures they serve, read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from bot.errors import KnowledgeBaseError
from bot.knowledge.files import Problems, read_registry
from bot.partners.deadlines import DeadlineRule
from bot.partners.partner import Partner, Recipient
from bot.partners.prefectures import Prefecture, PrefectureFinder
from bot.partners.routing import OPERATOR

PREFECTURES: Final = "prefectures.yaml"
DEADLINES: Final = "deadlines.yaml"


@dataclass(frozen=True)
class Directory:
    """Who takes cases and where, and which time limits may be running in them. Without partners every case goes to
    the operator's own desk; `operator` says how letters reach that, None where nothing is sent there. `path` is the
    file the partners stand in."""

    partners: Mapping[str, Partner]
    prefectures: Mapping[str, Prefecture]
    finder: PrefectureFinder
    path: Path | None = None
    deadlines: tuple[DeadlineRule, ...] = ()
    operator: Recipient | None = None

    @cached_property
    def recipients(self) -> Mapping[str, Recipient]:
        """Everybody letters can go to, by id: the partners and the operator's own desk."""
        own = {OPERATOR: self.operator} if self.operator is not None else {}
        return {**self.partners, **own}


def load_directory(knowledge_base: Path, partners: Path | None) -> Directory:
    """Read the prefectures of `knowledge_base` and, where there is one, the partners' file.

    Raises KnowledgeBaseError listing each malformed entry as `file:line: what is wrong`.
    """
    problems = Problems(knowledge_base)
    places = knowledge_base / PREFECTURES
    prefectures = read_registry(places, Prefecture, problems) if places.exists() else {}
    limits = knowledge_base / DEADLINES
    deadlines = read_registry(limits, DeadlineRule, problems) if limits.exists() else {}
    read = read_registry(partners, Partner, problems, holds=lambda key: key != OPERATOR) if partners else {}
    own = (
        read_registry(partners, Recipient, problems, holds=lambda key: key == OPERATOR)
        if partners and not problems.lines
        else {}
    )
    if problems.lines:
        raise KnowledgeBaseError(problems.lines)
    return Directory(
        read, prefectures, PrefectureFinder(prefectures), partners, tuple(deadlines.values()), own.get(OPERATOR)
    )

"""What a lint rule reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class LintFinding:
    """One thing to mend: where, which rule, how grave, and how to mend it."""

    path: Path
    line: int
    rule: str
    message: str
    grade: Literal["error", "warning"] = "error"

    def as_line(self, root: Path) -> str:
        """`file:line: rule: how to mend it`, with the file as seen from beside the knowledge base."""
        base = root.parent
        shown = self.path.relative_to(base) if self.path.is_relative_to(base) else self.path
        return f"{shown}:{self.line}: {self.grade}: {self.rule}: {self.message}"

"""The figures that turn scores into probabilities and probabilities into decisions.

They stand in `knowledge_base/calibration.yaml`, written by `tomoni kb calibrate` from labelled messages and
never typed in by feel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import KnowledgeBaseError

FILE_NAME: Final = "calibration.yaml"


class Calibration(BaseModel):
    """`sharpness` multiplies scores before the softmax. An article is answered outright from the probability
    `answer` on, suggested from `suggest` on; small talk and the wish for a person count from `intent` on;
    a message is urgent when the likeliest danger's score is above the calm one's by `danger`, and may be from
    `possible_danger` on: then the numbers are shown above whatever else is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sharpness: float = 4.0
    answer: float = 0.45
    suggest: float = 0.15
    intent: float = 0.5
    danger: float = 0.4
    possible_danger: float = 0.1


def load_calibration(root: Path) -> Calibration:
    """The calibration of the knowledge base at `root`, the default one where there is no file yet.

    Raises KnowledgeBaseError if the file is malformed.
    """
    path = root / FILE_NAME
    if not path.exists():
        return Calibration()
    try:
        return Calibration.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise KnowledgeBaseError(
            [f"{path}:1: cannot be read; make it anew with: tomoni kb calibrate ({error})"]
        ) from error


def save_calibration(root: Path, calibration: Calibration) -> Path:
    """Write the calibration. Returns its path."""
    path = root / FILE_NAME
    head = "# Written by `tomoni kb calibrate`. Do not edit: run it again after changing phrases.\n"
    values = {key: round(value, 4) for key, value in calibration.model_dump().items()}
    path.write_text(head + yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return path

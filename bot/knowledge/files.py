"""Reading the knowledge base's files so that every problem names its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problems:
    """Collects what is wrong, so that an editor sees all of it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[str] = []

    def add(self, path: Path, line: int, what: str) -> None:
        shown = path.relative_to(self.root.parent) if path.is_relative_to(self.root.parent) else path
        self.lines.append(f"{shown}:{line}: {what}")


def read_text(path: Path, problems: Problems) -> str | None:
    """The text of a UTF-8 file; None, and a problem noted, where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        problems.add(path, 1, "the file is missing")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.add(path, line, "is not UTF-8; save the file with the encoding UTF-8")
    except OSError as error:
        problems.add(path, 1, f"cannot be read: {error.strerror}")
    return None


def parse_yaml(text: str, path: Path, first_line: int, problems: Problems) -> tuple[Any, yaml.Node | None]:
    """YAML as values and as nodes, which know their lines; (None, None), and a problem noted, if it is malformed.
    `first_line` is the line of `path` on which `text` begins."""
    try:
        node = yaml.compose(text, Loader=_YAML_LOADER)
        return yaml.load(text, Loader=_YAML_LOADER), node  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + first_line
        problems.add(path, line, f"is no valid YAML: {error.problem}")
    except (yaml.YAMLError, ValueError) as error:
        problems.add(path, first_line, f"is no valid YAML: {error}")
    return None, None


def read_yaml(path: Path, problems: Problems) -> tuple[Any, yaml.Node | None]:
    """A YAML file as values and nodes."""
    text = read_text(path, problems)
    return (None, None) if text is None else parse_yaml(text, path, 1, problems)


def line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line, from 0, of the deepest node that `location` leads to."""
    line = 0
    for step in location:
        if isinstance(node, yaml.MappingNode):
            pairs = [pair for pair in node.value if pair[0].value == str(step)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line, pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line


def report(error: ValidationError, path: Path, node: yaml.Node | None, offset: int, problems: Problems) -> None:
    """Note every fault pydantic found, each with its line; `offset` is how many lines stand before the YAML."""
    for fault in error.errors():
        where = ".".join(str(step) for step in fault["loc"])
        line = line_of(node, fault["loc"]) + 1 + offset
        problems.add(path, line, f"{where}: {fault['msg'].removeprefix('Value error, ')}")


def validate(
    model: type[Model], raw: Any, path: Path, node: yaml.Node | None, offset: int, problems: Problems
) -> Model | None:
    """`raw` as a `model`; None, and its faults noted, where it is none."""
    try:
        return model.model_validate(raw if raw is not None else {})
    except ValidationError as error:
        report(error, path, node, offset, problems)
        return None


def read_registry(
    path: Path, model: type[Model], problems: Problems, *, holds: Callable[[str], bool] = lambda _: True
) -> dict[str, Model]:
    """A YAML file of `id: {…}` entries as models by id, those whose id `holds` is true for, without the malformed
    ones, whose faults are noted."""
    raw, node = read_yaml(path, problems)
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        problems.add(path, 1, "must hold entries of the form `id: {…}`")
        return {}
    entries: dict[str, Model] = {}
    for key, value in raw.items():
        if not holds(str(key)):
            continue
        try:
            entries[str(key)] = model.model_validate(value)
        except ValidationError as error:
            for fault in error.errors():
                location = (str(key), *fault["loc"])
                line = line_of(node, location) + 1
                where = ".".join(str(step) for step in location)
                problems.add(path, line, f"{where}: {fault['msg'].removeprefix('Value error, ')}")
    return entries

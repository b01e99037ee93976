"""Files to articles: the one reader of the knowledge base. Every problem names its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.errors import KnowledgeBaseError
from bot.i18n import LANGUAGES
from bot.knowledge.article import (
    VARIANTS,
    Article,
    ArticleFile,
    ArticleText,
    Category,
    Contact,
    Fact,
    FrontMatter,
    KnowledgeBase,
    Phrase,
    PhraseFile,
)
from bot.messages import LanguageCode

Model = TypeVar("Model", bound=BaseModel)
_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Problems:
    """Collects what is wrong, so that an editor sees all of it at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[str] = []

    def add(self, path: Path, line: int, what: str) -> None:
        shown = path.relative_to(self.root.parent) if path.is_relative_to(self.root.parent) else path
        self.lines.append(f"{shown}:{line}: {what}")


def load_knowledge_base(root: Path) -> KnowledgeBase:
    """Read every file below `root`.

    Returns the knowledge base. Raises KnowledgeBaseError listing each unreadable or malformed file as
    `file:line: what is wrong`. What is merely unfinished is the business of lint.
    """
    problems = _Problems(root)
    categories: tuple[Category, ...] = ()
    raw, lines = _read_yaml(root / "categories.yaml", problems)
    try:
        categories = TypeAdapter(tuple[Category, ...]).validate_python(raw or [])
    except ValidationError as error:
        _report(error, root / "categories.yaml", lines, 0, problems)
    facts = _read_registry(root / "facts.yaml", Fact, problems)
    contacts = _read_registry(root / "contacts.yaml", Contact, problems)
    articles: dict[str, Article] = {}
    order = {category.id: index for index, category in enumerate(categories)}
    folders = sorted(
        (root / "articles").glob("*/*/article.yaml"),
        key=lambda path: (order.get(path.parent.parent.name, len(order)), path.parent.name),
    )
    for path in folders:
        article = _read_article(path, problems)
        if article is not None:
            articles[article.id] = article
    if not articles and not problems.lines:
        problems.add(root, 1, "no article found; there must be articles/<category>/<slug>/article.yaml")
    danger_articles, danger_node = _read_yaml(root / "danger.yaml", problems)
    for kind, ids in (danger_articles or {}).items():
        for article_id in ids if isinstance(ids, list) else [str(ids)]:
            if article_id not in articles and not problems.lines:
                line = _line_of(danger_node, (str(kind),)) + 1
                problems.add(root / "danger.yaml", line, f"{kind}: no such article: {article_id}")
    knowledge_base = KnowledgeBase(
        root=root,
        danger_articles={str(kind): tuple(ids) for kind, ids in (danger_articles or {}).items()},
        categories=categories,
        articles=articles,
        contacts=contacts,
        facts=facts,
        danger=_read_groups(root / "danger", problems),
        smalltalk=_read_groups(root / "smalltalk", problems),
        out_of_scope=_read_phrase_folder(root / "out_of_scope", problems),
        concepts=_read_concepts(root / "concepts.txt", problems),
    )
    if problems.lines:
        raise KnowledgeBaseError(problems.lines)
    return knowledge_base


def _read_text(path: Path, problems: _Problems) -> str | None:
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


def _parse_yaml(text: str, path: Path, first_line: int, problems: _Problems) -> tuple[Any, yaml.Node | None]:
    try:
        node = yaml.compose(text, Loader=_YAML_LOADER)
        return yaml.load(text, Loader=_YAML_LOADER), node  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + first_line
        problems.add(path, line, f"is no valid YAML: {error.problem}")
    except (yaml.YAMLError, ValueError) as error:
        problems.add(path, first_line, f"is no valid YAML: {error}")
    return None, None


def _read_yaml(path: Path, problems: _Problems) -> tuple[Any, yaml.Node | None]:
    text = _read_text(path, problems)
    return (None, None) if text is None else _parse_yaml(text, path, 1, problems)


def _read_concepts(path: Path, problems: _Problems) -> dict[str, tuple[str, ...]]:
    concepts: dict[str, tuple[str, ...]] = {}
    text = (_read_text(path, problems) or "") if path.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, forms = line.partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9-]+", name) or name in concepts:
            problems.add(path, number, "must be “concept: form, form, …”, each concept once, in small Latin letters")
            continue
        concepts[name] = tuple(form.strip() for form in forms.split(",") if form.strip())
    return concepts


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
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


def _report(error: ValidationError, path: Path, node: yaml.Node | None, offset: int, problems: _Problems) -> None:
    for fault in error.errors():
        where = ".".join(str(step) for step in fault["loc"])
        line = _line_of(node, fault["loc"]) + 1 + offset
        problems.add(path, line, f"{where}: {fault['msg'].removeprefix('Value error, ')}")


def _validate(
    model: type[Model], raw: Any, path: Path, node: yaml.Node | None, offset: int, problems: _Problems
) -> Model | None:
    try:
        return model.model_validate(raw if raw is not None else {})
    except ValidationError as error:
        _report(error, path, node, offset, problems)
        return None


def _read_registry(path: Path, model: type[Model], problems: _Problems) -> dict[str, Model]:
    raw, node = _read_yaml(path, problems)
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        problems.add(path, 1, "must hold entries of the form `id: {…}`")
        return {}
    entries: dict[str, Model] = {}
    for key, value in raw.items():
        try:
            entries[str(key)] = model.model_validate(value)
        except ValidationError as error:
            for fault in error.errors():
                location = (str(key), *fault["loc"])
                line = _line_of(node, location) + 1
                where = ".".join(str(step) for step in location)
                problems.add(path, line, f"{where}: {fault['msg'].removeprefix('Value error, ')}")
    return entries


def _read_article(path: Path, problems: _Problems) -> Article | None:
    raw, node = _read_yaml(path, problems)
    if node is None:
        return None
    file = _validate(ArticleFile, raw, path, node, 0, problems)
    texts: dict[LanguageCode, ArticleText] = {}
    for language in LANGUAGES:
        text_path = path.parent / f"{language}.md"
        if text_path.exists():
            text = _read_article_text(text_path, language, problems)
            if text is not None:
                texts[language] = text
    if file is None:
        return None
    return Article(
        id=f"{path.parent.parent.name}/{path.parent.name}",
        file=file,
        path=path,
        texts=texts,
        phrases=_read_phrase_folder(path.parent / "phrases", problems),
    )


def _read_article_text(path: Path, language: LanguageCode, problems: _Problems) -> ArticleText | None:
    text = _read_text(path, problems)
    if text is None:
        return None
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        problems.add(path, 1, "must begin with a head between two lines of ---")
        return None
    end = [line.strip() for line in lines].index("---", 1)
    raw, node = _parse_yaml("\n".join(lines[1:end]), path, 2, problems)
    if raw is None and node is None and end > 1:
        return None
    front = _validate(FrontMatter, raw, path, node, 1, problems)
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        problems.add(path, end + 1, "has no text below its head")
        return None
    if front is None:
        return None
    blank = len(lines[end + 1 :]) - len("\n".join(lines[end + 1 :]).lstrip().splitlines())
    return ArticleText(language=language, front=front, body=body, path=path, body_line=end + 2 + blank)


def _read_phrase_folder(folder: Path, problems: _Problems) -> Mapping[str, PhraseFile]:
    files: dict[str, PhraseFile] = {}
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in VARIANTS:
            problems.add(path, 1, f"no such variant; the file must be one of {', '.join(VARIANTS)}.txt")
            continue
        text = _read_text(path, problems)
        if text is not None:
            phrases = tuple(
                Phrase(line.strip(), number)
                for number, line in enumerate(text.splitlines(), start=1)
                if line.strip() and not line.startswith("#")
            )
            files[path.stem] = PhraseFile(path, phrases)
    return files


def _read_groups(folder: Path, problems: _Problems) -> Mapping[str, Mapping[str, PhraseFile]]:
    if not folder.is_dir():
        return {}
    return {sub.name: _read_phrase_folder(sub, problems) for sub in sorted(folder.iterdir()) if sub.is_dir()}

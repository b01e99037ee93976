"""Files to articles: the one reader of the knowledge base. Every problem names its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

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
from bot.knowledge.files import Problems, line_of, parse_yaml, read_registry, read_text, read_yaml, report, validate
from bot.knowledge.prepared import PREPARED_FILE, read_prepared
from bot.messages import LanguageCode

CATEGORIES_FILE: Final = "categories.yaml"


def load_knowledge_base(root: Path) -> KnowledgeBase:
    """Read every file below `root`.

    Returns the knowledge base. Raises KnowledgeBaseError listing each unreadable or malformed file as
    `file:line: what is wrong`. What is merely unfinished is the business of lint.
    """
    problems = Problems(root)
    categories: tuple[Category, ...] = ()
    raw, lines = read_yaml(root / CATEGORIES_FILE, problems)
    try:
        categories = TypeAdapter(tuple[Category, ...]).validate_python(raw or [])
    except ValidationError as error:
        report(error, root / CATEGORIES_FILE, lines, 0, problems)
    facts = read_registry(root / "facts.yaml", Fact, problems)
    contacts = read_registry(root / "contacts.yaml", Contact, problems)
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
    danger_articles = _read_danger_articles(root / "danger.yaml", articles, problems)
    knowledge_base = KnowledgeBase(
        root=root,
        danger_articles=danger_articles,
        categories=categories,
        articles=articles,
        contacts=contacts,
        facts=facts,
        danger=_read_groups(root / "danger", problems),
        smalltalk=_read_groups(root / "smalltalk", problems),
        out_of_scope=_read_phrase_folder(root / "out_of_scope", problems),
        concepts=_read_concepts(root / "concepts.txt", problems),
        prepared=read_prepared(root / PREPARED_FILE, contacts, facts, problems),
    )
    if problems.lines:
        raise KnowledgeBaseError(problems.lines)
    return knowledge_base


def _read_danger_articles(
    path: Path, articles: Mapping[str, Article], problems: Problems
) -> dict[str, tuple[str, ...]]:
    raw, node = read_yaml(path, problems)
    if not isinstance(raw, dict):
        if raw is not None:
            problems.add(path, 1, "must hold lines of the form `kind: [emergency/article, …]`")
        return {}
    for kind, ids in raw.items():
        line = line_of(node, (str(kind),)) + 1
        if not isinstance(ids, list):
            problems.add(path, line, f"{kind}: must be a list of articles: [emergency/article, …]")
            continue
        unknown = [str(article_id) for article_id in ids if article_id not in articles]
        # A broken article is named by itself already.
        if unknown and not problems.lines:
            problems.add(path, line, f"{kind}: no such article: {', '.join(unknown)}")
    return {str(kind): tuple(map(str, ids)) for kind, ids in raw.items() if isinstance(ids, list)}


def _read_concepts(path: Path, problems: Problems) -> dict[str, tuple[str, ...]]:
    concepts: dict[str, tuple[str, ...]] = {}
    text = (read_text(path, problems) or "") if path.exists() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, forms = line.partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9-]+", name) or name in concepts:
            problems.add(path, number, "must be “concept: form, form, …”, each concept once, in small Latin letters")
            continue
        concepts[name] = tuple(form.strip() for form in forms.split(",") if form.strip())
    return concepts


def _read_article(path: Path, problems: Problems) -> Article | None:
    raw, node = read_yaml(path, problems)
    if node is None:
        return None
    file = validate(ArticleFile, raw, path, node, 0, problems)
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


def _read_article_text(path: Path, language: LanguageCode, problems: Problems) -> ArticleText | None:
    text = read_text(path, problems)
    if text is None:
        return None
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        problems.add(path, 1, "must begin with a head between two lines of ---")
        return None
    end = [line.strip() for line in lines].index("---", 1)
    raw, node = parse_yaml("\n".join(lines[1:end]), path, 2, problems)
    if raw is None and node is None and end > 1:
        return None
    front = validate(FrontMatter, raw, path, node, 1, problems)
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        problems.add(path, end + 1, "has no text below its head")
        return None
    if front is None:
        return None
    blank = len(lines[end + 1 :]) - len("\n".join(lines[end + 1 :]).lstrip().splitlines())
    return ArticleText(language=language, front=front, body=body, path=path, body_line=end + 2 + blank)


def _read_phrase_folder(folder: Path, problems: Problems) -> Mapping[str, PhraseFile]:
    files: dict[str, PhraseFile] = {}
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in VARIANTS:
            problems.add(path, 1, f"no such variant; the file must be one of {', '.join(VARIANTS)}.txt")
            continue
        text = read_text(path, problems)
        if text is not None:
            phrases = tuple(
                Phrase(line.strip(), number)
                for number, line in enumerate(text.splitlines(), start=1)
                if line.strip() and not line.startswith("#")
            )
            files[path.stem] = PhraseFile(path, phrases)
    return files


def _read_groups(folder: Path, problems: Problems) -> Mapping[str, Mapping[str, PhraseFile]]:
    if not folder.is_dir():
        return {}
    return {sub.name: _read_phrase_folder(sub, problems) for sub in sorted(folder.iterdir()) if sub.is_dir()}

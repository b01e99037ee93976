"""The articles as one JSON file, for translators and other programs, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.errors import KnowledgeBaseError
from bot.i18n import LANGUAGES
from bot.knowledge.article import (
    VARIANTS,
    Article,
    ArticleFile,
    ArticleText,
    FrontMatter,
    KnowledgeBase,
    Phrase,
    PhraseFile,
)
from bot.knowledge.writer import write_article

FORMAT = 1


def export_articles(knowledge_base: KnowledgeBase) -> str:
    """Every article with its texts and phrases, as JSON."""
    articles = [
        {
            "id": article.id,
            "article": article.file.model_dump(mode="json", exclude_defaults=True),
            "texts": {
                language: {"front": text.front.model_dump(mode="json", exclude_unset=True), "body": text.body}
                for language, text in article.texts.items()
            },
            "phrases": {variant: [phrase.text for phrase in file.phrases] for variant, file in article.phrases.items()},
        }
        for article in knowledge_base.articles.values()
    ]
    return json.dumps({"format": FORMAT, "articles": articles}, ensure_ascii=False, indent=1) + "\n"


def import_articles(content: str, root: Path) -> list[str]:
    """Write the articles of an exported JSON file into the knowledge base at `root`.

    Returns their ids. Raises KnowledgeBaseError, and writes nothing, if one of them is malformed.
    """
    try:
        raw = json.loads(content)
        articles = [_article(item, root) for item in raw["articles"]]
    except json.JSONDecodeError as error:
        raise KnowledgeBaseError([f"line {error.lineno}: is no valid JSON: {error.msg}"]) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise KnowledgeBaseError([f"is not an export of articles: {error}"]) from error
    for article in articles:
        write_article(article, article.path.parent)
    return [article.id for article in articles]


def _article(item: dict[str, Any], root: Path) -> Article:
    article_id = str(item["id"])
    folder = root / "articles" / article_id
    try:
        file = ArticleFile.model_validate(item["article"])
        # The id becomes a path; only one of our own form may.
        ArticleFile.model_validate({**item["article"], "related": [article_id]})
        texts = {
            language: ArticleText(
                language=language,
                front=FrontMatter.model_validate(item["texts"][language]["front"]),
                body=str(item["texts"][language]["body"]),
                path=folder / f"{language}.md",
                body_line=1,
            )
            for language in LANGUAGES
            if language in item["texts"]
        }
    except ValidationError as error:
        raise KnowledgeBaseError(
            [f"{article_id}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        ) from error
    phrases = {
        variant: PhraseFile(
            folder / "phrases" / f"{variant}.txt",
            tuple(Phrase(str(text), number) for number, text in enumerate(item["phrases"][variant], start=1)),
        )
        for variant in VARIANTS
        if variant in item["phrases"]
    }
    return Article(article_id, file, folder / "article.yaml", texts, phrases)

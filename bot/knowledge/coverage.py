"""What the knowledge base covers, article by article and language by language, as a table for people."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.i18n import LANGUAGES, NATIVE_NAMES
from bot.knowledge.article import VARIANTS, Article, KnowledgeBase
from bot.knowledge.render import render_body
from bot.markup import to_plain
from bot.messages import LanguageCode

_HEADER: Final = ("article", "language", "characters", "phrases", "sources", "contacts to confirm", "state")


def coverage_table(knowledge_base: KnowledgeBase, today: dt.date) -> str:
    """A Markdown table with one row for each article and language: how long the text is when shown, how many phrases
    there are (in the language's own script and in Latin letters), how many sources, which contacts show no number
    because nobody has confirmed it, and the state of the text."""
    rows = [_HEADER, ("---",) * len(_HEADER)]
    for category in knowledge_base.categories:
        for article in knowledge_base.in_category(category.id):
            rows += [_row(knowledge_base, article, language, today) for language in LANGUAGES]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(knowledge_base: KnowledgeBase, article: Article, language: LanguageCode, today: dt.date) -> tuple[str, ...]:
    phrases = [
        str(len(article.phrases[variant].phrases) if variant in article.phrases else 0)
        for variant in VARIANTS
        if variant.partition("-")[0] == language
    ]
    unconfirmed = [key for key in article.file.contacts if knowledge_base.contacts[key].status == "unverified"]
    text = article.texts.get(language)
    length = len(to_plain(render_body(knowledge_base, text.body, language, today))) if text is not None else 0
    return (
        article.id, NATIVE_NAMES[language], str(length), " + ".join(phrases), str(len(article.file.sources)),
        ", ".join(unconfirmed) or "–", _state(article, language),
    )  # fmt: skip


def _state(article: Article, language: LanguageCode) -> str:
    text = article.texts.get(language)
    if text is None:
        return "missing"
    if article.change_since(text) in ("wording", "meaning"):
        return "older than the source text"
    return "reviewed" if text.is_reviewed else "not reviewed"

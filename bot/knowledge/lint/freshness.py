"""Rules about sources and dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from bot.knowledge.article import KnowledgeBase
from bot.knowledge.lint.finding import LintFinding


def check_freshness(knowledge_base: KnowledgeBase, today: dt.date) -> Iterator[LintFinding]:
    """undated-source, future-date, review-overdue, unknown-related, unknown-category."""
    categories = {category.id for category in knowledge_base.categories}
    for article in knowledge_base.articles.values():
        for source in article.file.sources:
            if source.checked is None:
                yield LintFinding(
                    article.path, 1, "undated-source", f"{source.url}: add `checked:` with the day you looked"
                )
            elif source.checked > today:
                yield LintFinding(article.path, 1, "future-date", f"{source.url}: {source.checked} is yet to come")
        if article.file.review_by < today:
            yield LintFinding(
                article.path, 1, "review-overdue",
                f"was to be reviewed by {article.file.review_by}; check it and set a new date", "warning",
            )  # fmt: skip
        for related in article.file.related:
            if related not in knowledge_base.articles:
                yield LintFinding(article.path, 1, "unknown-related", f"there is no article {related}")
        if article.category not in categories:
            yield LintFinding(article.path, 1, "unknown-category", f"categories.yaml has no {article.category}")

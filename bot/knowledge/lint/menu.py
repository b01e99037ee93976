"""Rules about the menu."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.article import KnowledgeBase
from bot.knowledge.files import Problems, line_of, read_yaml
from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.loader import CATEGORIES_FILE


def check_menu(knowledge_base: KnowledgeBase) -> Iterator[LintFinding]:
    """unknown-in-menu: a category names an article that is not there; not-in-menu: an article has no place in its
    category's order and stands at the end."""
    path = knowledge_base.root / CATEGORIES_FILE
    _, node = read_yaml(path, Problems(knowledge_base.root))
    for number, category in enumerate(knowledge_base.categories):
        for slug in category.articles:
            if f"{category.id}/{slug}" not in knowledge_base.articles:
                line = line_of(node, (number, "articles")) + 1
                yield LintFinding(path, line, "unknown-in-menu", f"there is no article {category.id}/{slug}")
        for article in knowledge_base.in_category(category.id):
            slug = article.id.partition("/")[2]
            if slug not in category.articles:
                yield LintFinding(
                    article.path, 1, "not-in-menu",
                    f"write {slug} where it belongs under `articles` of {category.id} in {CATEGORIES_FILE}", "warning",
                )  # fmt: skip

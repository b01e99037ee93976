"""All rules over a whole knowledge base."""

from __future__ import annotations

import datetime as dt

from bot.knowledge.article import KnowledgeBase
from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.lint.freshness import check_freshness
from bot.knowledge.lint.glossary import check_glossary
from bot.knowledge.lint.languages import check_languages, check_scripts
from bot.knowledge.lint.menu import check_menu
from bot.knowledge.lint.phrases import check_phrases
from bot.knowledge.lint.prepared import check_prepared
from bot.knowledge.lint.text import check_bodies


def lint(knowledge_base: KnowledgeBase, today: dt.date) -> list[LintFinding]:
    """Every finding, sorted by file and line."""
    return sorted(
        (
            *check_languages(knowledge_base),
            *check_scripts(knowledge_base),
            *check_bodies(knowledge_base, today),
            *check_freshness(knowledge_base, today),
            *check_menu(knowledge_base),
            *check_phrases(knowledge_base),
            *check_prepared(knowledge_base, today),
            *check_glossary(knowledge_base),
        )
    )

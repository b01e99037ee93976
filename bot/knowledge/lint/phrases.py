"""Rules about phrases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.knowledge.article import VARIANTS, KnowledgeBase
from bot.knowledge.lint.finding import LintFinding
from bot.language.folding import clean, fold

MINIMUM: Final = 25
# Japanese is written in fewer ways, and romaji seldom.
OTHER_MINIMUM: Final = {"ja": 20, "ja-Latn": 8}


def check_phrases(knowledge_base: KnowledgeBase) -> Iterator[LintFinding]:
    """too-few-phrases, repeated-phrase (in one article), shared-phrase (under two articles)."""
    owners: dict[str, tuple[str, Path, int]] = {}
    for article in knowledge_base.articles.values():
        for variant in VARIANTS:
            file = article.phrases.get(variant)
            count = len(file.phrases) if file else 0
            minimum = OTHER_MINIMUM.get(variant, MINIMUM)
            path = file.path if file else article.path.parent / "phrases" / f"{variant}.txt"
            if count < minimum:
                yield LintFinding(
                    path,
                    1,
                    "too-few-phrases",
                    f"has {count} phrases; write {minimum - count} more ways of asking",
                )
            for phrase in file.phrases if file else ():
                form = fold(clean(phrase.text))
                owner = owners.setdefault(form, (article.id, path, phrase.line))
                if owner[0] != article.id:
                    yield LintFinding(
                        path,
                        phrase.line,
                        "shared-phrase",
                        f"stands under {owner[0]} too; keep it where its answer serves",
                    )
                elif owner[1:] != (path, phrase.line):
                    yield LintFinding(
                        path,
                        phrase.line,
                        "repeated-phrase",
                        f"says the same as {owner[1].name}:{owner[2]}",
                        "warning",
                    )

"""Rules about languages and translations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.i18n import LANGUAGES, SOURCE_LANGUAGE
from bot.knowledge.article import Article, KnowledgeBase, text_hash
from bot.knowledge.lint.finding import LintFinding
from bot.language.identify import is_hindi
from bot.language.zawgyi import is_zawgyi


def check_languages(knowledge_base: KnowledgeBase) -> Iterator[LintFinding]:
    """missing-language, no-translation-note, unrecorded-source, stale-translation."""
    for article in knowledge_base.articles.values():
        for language in LANGUAGES:
            if language not in article.texts:
                yield LintFinding(article.path, 1, "missing-language", f"write {language}.md beside this file")
        yield from _check_translations(article)


def _check_translations(article: Article) -> Iterator[LintFinding]:
    source = article.texts.get(SOURCE_LANGUAGE)
    if source is None:
        return
    current = text_hash(source.title, source.body)
    recorded = article.file.revisions[-1].of if article.file.revisions else None
    if recorded != current:
        yield LintFinding(
            source.path, 1, "unrecorded-source",
            f"the source text has changed; record how much: tomoni kb revise {article.id} --grade typo|wording|meaning",
        )  # fmt: skip
    for language, text in article.texts.items():
        if language == SOURCE_LANGUAGE:
            continue
        note = text.front.translation
        if note is None:
            yield LintFinding(text.path, 1, "no-translation-note", "add `translation: {of, by}` to the head")
        elif recorded == current and article.change_since(text) in ("wording", "meaning"):
            yield LintFinding(
                text.path, 1, "stale-translation",
                "the source has changed since; bring this text up to date, then: "
                f"tomoni kb translated {article.id} {language}",
            )  # fmt: skip


def check_scripts(knowledge_base: KnowledgeBase) -> Iterator[LintFinding]:
    """zawgyi and hindi, in bodies, titles and phrases."""
    for article in knowledge_base.articles.values():
        for language, text in article.texts.items():
            if language not in ("my", "ne"):
                continue
            lines = [(1, text.title), *enumerate(text.body.splitlines(), start=text.body_line)]
            for number, line in lines:
                yield from _check_line(text.path, number, line, language)
        for variant, file in article.phrases.items():
            if variant in ("my", "ne"):
                for phrase in file.phrases:
                    yield from _check_line(file.path, phrase.line, phrase.text, variant)


def _check_line(path: Path, number: int, line: str, language: str) -> Iterator[LintFinding]:

    if language == "my" and is_zawgyi(line):
        yield LintFinding(path, number, "zawgyi", "is Zawgyi-encoded; convert the line to Unicode")
    if language == "ne" and is_hindi(line):
        yield LintFinding(path, number, "hindi", "reads like Hindi; write it in Nepali")

"""Rules about official words: every article uses the wording of glossary.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from bot.knowledge.article import ArticleText, KnowledgeBase
from bot.knowledge.glossary import Glossary, read_glossary
from bot.knowledge.lint.finding import LintFinding

# A term counts only as a whole: 在留カード is not shown by 特定在留カード.
_WHOLE_WORD: Final = re.compile("[0-9A-Za-z\u3040-\u30ff\u3400-\u9fff々]+")
_BEGIN: Final = {"en": "(?<![a-z])", "ne": "(?<![\u0900-\u0963])", "my": ""}
_READERS: Final[tuple[Literal["en", "ne", "my"], ...]] = ("en", "ne", "my")


def check_glossary(knowledge_base: KnowledgeBase) -> Iterator[LintFinding]:
    """repeated-term, other-term, avoided-term."""
    glossary = read_glossary(knowledge_base.root)
    if not glossary.terms:
        return
    yield from _check_terms(glossary)
    rules: dict[str, _Rules] = {language: _Rules(glossary, language) for language in _READERS}
    for article in knowledge_base.articles.values():
        for language, text in article.texts.items():
            if language in rules:
                yield from rules[language].check(text)


class _Rules:
    """What the glossary asks of texts in one language. Immutable."""

    def __init__(self, glossary: Glossary, language: Literal["en", "ne", "my"]) -> None:
        terms = glossary.terms.values()
        self._language = language
        self._shown = {form: term for term in terms for form in (term.in_kana, term.written)}
        self._right = {
            term.written: self._pattern((term.in_language(language), *term.also.get(language, ()))) for term in terms
        }
        self._avoided = [
            (self._pattern((wording,)), wording, term) for term in terms for wording in term.avoid.get(language, ())
        ]
        self._any_avoided = self._pattern([wording for _, wording, _ in self._avoided])

    def check(self, text: ArticleText) -> Iterator[LintFinding]:
        """other-term and avoided-term, line by line."""
        for number, line in ((1, text.title), *enumerate(text.body.splitlines(), start=text.body_line)):
            folded = _fold(line, self._language)
            for form in dict.fromkeys(_WHOLE_WORD.findall(line)):
                term = self._shown.get(form)
                if term and not self._right[term.written].search(folded):
                    yield LintFinding(
                        text.path, number, "other-term",
                        f"{form} is “{term.in_language(self._language)}” in glossary.yaml; write that", "warning",
                    )  # fmt: skip
            for pattern, wording, term in self._avoided if self._any_avoided.search(folded) else ():
                # What is only a part of a right wording does not count.
                if pattern.search(folded) and pattern.search(self._right[term.written].sub("—", folded)):
                    yield LintFinding(
                        text.path, number, "avoided-term",
                        f"write “{term.in_language(self._language)}” instead of “{wording}”", "warning",
                    )  # fmt: skip

    def _pattern(self, wordings: Iterable[str]) -> re.Pattern[str]:
        """Any of the wordings at the beginning of a word; endings and postpositions may follow."""
        return re.compile(_BEGIN[self._language] + f"(?:{_any_of(_fold(one, self._language) for one in wordings)})")


def _check_terms(glossary: Glossary) -> Iterator[LintFinding]:
    first: dict[str, str] = {}
    for key, term in glossary.terms.items():
        owner = first.setdefault(term.written, key)
        if owner != key:
            yield LintFinding(
                glossary.path, glossary.lines[key], "repeated-term",
                f"{term.written} stands under {owner} already; keep one of the two",
            )  # fmt: skip


def _fold(text: str, language: str) -> str:
    """Without capitals and bold, and in Burmese, which sets spaces freely, without spaces."""
    plain = text.replace("*", "").replace("’", "'").casefold()
    return "".join(plain.split()) if language == "my" else " ".join(plain.split())


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

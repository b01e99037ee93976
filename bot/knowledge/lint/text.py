"""Rules about bodies: figures and contacts from the registries, Markdown every channel shows, length."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, Literal

from bot.knowledge.article import ArticleText, KnowledgeBase
from bot.knowledge.lint.finding import LintFinding
from bot.knowledge.render import MAX_BODY, PLACE, render_body
from bot.markup import to_plain

_ANY_PLACE: Final = re.compile(r"\{([a-z]+):([^{}|]*)\}")
_DIGIT: Final = "[0-9０-９०-९၀-၉]"
_PHONE: Final = re.compile(
    rf"(?<!{_DIGIT})(?:\+?{_DIGIT}{{2,4}}[-–ー ]{_DIGIT}{{2,4}}[-–ー ]{_DIGIT}{{3,4}}|"
    rf"{_DIGIT}{{9,12}}|[#＃]{_DIGIT}{{4}})"
)
_PRICE: Final = re.compile(
    rf"(?:[¥￥]\s?{_DIGIT}|{_DIGIT}[0-9０-９०-९၀-၉,，.]*\s?(?:万|千)?(?:円|yen\b|JPY|येन|रुपैयाँ|ယန်း))",
    re.IGNORECASE,
)
_PERCENT: Final = re.compile(rf"{_DIGIT}\s?(?:%|％|パーセント|प्रतिशत|ရာခိုင်နှုန်း|per\s?cent|percent)", re.IGNORECASE)
_MONTHS: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE: Final = re.compile(
    rf"(?:(?:{_MONTHS})\s+{_DIGIT}{{1,4}}|{_DIGIT}{{1,2}}\s+(?:{_MONTHS})\b|{_DIGIT}{{4}}[年/.-]{_DIGIT}{{1,2}}|"
    rf"{_DIGIT}{{1,2}}月{_DIGIT}{{1,2}}日|\b20{_DIGIT}{{2}}\b|[२၂][०၀]{_DIGIT}{{2}})"
)
_LENGTH_OF_TIME: Final = re.compile(
    rf"{_DIGIT}\s?(?:days?\b|hours?\b|weeks?\b|months?\b|years?\b|日間|日以内|時間|週間|か月|ヶ月|年間|दिन|घण्टा|हप्ता|महिना|वर्ष|ရက်|နာရီ|ပတ်|လအတွင်း|နှစ်)",
    re.IGNORECASE,
)
_UNSHOWABLE: Final = (
    (re.compile(r"^\s{0,3}#{1,6}\s"), "a heading"),
    (re.compile(r"^\s*\|.*\|\s*$"), "a table"),
    (re.compile(r"!\[[^\]]*\]\("), "a picture"),
    (re.compile(r"<[a-zA-Z/][^>]*>"), "HTML"),
    (re.compile(r"^\s*```"), "a code block"),
    (re.compile(r"^\s{0,3}>"), "a quotation"),
    (re.compile(r"^\s{2,}[-*\d]"), "a list inside a list"),
    (re.compile(r"^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$"), "a ruler"),
)


def check_bodies(knowledge_base: KnowledgeBase, today: dt.date) -> Iterator[LintFinding]:
    """unknown-contact, unknown-fact, typed-phone, typed-price, typed-percentage, typed-date, unshowable-markdown,
    too-long, undeclared-contact."""
    for article in knowledge_base.articles.values():
        sound = True
        for text in article.texts.values():
            for finding in check_places(knowledge_base, text):
                sound = False
                yield finding
            yield from _check_typed(text)
            yield from _check_markdown(text)
        for contact in article.file.contacts:
            if contact not in knowledge_base.contacts:
                sound = False
                yield LintFinding(article.path, 1, "unknown-contact", f"contacts.yaml has no {contact}")
        if not sound:
            continue
        for text in article.texts.values():
            length = len(to_plain(render_body(knowledge_base, text.body, text.language, today)))
            if length > MAX_BODY:
                yield LintFinding(
                    text.path, text.body_line, "too-long",
                    f"is {length} characters when shown, {MAX_BODY} at most; shorten it",
                )  # fmt: skip


def check_places(knowledge_base: KnowledgeBase, text: ArticleText) -> Iterator[LintFinding]:
    """unknown-contact, unknown-fact, unknown-place: what a text could not be shown with."""
    registries = {"contact": knowledge_base.contacts, "fact": knowledge_base.facts}
    for number, line in enumerate(text.body.splitlines(), start=text.body_line):
        for match in _ANY_PLACE.finditer(line):
            kind, key = match.groups()
            registry = registries.get(kind)
            if registry is None or not PLACE.match(match[0]) or key not in registry:
                rule = f"unknown-{kind if kind in registries else 'place'}"
                yield LintFinding(text.path, number, rule, f"{match[0]}: write an id of {kind}s.yaml")


def _check_typed(text: ArticleText) -> Iterator[LintFinding]:
    for number, line in enumerate(text.body.splitlines(), start=text.body_line):
        for rule, message, grade in typed_in(line):
            yield LintFinding(text.path, number, rule, message, grade)


def _check_markdown(text: ArticleText) -> Iterator[LintFinding]:
    for number, line in enumerate(text.body.splitlines(), start=text.body_line):
        for message in unshowable_in(line):
            yield LintFinding(text.path, number, "unshowable-markdown", message)


def typed_in(line: str) -> Iterator[tuple[str, str, Literal["error", "warning"]]]:
    """Figures that stand in a line as themselves: the rule that each breaks, how to mend it, and how grave it is."""
    rules = (
        ("typed-phone", _PHONE, "put the number into contacts.yaml and write {contact:…}"),
        ("typed-price", _PRICE, "put the amount into facts.yaml and write {fact:…}"),
        ("typed-percentage", _PERCENT, "put the figure into facts.yaml and write {fact:…}"),
        ("typed-date", _DATE, "put the date into facts.yaml and write {fact:…}"),
        ("typed-duration", _LENGTH_OF_TIME, "if the law sets it, put it into facts.yaml and write {fact:…}"),
    )
    shown = re.sub(r"\]\([^)]*\)", "]", PLACE.sub("", line))
    for rule, pattern, mend in rules:
        match = pattern.search(shown)
        if match:
            grade: Literal["error", "warning"] = "warning" if rule == "typed-duration" else "error"
            yield rule, f"“{match[0]}” is typed here; {mend}", grade


def unshowable_in(line: str) -> Iterator[str]:
    """What of a line's Markdown no channel shows, and how to mend it."""
    for pattern, name in _UNSHOWABLE:
        if pattern.search(line):
            yield f"{name}: Telegram cannot show it; use paragraphs, lists, bold and links"

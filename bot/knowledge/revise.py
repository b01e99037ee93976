"""Recording in files that a source text changed, and that a translation follows it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import yaml

from bot.errors import TomoniError
from bot.i18n import SOURCE_LANGUAGE
from bot.knowledge.article import Article, text_hash


def record_revision(article: Article, grade: str, today: dt.date) -> bool:
    """Add the source text's present state to article.yaml's revisions, with how much changed.

    Returns False if it is recorded already. Raises TomoniError if the article has no source text.
    """
    current = _source_hash(article)
    revisions = list(article.file.revisions)
    if revisions and revisions[-1].of == current:
        return False
    lines = article.path.read_text(encoding="utf-8").rstrip("\n")
    if not revisions:
        lines = re.sub(r"\nrevisions:\s*\[\]\s*", "\n", lines) + "\nrevisions:"
    lines += f"\n  - {{of: {yaml.safe_dump(current).splitlines()[0]}, grade: {grade}, date: {today.isoformat()}}}"
    article.path.write_text(lines + "\n", encoding="utf-8")
    return True


def record_translation(article: Article, language: str) -> Path:
    """Note in a translation's head that it follows the source text as it is now. Returns the file.

    Raises TomoniError if text, source or translation note is missing.
    """
    text = next((item for code, item in article.texts.items() if code == language), None)
    if text is None or text.front.translation is None:
        raise TomoniError(f"{article.id}: {language}.md has no translation note in its head")
    current = yaml.safe_dump(_source_hash(article)).splitlines()[0]
    content = text.path.read_text(encoding="utf-8")
    head, separator, body = content.partition("\n---")
    head, changed = re.subn(
        r"(?ms)^(translation:.*?\bof:\s*)('[^']*'|\"[^\"]*\"|[^,}\n]*)", rf"\g<1>{current}", head, count=1
    )
    if not changed:
        head = re.sub(r"(?m)^translation:\s*$", f"translation:\n  of: {current}", head, count=1)
    text.path.write_text(head + separator + body, encoding="utf-8")
    return text.path


def _source_hash(article: Article) -> str:
    source = next((item for code, item in article.texts.items() if code == SOURCE_LANGUAGE), None)
    if source is None:
        raise TomoniError(f"{article.id}: there is no {SOURCE_LANGUAGE}.md to translate from")
    return text_hash(source.title, source.body)

"""Articles to files: the one writer of the knowledge base. What `loader` reads, this writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.article import Article


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def dump_yaml(value: Any) -> str:
    """YAML as editors like to read it: their own order, their own scripts, lists indented."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def write_article(article: Article, folder: Path) -> None:
    """Write an article to `folder`: article.yaml, one file a language, one a variant of phrases.

    Raises OSError where the folder cannot be written.
    """
    (folder / "phrases").mkdir(parents=True, exist_ok=True)
    file = article.file.model_dump(mode="python", exclude_defaults=True)
    (folder / "article.yaml").write_text(dump_yaml(_plain(file)), encoding="utf-8")
    for language, text in article.texts.items():
        front = _plain(text.front.model_dump(mode="python", exclude_unset=True))
        content = f"---\n{dump_yaml(front)}---\n{text.body}\n"
        (folder / f"{language}.md").write_text(content, encoding="utf-8")
    for variant, phrases in article.phrases.items():
        lines = "".join(f"{phrase.text}\n" for phrase in phrases.phrases)
        (folder / "phrases" / f"{variant}.txt").write_text(lines, encoding="utf-8")


def _plain(value: Any) -> Any:
    """Tuples as lists, which is how YAML and JSON have them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value

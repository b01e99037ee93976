"""The small Markdown every text is written in, and its three faces: web HTML, Telegram HTML, plain text.

Paragraphs, lists, bold, links, and furigana as `{漢字|かんじ}` (the notation of DenDenMarkdown). A channel
that cannot set furigana shows the reading in brackets, once, behind bold words: those are the office words
a person meets at a counter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape as escape_html

from markdown_it import MarkdownIt
from markdown_it.token import Token

RUBY = re.compile(r"(?<!\\)\{([^{}|:\n\\]+)\|([^{}|\n\\]+)\}")
# While parsing, furigana stands between private-use characters: CommonMark takes braces for punctuation,
# and a closing ** between punctuation and a kanji would not count as closing.
_BASE, _READING, _END = "\ue000", "\ue001", "\ue002"
_MARKED_RUBY = re.compile(f"{_BASE}([^{_END}]*){_READING}([^{_END}]*){_END}")
_RESERVED = str.maketrans("", "", _BASE + _READING + _END)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|&~])")
_PARSER = MarkdownIt("commonmark", {"html": False}).disable(
    [
        "heading",
        "lheading",
        "code",
        "fence",
        "blockquote",
        "hr",
        "image",
        "backticks",
        "html_inline",
        "autolink",
    ]
)
SAFE_LINK = re.compile(r"^(https?://|tel:|mailto:)", re.IGNORECASE)


def escape(text: str) -> str:
    """Make any text, a person's own words for instance, stand in small Markdown as itself on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def without_ruby(text: str) -> str:
    """Drop the readings: `{漢字|かんじ}` becomes 漢字. For button labels and titles."""
    return RUBY.sub(r"\1", text)


def parse(text: str) -> list[Token]:
    """Read small Markdown into markdown-it tokens; anything else in it stays plain text."""
    marked = RUBY.sub(rf"{_BASE}\1{_READING}\2{_END}", text.translate(_RESERVED))
    return _PARSER.parse(marked)


def to_web_html(text: str) -> str:
    """Small Markdown as safe HTML with `<ruby>`; everything not ours is escaped."""

    def ruby(content: str, _strong: bool) -> str:
        parts: list[str] = []
        position = 0
        for match in _MARKED_RUBY.finditer(content):
            parts.append(escape_html(content[position : match.start()]))
            base, reading = escape_html(match[1]), escape_html(match[2])
            parts.append(f"<ruby>{base}<rp>（</rp><rt>{reading}</rt><rp>）</rp></ruby>")
            position = match.end()
        parts.append(escape_html(content[position:]))
        return "".join(parts)

    tags = {
        "paragraph_open": "<p>", "paragraph_close": "</p>",
        "bullet_list_open": "<ul>", "bullet_list_close": "</ul>",
        "ordered_list_open": "<ol>", "ordered_list_close": "</ol>",
        "list_item_open": "<li>", "list_item_close": "</li>",
        "strong_open": "<strong>", "strong_close": "</strong>",
        "em_open": "<em>", "em_close": "</em>",
    }  # fmt: skip
    parts: list[str] = []
    for token in parse(text):
        if token.type != "inline":
            if not token.hidden:
                parts.append(tags.get(token.type, ""))
            continue
        strong = False
        for child in token.children or []:
            if child.type in ("strong_open", "strong_close"):
                strong = child.type == "strong_open"
            if child.type == "text":
                parts.append(ruby(child.content, strong))
            elif child.type in ("softbreak", "hardbreak"):
                parts.append("<br>")
            elif child.type == "link_open" and SAFE_LINK.match(href := str(child.attrs.get("href", ""))):
                parts.append(f'<a href="{escape_html(href)}" target="_blank" rel="noopener noreferrer">')
            elif child.type == "link_open":
                parts.append("<a>")
            elif child.type == "link_close":
                parts.append("</a>")
            else:
                parts.append(tags.get(child.type, escape_html(child.content)))
    return "".join(parts)


def _first_readings() -> Callable[[str, bool], str]:
    seen: set[str] = set()

    def reading(content: str, strong: bool) -> str:
        def one(match: re.Match[str]) -> str:
            base = match[1]
            if not strong or base in seen:
                return base
            seen.add(base)
            return f"{base}（{match[2]}）"

        return _MARKED_RUBY.sub(one, content)

    return reading


def _flat(text: str, inline: Callable[[Token], str]) -> str:
    """Blocks as lines: a blank line between paragraphs, list items one below the other."""
    lines: list[str] = []
    counters: list[int | None] = []
    bullet = ""
    in_item = False
    previous_end = False
    for token in parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            counters.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
            previous_end = True
        elif token.type == "list_item_open":
            number = counters[-1]
            bullet = "• " if number is None else f"{number}. "
            if number is not None:
                counters[-1] = number + 1
            in_item = True
        elif token.type == "list_item_close":
            in_item = False
        elif token.type == "inline":
            content = inline(token)
            if in_item and bullet:
                if lines and previous_end:
                    lines.append("")
                previous_end = False
                lines.append(bullet + content)
                bullet = ""
            else:
                if lines and not in_item:
                    lines.append("")
                previous_end = False
                lines.append(content)
    return "\n".join(lines)


def to_telegram_html(text: str) -> str:
    """Small Markdown as the HTML Telegram's sendMessage takes (b, i, a), lists as lines."""
    readings = _first_readings()

    def inline(token: Token) -> str:
        parts: list[str] = []
        strong = False
        open_links: list[bool] = []
        for child in token.children or []:
            if child.type == "text":
                parts.append(escape_html(readings(child.content, strong), quote=False))
            elif child.type in ("softbreak", "hardbreak"):
                parts.append("\n")
            elif child.type in ("strong_open", "strong_close"):
                strong = child.type == "strong_open"
                parts.append("<b>" if strong else "</b>")
            elif child.type in ("em_open", "em_close"):
                parts.append("<i>" if child.type == "em_open" else "</i>")
            elif child.type == "link_open":
                href = str(child.attrs.get("href", ""))
                # Telegram shows no tel: links; it makes numbers tappable by itself.
                open_links.append(href.lower().startswith("http"))
                if open_links[-1]:
                    parts.append(f'<a href="{escape_html(href)}">')
            elif child.type == "link_close":
                if open_links.pop():
                    parts.append("</a>")
            else:
                parts.append(escape_html(child.content, quote=False))
        return "".join(parts)

    return _flat(text, inline)


def to_plain(text: str) -> str:
    """Small Markdown as plain text for a terminal or a letter: links show their address."""
    readings = _first_readings()

    def inline(token: Token) -> str:
        parts: list[str] = []
        strong = False
        href = ""
        label_at = 0
        for child in token.children or []:
            if child.type == "text":
                parts.append(readings(child.content, strong))
            elif child.type in ("softbreak", "hardbreak"):
                parts.append("\n")
            elif child.type in ("strong_open", "strong_close"):
                strong = child.type == "strong_open"
            elif child.type == "link_open":
                href = str(child.attrs.get("href", ""))
                label_at = len(parts)
            elif child.type == "link_close":
                label = "".join(parts[label_at:])
                if href != label and not href.startswith("tel:"):
                    parts.append(f" ({href})")
            else:
                parts.append(child.content)
        return "".join(parts)

    return _flat(text, inline)

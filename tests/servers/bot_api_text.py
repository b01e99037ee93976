"""How Telegram parses the HTML of a message; after tdlib/td, MessageEntity.cpp."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape

TAGS = {
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "code",
    "pre",
    "blockquote",
    "span",
}
MAX_LENGTH = 4096
MAX_CAPTION = 1024


class BadText(Exception):
    """What the real server answers with 400."""


@dataclass(frozen=True)
class Parsed:
    """The text without tags, and the addresses of its links."""

    text: str
    links: tuple[str, ...]


def parse_html(html: str) -> Parsed:
    """Parse as sendMessage does with parse_mode=HTML. Raises BadText in its words."""
    out: list[str] = []
    links: list[str] = []
    open_tags: list[str] = []
    position = 0
    while position < len(html):
        character = html[position]
        if character == "&":
            end = html.find(";", position)
            if 0 < end - position < 10:
                out.append(unescape(html[position : end + 1]))
                position = end + 1
                continue
        if character != "<":
            out.append(character)
            position += 1
            continue
        offset = len(html[:position].encode())
        end = html.find(">", position)
        if end < 0:
            raise BadText(f"can't parse entities: Unclosed start tag at byte offset {offset}")
        tag = html[position + 1 : end]
        position = end + 1
        if tag.startswith("/"):
            if not open_tags:
                raise BadText(f"can't parse entities: Unexpected end tag at byte offset {offset}")
            expected = open_tags.pop()
            if tag[1:] != expected:
                raise BadText(
                    f'can\'t parse entities: Unmatched end tag at byte offset {offset}, expected "</{expected}>", '
                    f'found "<{tag}>"'
                )
            continue
        name = tag.split()[0].lower() if tag.split() else ""
        if name not in TAGS:
            raise BadText(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset}')
        if name == "a" and 'href="' in tag:
            links.append(unescape(tag.split('href="')[1].split('"')[0]))
        open_tags.append(name)
    if open_tags:
        raise BadText(f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1]}\"")
    text = "".join(out).strip()
    if not text:
        raise BadText("message text is empty")
    if len(text) > MAX_LENGTH:
        raise BadText("message is too long")
    return Parsed(text, tuple(links))


def parse_caption(html: str) -> Parsed:
    """The same for what stands under a file, which may be nothing. Raises BadText."""
    parsed = parse_html(html) if html.strip() else Parsed("", ())
    if len(parsed.text) > MAX_CAPTION:
        raise BadText("message caption is too long")
    return parsed

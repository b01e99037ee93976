"""Which language a browser asks for."""

from __future__ import annotations

from bot.i18n import ENGLISH, LANGUAGES
from bot.messages import LanguageCode


def preferred_language(header: str) -> LanguageCode:
    """The language a browser asks for that we speak, by an Accept-Language header; else English."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            wishes.append((float(quality or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    for _quality, name in sorted(wishes, key=lambda wish: -wish[0]):
        if name in LANGUAGES:
            return LanguageCode(name)
    return ENGLISH

"""What a caseworker wrote, as the person sees it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.errors import CaseError
from bot.i18n import translator
from bot.markup import escape
from bot.messages import LanguageCode, Reply, SentFile
from bot.storage.models import CaseRow

# Telegram shows at most 4096 characters at once; the rest is for the line above.
MAX_BUBBLE: Final = 3500
MAX_ANSWER: Final = 20_000
# Telegram shows at most 1024 characters under a file.
MAX_CAPTION: Final = 1000


def answer_replies(case: CaseRow, text: str) -> list[Reply]:
    """`text` under a line that says which case it is about, in as many bubbles as it needs. Raises CaseError where
    there is nothing in it, or more than anybody would read on a telephone."""
    if not text.strip():
        raise CaseError(f"{case.reference}: there is nothing in the answer")
    if len(text) > MAX_ANSWER:
        raise CaseError(f"{case.reference}: the answer is longer than {MAX_ANSWER} characters")
    language = LanguageCode(case.language)
    first, *others = _parts(text)
    heading = answer_heading(case, language)
    return [Reply(f"{heading}\n\n{_shown(first)}", language), *(Reply(_shown(part), language) for part in others)]


def answer_heading(case: CaseRow, language: LanguageCode) -> str:
    """The line above an answer that says which case it is about."""
    words = translator(language)
    return words("An answer to your case %(reference)s:", reference=f"**{case.reference}**")


def signed(reply: Reply, partner_name: str) -> Reply:
    """The same bubble under the name of who says it."""
    return replace(reply, text=f"**{escape(partner_name)}**\n\n{reply.text}")


def _parts(text: str) -> list[str]:
    """`text` in parts that fit into a bubble, parted at a line's end where there is one, else at a space."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > MAX_BUBBLE:
        end = max(rest.rfind("\n", MAX_BUBBLE // 2, MAX_BUBBLE), 0) or max(rest.rfind(" ", 1, MAX_BUBBLE), 0)
        end = end or MAX_BUBBLE
        parts.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [*parts, rest]


def _shown(text: str) -> str:
    return "\n\n".join(escape(line) for line in text.splitlines() if line.strip())


def file_replies(case: CaseRow, partner_name: str, caption: str, file: SentFile, *, captioned: bool) -> list[Reply]:
    """A file with the line that says who sent it and about which case, and its `caption`: as one bubble where that
    fits under it and the channel can show it there (`captioned`), else the words first and the file behind them."""
    language = LanguageCode(case.language)
    heading = answer_heading(case, language)
    above = f"**{escape(partner_name)}**\n\n{heading}"
    if not captioned or len(above) + len(caption) > MAX_CAPTION:
        words = answer_replies(case, caption) if caption.strip() else [Reply(heading, language)]
        return [signed(words[0], partner_name), *words[1:], Reply("", language, file=file)]
    text = "\n\n".join(part for part in (above, _shown(caption)) if part)
    return [Reply(text, language, file=file)]

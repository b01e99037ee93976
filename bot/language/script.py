"""Which writing system a text is in, by Unicode block."""

from __future__ import annotations

from collections import Counter
from typing import Final

_BLOCKS: Final = (
    (0x0041, 0x024F, "Latn"),
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x077F, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"),
    (0x1100, 0x11FF, "Hang"),
    (0x1200, 0x137F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"),
    (0x1800, 0x18AF, "Mong"),
    (0x1E00, 0x1EFF, "Latn"),
    (0x3040, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hang"),
    (0x3400, 0x9FFF, "Hani"),
    (0xA8E0, 0xA8FF, "Deva"),
    (0xA9E0, 0xA9FF, "Mymr"),
    (0xAA60, 0xAA7F, "Mymr"),
    (0xAC00, 0xD7AF, "Hang"),
)


def script_of(character: str) -> str | None:
    """The script of one letter or vowel sign as an ISO 15924 code (kana as Kana), None for anything else."""
    code = ord(character)
    if code < 0x41 or (code < 0x100 and not character.isalpha()) or character.isdecimal():
        return None
    for first, last, script in _BLOCKS:
        if first <= code <= last:
            return script
    return None


def count_scripts(text: str) -> Counter[str]:
    """How many letters and signs of `text` belong to each script."""
    return Counter(script for script in map(script_of, text) if script is not None)


def main_script(text: str) -> str:
    """The script whose grammar carries the text: Latn, Deva, Mymr, Jpan, Hani, …; Zyyy where no letter is.

    A loanword does not decide. Words of a non-Latin script are written by people whose sentence is in that
    script, so it wins against more Latin letters (company names, "zairyu card") from a share of 15 % on;
    Chinese characters alone are also quoted as office words in sentences of any other script, so they must
    outnumber it.
    """
    counts = count_scripts(text)
    if not counts:
        return "Zyyy"
    total = counts.total()
    kana, han = counts.pop("Kana", 0), counts.pop("Hani", 0)
    others = [(count, script) for script, count in counts.items() if script != "Latn"]
    best_count, best = max(others, default=(0, ""))
    if best_count > kana and best_count / total >= 0.15:
        return best
    if kana and (kana + han) / total >= 0.3:
        return "Jpan"
    if han > counts["Latn"] / 2:
        return "Jpan" if kana else "Hani"
    return "Latn" if counts["Latn"] else best or "Jpan"

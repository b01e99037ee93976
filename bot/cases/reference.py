"""Case references that can be read out on the telephone."""

from __future__ import annotations

import secrets
from typing import Final

# No vowels (no words), no 0 O 1 I L, no B 8, no S 5, no Z 2, no U V, no M N: nothing looks or sounds alike.
ALPHABET: Final = "34679CDFGHJKPQRTWXY"
LENGTH: Final = 6


def new_reference() -> str:
    """A random reference of six characters and a check character, as XXX-XXXX."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return _shape(body + check_character(body))


def check_character(body: str) -> str:
    """The check character of `body`: its characters weighted by place, modulo the prime alphabet size, so
    that one wrong character or two swapped neighbours are always noticed."""
    total = sum(place * ALPHABET.index(character) for place, character in enumerate(body, start=2))
    return ALPHABET[total % len(ALPHABET)]


def normalise_reference(text: str) -> str | None:
    """A reference as somebody wrote it down, in its one form; None if its check character is wrong."""
    letters = "".join(character for character in text.upper() if character.isalnum())
    if len(letters) != LENGTH + 1 or any(character not in ALPHABET for character in letters):
        return None
    return _shape(letters) if check_character(letters[:-1]) == letters[-1] else None


def _shape(letters: str) -> str:
    return f"{letters[:3]}-{letters[3:]}"

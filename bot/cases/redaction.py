"""Taking out of a text what points at a person, before anyone but a caseworker may see it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_LINK: Final = re.compile(r"(?:https?://|www\.|t\.me/)\S+", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<!\w)@\w{4,}")
# Residence cards (AB12345678CD), passports (AB1234567) and anything of five digits or more in a row, with
# the separators people put into telephone numbers.
_CARD: Final = re.compile(r"(?<!\w)[A-Za-z]{1,2}\d{6,8}(?:[A-Za-z]{2})?(?!\w)")
_DIGITS: Final = re.compile(r"\+?\d(?:[\s().-]?\d){4,}")


def redact(text: str) -> str:
    """`text` with e-mail addresses, links, handles, card numbers, telephone numbers and long digit strings, in
    any script's digits, replaced by […]."""
    ascii_digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in unicodedata.normalize("NFKC", text)
    )
    for pattern in (_MAIL, _LINK, _HANDLE, _CARD, _DIGITS):
        ascii_digits = pattern.sub("[…]", ascii_digits)
    return ascii_digits

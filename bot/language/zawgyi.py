"""Burmese typed with a Zawgyi font: recognised and turned into Unicode before anything else reads it."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from myanmar import converter
from myanmartools import ZawgyiDetector

# Unicode Burmese scores below 0.001 and Zawgyi above 0.999 on whole sentences; a lone consonant scores 0.5.
CERTAIN: Final = 0.95


@cache
def _detector() -> ZawgyiDetector:
    return ZawgyiDetector()


def is_zawgyi(text: str) -> bool:
    """Whether the Burmese in `text` is Zawgyi-encoded.

    False where there is too little to tell, and where it makes no difference: short words without stacked or
    combined signs are written alike in both, and the detector guesses on them.
    """
    certain = _detector().get_zawgyi_probability(text) > CERTAIN
    return certain and to_unicode(text) != unicodedata.normalize("NFC", text)


def to_unicode(text: str) -> str:
    """Zawgyi-encoded text as Unicode, in NFC. Characters that are not Burmese stay as they are."""
    return unicodedata.normalize("NFC", converter.convert(text, "zawgyi", "unicode"))

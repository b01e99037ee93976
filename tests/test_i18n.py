"""Numbers, dates and lists as the reader of each language writes them."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.i18n import BURMESE, ENGLISH, JAPANESE, NEPALI, translator
from bot.messages import LanguageCode


@pytest.mark.parametrize(
    ("language", "text"),
    [(NEPALI, "a, b र c"), (BURMESE, "a၊ bနှင့် c"), (JAPANESE, "a、b、c"), (ENGLISH, "a, b, and c")],
)
def test_lists(language: LanguageCode, text: str) -> None:
    assert translator(language).list(["a", "b", "c"]) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [(NEPALI, "33,000 येन"), (BURMESE, "33,000 ယန်း"), (JAPANESE, "33,000円"), (ENGLISH, "¥33,000")],
)
def test_amounts(language: LanguageCode, text: str) -> None:
    assert translator(language).yen(33_000) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [(NEPALI, "14 दिन"), (BURMESE, "14 ရက်"), (JAPANESE, "14日"), (ENGLISH, "14 days")],
)
def test_lengths_of_time(language: LanguageCode, text: str) -> None:
    assert translator(language).duration(14, "day") == text


@pytest.mark.parametrize("language", [NEPALI, BURMESE, JAPANESE, ENGLISH])
def test_dates_name_the_month(language: LanguageCode) -> None:
    text = translator(language).date(dt.date(2026, 10, 1))
    assert "2026" in text
    assert text != "2026-10-01"

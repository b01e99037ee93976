"""The four languages: their names, catalogues, and how dates, numbers and lists look in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import Translations
from babel.units import format_unit

from bot.errors import TomoniError
from bot.messages import LanguageCode

NEPALI: Final = LanguageCode("ne")
BURMESE: Final = LanguageCode("my")
JAPANESE: Final = LanguageCode("ja")
ENGLISH: Final = LanguageCode("en")

# A language stands here when its catalogue and its articles are complete, not when a folder exists.
LANGUAGES: Final = (NEPALI, BURMESE, JAPANESE, ENGLISH)
SOURCE_LANGUAGE: Final = ENGLISH
NATIVE_NAMES: Final[Mapping[LanguageCode, str]] = {
    NEPALI: "नेपाली",
    BURMESE: "မြန်မာ",
    JAPANESE: "やさしい日本語",
    ENGLISH: "English",
}
# Where a text is missing in someone's language, these are tried in turn, and it is said openly.
FALLBACKS: Final[Mapping[LanguageCode, tuple[LanguageCode, ...]]] = {
    NEPALI: (ENGLISH, JAPANESE),
    BURMESE: (ENGLISH, JAPANESE),
    JAPANESE: (ENGLISH,),
    ENGLISH: (JAPANESE,),
}
LOCALES_FOLDER: Final = Path(__file__).parent.parent / "locales"
DOMAIN: Final = "bot"


def is_offered(code: str) -> bool:
    """Whether Tomoni speaks the language with this ISO 639-1 code."""
    return code in LANGUAGES


class Translator:
    """Words, numbers and dates for one reader's language."""

    def __init__(self, language: LanguageCode, catalogue: Translations) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._catalogue = catalogue

    def __call__(self, message: str, **values: object) -> str:
        """The sentence `message` (an English msgid with %(name)s places) in this language."""
        translated = self._catalogue.gettext(message)
        return translated % values if values else translated

    def plural(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The right plural form for `count`, which is also the place %(count)s."""
        return self._catalogue.ngettext(singular, plural, count) % {
            "count": self.number(count),
            **values,
        }

    def number(self, value: float) -> str:
        """A number with the reader's separators; in the digits of Japan's forms, bills and telephones."""
        return format_decimal(value, locale=self.locale, numbering_system="default")

    def percentage(self, value: float) -> str:
        """`value` percent (25 is 25 %)."""
        return format_percent(value / 100, locale=self.locale, numbering_system="default", format="#,##0.##%")

    def yen(self, value: int) -> str:
        """An amount of Japanese yen; in Japanese with 円 behind it, as price tags have it."""
        if self.language == JAPANESE:
            return f"{format_decimal(value, locale=self.locale)}円"
        if self.language == ENGLISH:
            return format_currency(value, "JPY", locale=self.locale, currency_digits=True)
        unit = {NEPALI: "येन", BURMESE: "ယန်း"}[self.language]
        return f"{self.number(value)} {unit}"

    def duration(self, value: float, unit: str) -> str:
        """A length of time; `unit` is hour, day, week, month or year."""
        # CLDR spells units out in "long" for English only; the others carry their full words in "short".
        length: Literal["long", "short"] = "long" if self.language == ENGLISH else "short"
        text = format_unit(value, f"duration-{unit}", locale=self.locale, numbering_system="default", length=length)
        return text.replace(" ", "") if self.language == JAPANESE else text

    def weekday_date(self, value: date) -> str:
        """A calendar date with its weekday, in words."""
        return format_date(value, format="full", locale=self.locale)

    def date(self, value: date) -> str:
        """A calendar date, in words."""
        return format_date(value, format="long", locale=self.locale)

    def weekday(self, value: int) -> str:
        """The name of a weekday; Monday is 0."""
        return str(self.locale.days["stand-alone"]["wide"][value])

    def time(self, value: datetime) -> str:
        """A time of day."""
        return format_time(value, format="short", locale=self.locale)

    def list(self, items: Iterable[str]) -> str:
        """Items joined as a sentence joins them."""
        text = format_list(list(items), locale=self.locale)
        # CLDR leaves out the space in Nepali, and joins Burmese items by a dash, which reads as a range.
        if self.language == NEPALI:
            return re.sub(r",(?=\S)", ", ", text)
        return text.replace(" - ", "၊ ") if self.language == BURMESE else text

    def language_name(self, code: str) -> str:
        """What this language calls the language with ISO code `code`."""
        return str(self.locale.languages.get(code, code))


@cache
def translator(language: LanguageCode) -> Translator:
    """The translator for one of LANGUAGES.

    Raises TomoniError when its catalogue is missing or cannot be read.
    """
    path = LOCALES_FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)
    except (OSError, ValueError) as error:
        raise TomoniError(f"{path}: the catalogue cannot be read ({error}); run: make locales") from error
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translator(language, Translations(compiled, domain=DOMAIN))

"""Loops that guard the four languages of the interface."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.i18n import LANGUAGES, LOCALES_FOLDER, translator
from bot.language.identify import is_hindi
from bot.language.zawgyi import is_zawgyi
from bot.markup import RUBY, without_ruby
from bot.messages import LanguageCode
from locales.update import extract_template

PLACE = re.compile(r"%\(\w+\)s")


def catalogue(language: str) -> Catalog:
    with (LOCALES_FOLDER / language / "LC_MESSAGES" / "bot.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(message: object) -> list[str]:
    value = message.string  # type: ignore[attr-defined]
    return list(value) if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_no_text_is_missing_or_fuzzy(self, language: LanguageCode) -> None:
        have = {message.id: message for message in catalogue(language) if message.id}
        wanted = {message.id for message in extract_template() if message.id}
        assert wanted - set(have) == set(), "run: make locales"
        assert set(have) - wanted == set(), "run: make locales"
        assert [message.id for message in have.values() if not all(texts(message))] == []
        assert [message.id for message in have.values() if message.fuzzy] == []

    def test_every_place_is_kept(self, language: LanguageCode) -> None:
        for message in catalogue(language):
            if not message.id:
                continue
            source = message.id[-1] if isinstance(message.id, tuple) else message.id
            for text in texts(message):
                assert set(PLACE.findall(text)) == set(PLACE.findall(source)), text

    def test_every_plural_form_is_there(self, language: LanguageCode) -> None:
        own = catalogue(language)
        for message in own:
            if message.pluralizable:
                assert len(texts(message)) == own.num_plurals
                assert all(texts(message))

    def test_it_compiles(self, language: LanguageCode) -> None:
        write_mo(BytesIO(), catalogue(language))
        assert translator(language).language == language

    def test_emphasis_and_commands_are_kept(self, language: LanguageCode) -> None:
        for message in catalogue(language):
            if isinstance(message.id, str) and message.id:
                for sign in ("/forget", "🆘", "110", "119"):
                    assert (sign in message.id) == (sign in message.string), message.string
                assert message.id.count("**") == message.string.count("**"), message.string


def test_the_template_is_what_the_program_says() -> None:
    with (LOCALES_FOLDER / "bot.pot").open("rb") as file:
        stored = {message.id for message in read_po(file)}
    assert stored == {message.id for message in extract_template()}, "run: make locales"


def test_nepali_is_nepali_and_burmese_is_unicode() -> None:
    for message in catalogue("ne"):
        for text in texts(message):
            assert not is_hindi(text), text
    for message in catalogue("my"):
        for text in texts(message):
            assert not is_zawgyi(text), text


def test_no_translation_is_just_the_english() -> None:
    for language in ("ne", "my", "ja"):
        same = [message.id for message in catalogue(language) if message.id and texts(message)[0] == message.id]
        assert same == [], language


def test_japanese_kanji_carry_their_reading() -> None:
    """In sentences; a button's label loses readings and is short enough to know."""
    for message in catalogue("ja"):
        for text in texts(message):
            bare = re.findall("[\u4e00-\u9fff]", RUBY.sub("", text))
            assert len(bare) <= 4, text
            assert without_ruby(text).count("{") == 0

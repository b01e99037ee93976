"""One small Markdown, three faces; nothing a person writes gets through as markup."""

import pytest

from bot.markup import escape, to_plain, to_telegram_html, to_web_html, without_ruby

OFFICE = (
    "**{労働基準監督署|ろうどうきじゅんかんとくしょ}**に{行|い}く。"
    "{労働基準監督署|ろうどうきじゅんかんとくしょ}は **{労働基準監督署|ろうどうきじゅんかんとくしょ}**"
)


def test_web_sets_furigana() -> None:
    html = to_web_html("{行|い}く")
    assert html == "<p><ruby>行<rp>（</rp><rt>い</rt><rp>）</rp></ruby>く</p>"


def test_elsewhere_an_office_word_carries_its_reading_once() -> None:
    assert to_plain(OFFICE) == "労働基準監督署（ろうどうきじゅんかんとくしょ）に行く。労働基準監督署は 労働基準監督署"
    assert to_telegram_html(OFFICE).startswith("<b>労働基準監督署（ろうどうきじゅんかんとくしょ）</b>に行く。")


def test_bold_closes_between_furigana_and_kana() -> None:
    assert "<strong>" in to_web_html(OFFICE)
    assert "**" not in to_web_html(OFFICE)


def test_lists_become_lines() -> None:
    assert to_plain("Do this:\n\n1. a\n2. b\n\nThen:\n\n- c") == "Do this:\n1. a\n2. b\n\nThen:\n• c"


@pytest.mark.parametrize(
    "nasty",
    [
        "<script>alert(1)</script>",
        "<b>bold</b> **bold** [x](javascript:alert(1)) {a|b} `code` # head",
        "& < > \" '",
        "_under_ *star* ~tilde~ | pipe\n- list",
    ],
)
def test_escaped_words_show_as_they_were_typed(nasty: str) -> None:
    shown = " ".join(nasty.split())
    assert to_plain(escape(nasty)) == shown
    html = to_web_html(escape(nasty))
    assert "<script" not in html
    assert "<b>" not in html
    assert "<strong>" not in html
    assert "href" not in html


def test_a_script_address_is_no_link() -> None:
    assert "javascript" not in to_web_html("[x](javascript:alert)").replace("[x](javascript:alert)", "")
    assert "<a " not in to_telegram_html("[call](tel:110)")
    assert 'href="tel:110"' in to_web_html("[call](tel:110)")


def test_private_use_characters_of_ours_cannot_be_smuggled_in() -> None:
    assert "<ruby>" not in to_web_html("\ue000a\ue001b\ue002")


def test_titles_lose_their_readings() -> None:
    assert without_ruby("{仕事|しごと}と{家|いえ}") == "仕事と家"

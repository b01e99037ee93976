"""The chat page in a real browser, at the width of a cheap phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.servers.tomoni import TomoniServer

PHONE = {"width": 360, "height": 740}
SCREENSHOTS = os.environ.get("SCREENSHOTS")


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = find_chromium()
        arguments = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
        launched = playwright.chromium.launch(executable_path=path, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TomoniServer]:
    with TomoniServer(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: TomoniServer) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="en-US")
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda entry: problems.append(entry.text) if entry.type == "error" else None)
    opened.goto(server.url)
    expect(opened.locator(".buttons button").first).to_be_visible()
    yield opened
    context.close()
    assert [problem for problem in problems if "503" not in problem and "Failed to load" not in problem] == []


def say(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("textbox").press("Enter")


def keep(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"))


def test_the_greeting_is_in_four_languages_with_a_button_each(page: Page) -> None:
    bubble = page.locator(".theirs").first
    for word in ("नमस्ते", "မင်္ဂလာပါ", "こんにちは", "Hello"):
        expect(bubble).to_contain_text(word)
    assert page.locator(".buttons button").all_inner_texts() == ["नेपाली", "မြန်မာ", "やさしい日本語", "English"]
    keep(page, "greeting")


@pytest.mark.parametrize(
    ("name", "question", "language", "word"),
    [
        ("nepali", "malai 2 mahina dekhi talab diyeko xaina", "ne", "तलब"),
        ("zawgyi", "သူေဌးက လစာ ႏွစ္လ မေပးေသးဘူး", "my", "လစာ"),
        ("hiragana", "きゅうりょうを 2かげつ もらっていません", "ja", "はら"),
        ("english", "boss no give me salary 2 month", "en", "pay"),
    ],
)
def test_a_question_is_answered_in_its_own_language(
    page: Page, name: str, question: str, language: str, word: str
) -> None:
    say(page, question)
    answer = page.locator(f".theirs[lang={language}]").last
    expect(answer).to_contain_text(word)
    expect(page.locator("button[data-data='h:work/unpaid-wages']")).to_be_visible()
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], "the page must not scroll sideways on a phone"
    keep(page, name)


def test_japanese_has_furigana(page: Page) -> None:
    say(page, "きゅうりょうを 2かげつ もらっていません")
    expect(page.locator(".theirs[lang=ja] ruby rt").first).to_be_visible()


def test_the_conversation_survives_a_reload(page: Page) -> None:
    say(page, "boss no give me salary 2 month")
    expect(page.locator("button[data-data='h:work/unpaid-wages']")).to_be_visible()
    before = page.locator("#log > li").count()
    page.reload()
    expect(page.locator("#log > li")).to_have_count(before)
    page.locator("button[data-data='h:work/unpaid-wages']").click()
    expect(page.locator("#log > li")).not_to_have_count(before)


def test_a_counter_card_is_large(page: Page) -> None:
    say(page, "boss no give me salary 2 month")
    page.locator("button[data-data='s:work/unpaid-wages']").click()
    expect(page.locator(".large ruby").first).to_be_visible()
    keep(page, "counter-card")


def test_danger_comes_first(page: Page) -> None:
    say(page, "my husband is hitting me now with a knife please help")
    expect(page.locator(".theirs").nth(1)).to_contain_text("110")
    keep(page, "danger")


def test_what_a_person_types_is_shown_as_text(page: Page) -> None:
    say(page, "<img src=x onerror=alert(1)> <b>hi</b>")
    expect(page.locator(".mine").last).to_have_text("<img src=x onerror=alert(1)> <b>hi</b>")
    assert page.locator("#log img").count() == 0


def test_it_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    page.locator(".buttons button").nth(3).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mine").last).to_have_text("English")
    expect(page.locator("button[data-data='m']").last).to_be_visible()


def test_a_message_written_without_a_connection_is_sent_later(page: Page) -> None:
    page.context.set_offline(True)
    say(page, "boss no give me salary 2 month")
    expect(page.locator("#status")).to_contain_text("again")
    expect(page.locator("#status")).to_contain_text("119")
    page.context.set_offline(False)
    expect(page.locator("button[data-data='h:work/unpaid-wages']")).to_be_visible(timeout=20_000)


def test_leaving_empties_the_tab(page: Page, server: TomoniServer) -> None:
    page.route("https://www.jma.go.jp/**", lambda route: route.fulfill(body="weather"))
    say(page, "boss no give me salary 2 month")
    page.locator("#leave").click()
    expect(page.locator("body")).to_have_text("weather")
    page.goto(server.url)
    expect(page.locator(".mine")).to_have_count(0)


def test_leaving_shows_nothing_even_while_the_other_page_does_not_come(page: Page, server: TomoniServer) -> None:
    page.route("https://www.jma.go.jp/**", lambda route: route.fulfill(status=204))
    with page.expect_response("**/chat/messages"):
        say(page, "boss no give me salary 2 month")
        page.locator("#leave").click()
    expect(page.locator("body")).to_be_empty()
    page.goto(server.url)
    expect(page.locator(".buttons button").first).to_be_visible()
    expect(page.locator(".mine")).to_have_count(0)


def test_a_deep_link_opens_an_article(page: Page, server: TomoniServer) -> None:
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{server.url}/?start=work-unpaid-wages")
    expect(page.locator("button[data-data='h:work/unpaid-wages']")).to_be_visible()


def test_the_widget_opens_the_chat_on_another_page(browser: Browser, server: TomoniServer) -> None:
    context = browser.new_context(viewport=PHONE)
    partner = context.new_page()
    partner.goto(f"{server.url}/healthz")
    partner.set_content(f"<h1>Partner</h1><script src='{server.url}/static/widget.js'></script>")
    partner.get_by_role("button").click()
    expect(partner.frame_locator("iframe").locator(".buttons button").first).to_be_visible()
    context.close()

"""A photo from the chat page to a caseworker and one back, in a real browser, with everything real between them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.channels.test_web_pages import PHONE, find_chromium, keep, say
from tests.partners.cast import make_partner
from tests.servers.bot_api import TOKEN, BotApiServer, Sent
from tests.servers.bot_api_forum import Group
from tests.servers.tomoni import TomoniServer
from tests.small_base import write_base
from tests.test_whole_story import soon

GROUP = -1001
QUESTION = "boss did not pay me in May"


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 32), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def api() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        server.groups[GROUP] = Group(GROUP)
        yield server


@pytest.fixture
def server(api: BotApiServer, tmp_path: Path) -> Iterator[TomoniServer]:
    partner = make_partner(working_language="en", channels={"telegram_group": GROUP})
    file = tmp_path / "partners.yaml"
    file.write_text(yaml.safe_dump({"labour": partner.model_dump(mode="json")}, allow_unicode=True), encoding="utf-8")
    with TomoniServer(
        tmp_path, knowledge_base=str(write_base(tmp_path / "knowledge_base")), cache_dir=str(tmp_path / "cache"),
        partners=str(file), telegram_token=TOKEN, telegram_api_url=api.url, quiet_seconds="0.1",
    ) as running:  # fmt: skip
        running.wait_for_line("Telegram: ")
        yield running


@pytest.fixture
def page(server: TomoniServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-first-run"])
        opened = browser.new_context(viewport=PHONE, locale="en-US").new_page()
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("console", lambda entry: problems.append(entry.text) if entry.type == "error" else None)
        opened.goto(server.url)
        expect(opened.locator(".buttons button").first).to_be_visible()
        yield opened
        browser.close()
    assert [problem for problem in problems if "Failed to load" not in problem] == []


def open_case(page: Page) -> None:
    say(page, QUESTION)
    page.locator("button[data-data='n:work/unpaid-wages']").click()
    for _ in range(5):
        expect(page.locator("button[data-data='i:skip']").last).to_be_visible()
        before = page.locator("#log > li").count()
        page.locator("button[data-data='i:skip']").last.click()
        expect(page.locator("#log > li")).not_to_have_count(before + 1)
    page.locator("button[data-data='y']").last.click()
    expect(page.locator(".theirs").last).to_contain_text("case number is")


def in_group(api: BotApiServer, holds: Callable[[Sent], Any]) -> Sent:
    sent = api.wait_for(GROUP, lambda messages: any(holds(item) for item in messages), timeout_s=30)
    return next(item for item in sent if holds(item))


def test_a_photo_there_and_a_photo_back(page: Page, api: BotApiServer) -> None:
    open_case(page)
    letter = in_group(api, lambda sent: "new case is offered" in sent.text)
    button = page.get_by_role("button", name="Send a photo or a file")
    with page.expect_file_chooser() as choosing:
        button.press("Enter")
    choosing.value.set_files({"name": "payslip.jpg", "mimeType": "image/jpeg", "buffer": picture("white")})
    expect(page.locator(".mine").last).to_have_text("📎 payslip.jpg")
    expect(page.locator(".theirs").last).to_contain_text("added the photo to your case")
    expect(page.locator(".mine.unsent")).to_have_count(0)
    passed_on = in_group(api, lambda sent: sent.file)
    assert passed_on.file is not None
    assert passed_on.file.name == "payslip.jpg"

    photo = api.files.photo(picture("green"))
    update = api.in_group(api.groups[GROUP].says(letter.thread, photo=photo, caption="please sign"))
    soon(lambda: update["update_id"] in api.delivered)
    page.reload()
    image = page.locator(".theirs img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 64
    expect(page.locator(".theirs").last).to_contain_text("please sign")
    with page.expect_download() as saving:
        image.click()
    assert saving.value.suggested_filename == "photo.jpg"
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], "the page must not scroll sideways on a phone"
    keep(page, "files")

    page.locator("#file").set_input_files({"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    expect(page.locator("#status")).to_contain_text("kind of file")
    expect(page.locator(".mine").filter(has_text="a.svg")).to_have_count(0)
    page.locator("#file").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": bytes(21 * 1024 * 1024)}
    )
    expect(page.locator("#status")).to_contain_text("20 MB")

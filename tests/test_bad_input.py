"""Bad input and bad days, end to end: each has a clear outcome, and the next message is answered."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, func, select, text

from bot.conversation.respond import Respondent
from bot.errors import StorageUnavailable
from bot.helpline import Helpline
from bot.messages import ConversationKey, Message, Text
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import upgrade
from bot.storage.models import MessageRow
from tests.conftest import SECRET
from tests.conversation.talk import NOON
from tests.servers.postgres import PostgresServer
from tests.servers.tomoni import TomoniServer
from tests.small_base import write_base

QUESTION = "boss did not pay me in May"
ANSWER = "The company must pay you"
KEY = ConversationKey("web", "site", "0" * 32)


class Browser:
    """One tab of the chat page."""

    def __init__(self, server: TomoniServer) -> None:
        self.server = server
        self.token = secrets.token_hex(16)

    def post(self, value: object, kind: str = "text", message_id: str = "", url: str = "") -> httpx.Response:
        body = {"id": message_id or secrets.token_hex(16), "kind": kind, "value": value}
        return self.send(json.dumps(body).encode(), url=url)

    def send(self, body: bytes, token: str | None = None, url: str = "") -> httpx.Response:
        headers = {"X-Conversation": self.token if token is None else token, "Content-Type": "application/json"}
        return httpx.post(f"{url or self.server.url}/chat/messages", content=body, headers=headers, timeout=30)


def html_in(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return "\n".join(reply["html"] for reply in response.json()["replies"])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_base(folder / "knowledge_base")
    return folder


def small_server(small: Path, folder: Path, **environment: str) -> TomoniServer:
    settings = {"knowledge_base": str(small / "knowledge_base"), "cache_dir": str(small / "cache"), **environment}
    return TomoniServer(folder, quiet_seconds="0.2", **settings)


@pytest.fixture(scope="module")
def server(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TomoniServer]:
    with small_server(small, tmp_path_factory.mktemp("serve")) as running:
        yield running


class TestWebChat:
    @pytest.mark.parametrize(
        "value",
        ["", "   ", "\u200b\u200d\u2060", "\u202e\u2066evil\u2069", "\ud800", "a\udfffb", "\x00\x01\x1b[2J", "?"],
    )
    def test_nothing_readable_is_greeted(self, server: TomoniServer, value: str) -> None:
        assert "Hello, this is Tomoni" in html_in(Browser(server).post(value))

    def test_a_hundred_kilobytes_are_answered_from_the_beginning(self, server: TomoniServer) -> None:
        page = html_in(Browser(server).post(QUESTION + ". " + "x" * 100_000))
        assert "only the beginning" in page

    def test_marks_and_controls_between_letters_do_not_hide_a_question(self, server: TomoniServer) -> None:
        assert ANSWER in html_in(Browser(server).post("\u202e" + "\u200b".join(QUESTION) + "\x07"))

    @pytest.mark.parametrize(
        "value",
        ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "**b** [x](javascript:alert(1))", "{a|b}"],
    )
    def test_markup_of_a_person_never_comes_back(self, server: TomoniServer, value: str) -> None:
        page = html_in(Browser(server).post(value))
        for sign in ("<script", "<img", "javascript:", "onerror"):
            assert sign not in page

    @pytest.mark.parametrize("value", ["a:../../etc/passwd", "zz", "c:work:99999", "\ud800", "x" * 5000])
    def test_a_forged_button_is_answered_kindly(self, server: TomoniServer, value: str) -> None:
        assert "button is old" in html_in(Browser(server).post(value, "press"))

    @pytest.mark.parametrize("value", ["/nonsense", "/startt x", "/\ud800"])
    def test_an_unknown_command_lists_those_there_are(self, server: TomoniServer, value: str) -> None:
        page = html_in(Browser(server).post(value))
        assert "/menu" in page
        assert "/forget" in page

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"5", b'{"id": 5}', b'{"id": "12345678", "kind": "text", "value": 5}',
         b'{"id": "12345678", "kind": "x", "value": ""}', b'{"id": "../../x", "kind": "text", "value": ""}',
         b"\xff\xfe", b"[" * 200_000, b'{"id": "12345678", "kind": "text", "value": "' + b"x" * 600_000 + b'"}'],
    )  # fmt: skip
    def test_a_body_of_another_form_is_refused_in_words(self, server: TomoniServer, body: bytes) -> None:
        response = Browser(server).send(body)
        assert response.status_code == 400
        assert response.json()["error"]

    @pytest.mark.parametrize("token", ["", "0", "G" * 32, "0" * 33, "../" * 10])
    def test_a_conversation_without_a_secret_is_refused(self, server: TomoniServer, token: str) -> None:
        assert Browser(server).send(b'{"id": "12345678", "kind": "text", "value": "x"}', token).status_code == 400

    def test_the_same_message_again_gets_the_same_replies(self, server: TomoniServer) -> None:
        browser = Browser(server)
        first = browser.post(QUESTION, message_id="message-1").json()
        assert browser.post(QUESTION, message_id="message-1").json() == first

    def test_after_all_this_nothing_went_wrong_inside(self, server: TomoniServer) -> None:
        assert ANSWER in html_in(Browser(server).post(QUESTION))
        assert not [line for line in server.output if "Traceback" in line or "thinking failed" in line]


class TestKnowledgeBaseWhileRunning:
    def test_a_broken_one_is_named_and_the_last_good_one_stays(self, small: Path, tmp_path: Path) -> None:
        root = tmp_path / "knowledge_base"
        shutil.copytree(small / "knowledge_base", root)
        article = root / "articles/work/unpaid-wages"
        good = (article / "en.md").read_text(encoding="utf-8")
        with small_server(small, tmp_path, knowledge_base=str(root)) as running:
            (article / "article.yaml").rename(article / "kept")
            (article / "article.yaml").write_text("sources: [\n", encoding="utf-8")
            line = running.wait_for_line("the last good one stays")
            assert "article.yaml:2: is no valid YAML" in line
            assert ANSWER in html_in(Browser(running).post(QUESTION))
            (article / "kept").rename(article / "article.yaml")
            running.wait_for_line("knowledge base reloaded")
            (article / "en.md").write_text("no head\n", encoding="utf-8")
            assert "en.md:1: must begin with a head" in running.wait_for_line("the last good one stays")
            assert ANSWER in html_in(Browser(running).post(QUESTION))
            (article / "en.md").write_text(good.replace(ANSWER, "The law says: pay"), encoding="utf-8")
            running.wait_for_line("knowledge base reloaded")
            assert "The law says: pay" in html_in(Browser(running).post(QUESTION))


def message(number: int, words: str = QUESTION) -> Message:
    return Message(KEY, f"message-{number}", Text(words), NOON)


async def stored_messages(storage: Storage) -> int:
    async with storage.reading() as session:
        return (await session.execute(select(func.count()).select_from(MessageRow))).scalar_one()


class TestDisk:
    async def test_a_read_only_file_accepts_nothing_and_says_what_to_do(
        self, tmp_path: Path, small_respondent: Respondent
    ) -> None:
        path = tmp_path / "tomoni.db"
        writable = Storage(create_engine(f"sqlite+aiosqlite:///{path}"), Cipher(SECRET))
        await upgrade(writable)
        url = f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true"
        read_only = Storage(create_engine(url), Cipher(SECRET))
        with pytest.raises(StorageUnavailable, match="give this user the right to write it"):
            await Helpline(read_only, lambda: small_respondent).receive(message(1))
        assert await stored_messages(writable) == 0
        await read_only.close()
        await writable.close()

    async def test_a_full_disk_accepts_nothing_and_the_same_message_is_taken_once_there_is_room(
        self, tmp_path: Path, small_respondent: Respondent
    ) -> None:
        engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/tomoni.db")
        room = {"pages": 1_000_000}

        @event.listens_for(engine.sync_engine, "begin")
        def limit(connection: Any) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {room['pages']}")

        storage = Storage(engine, Cipher(SECRET))
        await upgrade(storage)
        helpline = Helpline(storage, lambda: small_respondent)
        await helpline.receive(message(1))
        async with storage.reading() as session:
            room["pages"] = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        number = 2

        async def write_until_full() -> None:
            nonlocal number
            while number < 200:
                await helpline.receive(message(number))
                number += 1

        with pytest.raises(StorageUnavailable, match="free some space"):
            await write_until_full()
        assert await stored_messages(storage) == number - 1
        room["pages"] = 1_000_000
        receipt = await helpline.receive(message(number))
        assert any(ANSWER in item.reply.text for item in receipt.replies)
        assert (await helpline.receive(message(number))).replies == ()
        assert await stored_messages(storage) == number
        await storage.close()


def test_a_database_away_at_start_and_again_later_is_waited_for(small: Path, tmp_path: Path) -> None:
    with PostgresServer() as postgres:
        postgres.stop()
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{postgres.port}/postgres"
        running = small_server(small, tmp_path, database_url=url, secret_key=SECRET)
        running.start(wait=False)
        try:
            running.wait_for_line("trying again")
            postgres.start()
            running.url = running.wait_for_line("Tomoni is ready: ").partition("ready: ")[2].strip()
            browser = Browser(running)
            assert ANSWER in html_in(browser.post(QUESTION))
            postgres.stop()
            assert browser.post(QUESTION, message_id="message-2").status_code == 503
            health = httpx.get(f"{running.url}/healthz")
            assert (health.status_code, health.json()["status"]) == (503, "unavailable")
            postgres.start()
            assert ANSWER in html_in(browser.post(QUESTION, message_id="message-2"))
            assert httpx.get(f"{running.url}/healthz").status_code == 200
            assert not [line for line in running.output if "stopped:" in line or "Traceback" in line]
        finally:
            running.stop()


def test_two_servers_on_one_sqlite_file_both_serve_and_answer_each_message_once(small: Path, tmp_path: Path) -> None:
    first, second = small_server(small, tmp_path), small_server(small, tmp_path)
    first.start(wait=False)
    second.start(wait=False)
    try:
        for running in (first, second):
            running.url = running.wait_for_line("Tomoni is ready: ").partition("ready: ")[2].strip()
        browsers = [Browser(first) for _ in range(6)]

        def talk(browser: Browser) -> list[list[str]]:
            answers = []
            for number in range(6):
                with ThreadPoolExecutor(2) as at_once:
                    both = list(
                        at_once.map(
                            lambda running: browser.post(QUESTION, message_id=f"message-{number}", url=running.url),  # noqa: B023
                            (first, second),
                        )
                    )
                assert [ANSWER in html_in(response) for response in both] == [True, True]
                assert both[0].json() == both[1].json(), "the second server says what the first one said"
                answers.append([reply["id"] for reply in both[0].json()["replies"]])
            return answers

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(talk, browsers))
        ids = [reply for conversation in answers for message in conversation for reply in message]
        assert len(ids) == len(set(ids))
        assert not [line for line in first.output + second.output if "Traceback" in line]
    finally:
        first.stop()
        second.stop()

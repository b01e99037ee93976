"""One case from the first question to its end, over real HTTP and SMTP: `tomoni serve` as a process, a Nepali worker on
Telegram, a partner with a Telegram group, a mailbox and a system of its own. On both databases."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from aiosmtpd.controller import Controller
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import create_async_engine
from standardwebhooks import Webhook

from bot.storage.models import CaseEventRow
from tests.partners.cast import make_partner
from tests.servers.bot_api import TOKEN, BotApiServer
from tests.servers.bot_api_forum import Group
from tests.servers.tomoni import TomoniServer

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
GROUP, WORKER = -1001, 7
QUESTION = "malai 2 mahina dekhi talab diyeko xaina"


class Mailbox:
    """A mail server that keeps what it was handed."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.original_content, policy=modern))
        return "250 taken"


class PartnerSystem(ThreadingHTTPServer):
    """A partner's own system that verifies and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.letters: list[dict[str, Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(SECRET).verify(body, dict(self.headers.items()))
        assert isinstance(self.server, PartnerSystem)
        self.server.letters.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def system() -> Iterator[PartnerSystem]:
    server = PartnerSystem()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def api() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        server.groups[GROUP] = Group(GROUP)
        yield server


def soon(holds: Callable[[], Any], timeout_s: float = 30) -> Any:
    """What `holds` gives once it gives something."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that in time")


def test_a_case_from_the_first_question_to_its_end(
    tmp_path: Path, database_url: str, api: BotApiServer, mailbox: tuple[Mailbox, int], system: PartnerSystem
) -> None:
    box, mail_port = mailbox
    every_day = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "opens": "00:00", "closes": "24:00"}
    partner = make_partner(
        hours=[every_day], open_on_holidays=True, working_language="en", prefectures=["saitama"],
        channels={
            "telegram_group": GROUP,
            "email": {"to": "desk@example.org"},
            "webhook": {
                "url": f"http://127.0.0.1:{system.server_address[1]}/",
                "secret_name": "TOMONI_PARTNER_LABOUR",
            },
        },
    )  # fmt: skip
    file = tmp_path / "partners.yaml"
    file.write_text(yaml.safe_dump({"labour": partner.model_dump(mode="json")}, allow_unicode=True), encoding="utf-8")
    settings = {
        "database_url": database_url,
        "secret_key": "0123456789abcdef" * 4,
        "partners": str(file),
        "partner_labour": SECRET,
        "smtp_url": f"smtp://127.0.0.1:{mail_port}",
        "mail_from": "Tomoni <tomoni@example.org>",
        "telegram_token": TOKEN,
        "telegram_api_url": api.url,
        "quiet_seconds": "0.2",
    }
    with TomoniServer(tmp_path, **settings) as server:
        server.wait_for_line("Telegram: ")
        reference = _ask_and_agree(api)
        _every_way_brings_it(api, box, system, reference)
        _a_photo_goes_along(api, box, system, server.url)
        _talk_and_close(api, reference)
        listed = soon(lambda: [letter for letter in system.letters if letter["type"] == "case.note"])
        assert listed[0]["data"]["reference"] == reference
        assert "talab" not in "\n".join(server.output), "no word of theirs stands in the log"
    asyncio.run(_months_pass(database_url, dt.timedelta(days=91)))
    with server:
        _its_texts_are_gone_and_the_figures_stand(server, reference)


def _ask_and_agree(api: BotApiServer) -> str:
    """The worker asks, gets an answer, says that it did not help, and agrees. Returns the case's reference."""
    api.send_text(WORKER, QUESTION, language="ne")
    answer = api.wait_for(WORKER, lambda sent: sent and "तलब" in sent[-1].text and sent[-1].buttons)[-1]
    steps = (answer.button("👎"), "i:skip", "i:since-month", "साइतामा", "i:safe-yes", "रामु", "y")
    for step in steps:
        before = len(api.messages(WORKER))
        if step.startswith(("i:", "n:")) or step == "y":
            api.press(WORKER, step)
        else:
            api.send_text(WORKER, step)
        last = api.wait_for(WORKER, lambda sent, count=before: len(sent) > count)[-1]  # type: ignore[misc]
    return last.text.split("केस नम्बर ")[1][:8]


def _every_way_brings_it(api: BotApiServer, box: Mailbox, system: PartnerSystem, reference: str) -> None:
    [topic] = soon(lambda: list(api.groups[GROUP].topics.values()))
    letter = soon(lambda: [sent for sent in api.messages(GROUP) if sent.thread == topic.id])[0]
    assert reference in letter.text
    assert QUESTION in letter.text
    assert "you serve Saitama" in letter.text
    mail = soon(lambda: box.mails)[0]
    assert reference in mail["Subject"]
    assert QUESTION not in mail.as_string(), "a mail holds nothing personal"
    offered = soon(lambda: system.letters)[0]
    assert (offered["type"], offered["data"]["reference"]) == ("case.offered", reference)


def _a_photo_goes_along(api: BotApiServer, box: Mailbox, system: PartnerSystem, url: str) -> None:
    """The worker sends a photo: into the topic by its id, announced by mail, fetched by the partner's system."""
    content = b"\xff\xd8\xff a payslip"
    photo = api.files.photo(content)
    api.send(WORKER, photo=photo, language="ne")
    soon(lambda: [sent for sent in api.messages(GROUP) if sent.file and sent.file.file_id == photo[-1]["file_id"]])
    mail = soon(lambda: box.mails[1:])[0]
    assert list(mail.iter_attachments()) == []
    note = soon(lambda: [letter for letter in system.letters if letter["data"]["attachments"]])[0]
    [file] = note["data"]["attachments"]
    now = dt.datetime.now(dt.UTC)
    signed = {"webhook-id": "get-1", "webhook-timestamp": str(int(now.timestamp()))}
    assert httpx.get(url + file["url"], headers=signed).status_code == 401
    signed["webhook-signature"] = Webhook(SECRET).sign("get-1", now, "")
    assert httpx.get(url + file["url"], headers=signed).content == content


def _talk_and_close(api: BotApiServer, reference: str) -> None:
    """A caseworker takes the case and answers, the worker writes back, the caseworker closes it."""
    group = api.groups[GROUP]
    [topic] = group.topics.values()
    letter = next(sent for sent in api.messages(GROUP) if sent.thread == topic.id)
    api.in_group(group.presses(topic.id, letter.button("Take")))
    api.wait_for(WORKER, lambda sent: reference in sent[-1].text and "लिनुभयो" in sent[-1].text)
    api.in_group(group.says(topic.id, text="// he sounds tired"))
    for label in ("Prepared messages", "photo of the payslip", "Send"):
        _press_in_topic(api, topic.id, label)
    api.wait_for(WORKER, lambda sent: "तपाईंसँग तलबको पर्चा" in sent[-1].text)
    api.in_group(group.says(topic.id, text="तलबको पर्चाको फोटो छ?"))
    api.wait_for(WORKER, lambda sent: "तलबको पर्चाको फोटो छ?" in sent[-1].text)
    assert all("tired" not in sent.text for sent in api.messages(WORKER)), "internal notes stay internal"
    api.send_text(WORKER, "company le dhamki diyeko chha, malai sahayog garnus")
    api.wait_for(WORKER, lambda sent: "तलबको पर्चाको फोटो छ?" not in sent[-1].text)
    api.press(WORKER, "p")
    soon(lambda: [sent for sent in api.messages(GROUP) if sent.thread == topic.id and "dhamki" in sent.text])
    api.in_group(group.presses(topic.id, letter.button("Close")))
    asked = soon(lambda: [sent for sent in api.messages(GROUP) if sent.thread == topic.id and "How did" in sent.text])
    api.in_group(group.presses(topic.id, asked[-1].button("Advice")))
    api.wait_for(WORKER, lambda sent: reference in sent[-1].text and "बन्द" in sent[-1].text)
    soon(lambda: topic.closed)


def _press_in_topic(api: BotApiServer, thread: int, label: str) -> None:
    """Press the newest button of a topic that is called so, as soon as there is one."""

    def found() -> tuple[int, str] | None:
        return next(
            (
                (sent.id, item["callback_data"])
                for sent in reversed(api.messages(GROUP))
                if sent.thread == thread
                for row in sent.buttons
                for item in row
                if label in item["text"]
            ),
            None,
        )

    under, data = soon(found)
    api.in_group(api.groups[GROUP].presses(thread, data, under=under))


async def _months_pass(database_url: str, time_passed: dt.timedelta) -> None:
    """Make everything that happened to the case that much older, while the server stands still."""
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        events = (await connection.execute(select(CaseEventRow.id, CaseEventRow.at))).all()
        for event_id, at in events:
            older = at - time_passed
            await connection.execute(update(CaseEventRow).where(CaseEventRow.id == event_id).values(at=older))
    await engine.dispose()


def _its_texts_are_gone_and_the_figures_stand(server: TomoniServer, reference: str) -> None:
    """After the days the operator has set, nothing anybody wrote is left; how it went and how it ended is."""

    def exported() -> dict[str, Any] | None:
        [case] = json.loads(server.command("cases", "export", "--personal", "--format", "json"))
        erased = any(event["kind"] == "erased" for event in case["events"])
        return case if erased else None

    case = soon(exported)
    assert (case["reference"], case["outcome"], case["prefecture"]) == (reference, "advised", "saitama")
    assert [event["text"] for event in case["events"] if event["text"]] == []
    assert (case["address"], case["what"], case["name"], case["attachments"]) == ("", "", "", [])
    assert "whole" in server.command("cases", "audit", "verify")

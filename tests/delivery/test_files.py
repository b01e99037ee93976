"""Files of a case on their way to partners: in a mail that may hold them, and fetched by a partner's own system."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from bot.cases.files import CaseFiles
from bot.cases.service import decline_case
from bot.conversation.file_limits import MEGABYTE
from bot.conversation.respond import Respondent
from bot.delivery.email import EmailChannel
from bot.delivery.inbound import PartnerInbox
from bot.delivery.inbound_files import PartnerFiles
from bot.delivery.webhook import WebhookChannel
from bot.errors import ChannelError
from bot.messages import Attachment, AttachmentKind, File
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow
from tests.delivery.house import SOON, House
from tests.delivery.test_email import ENCRYPTED, PLAIN, SENDER, Mailbox, mail_server
from tests.delivery.test_inbound import FOREIGN_SECRET, NEW_SECRET, SECRETS, webhook_of
from tests.delivery.test_webhook import NAME, PartnerSystem, listening
from tests.partners.cast import make_partner
from tests.servers.serving import serving
from tests.test_helpline import ALICE, hand_over, message

PDF = b"%PDF-1.7 payslip"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is particular to a database is tested in tests/storage."""
    return f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"


class FarAway:
    """A channel that keeps files, of any length, or does not give them."""

    def __init__(self, length: int = 0, error: ChannelError | None = None) -> None:
        self.length = length
        self.error = error

    async def stream_file(self, remote: str) -> AsyncGenerator[bytes, None]:
        if self.error is not None:
            raise self.error
        for _ in range(0, self.length, MEGABYTE):
            yield bytes(MEGABYTE)


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent) -> House:
    return House(
        storage, small_respondent,
        labour=make_partner(channels=webhook_of("TOMONI_PARTNER_LABOUR")),
        union=make_partner(channels=webhook_of("TOMONI_PARTNER_UNION")),
    )  # fmt: skip


def held(content: bytes = PDF, name: str = "給与.pdf") -> Attachment:
    return Attachment(AttachmentKind.DOCUMENT, "", File(name, "application/pdf", len(content), content=content))


def kept_elsewhere(size: int = 9) -> Attachment:
    return Attachment(AttachmentKind.PHOTO, "", File("", "image/jpeg", size, remote='{"file_id": "x"}'))


async def sends(house: House, number: int, attachment: Attachment) -> tuple[AttachmentRow, ...]:
    """Let the person send something. Returns the files of the letter that told the partner of it."""
    await house.after(SOON)
    await house.helpline.receive(message(ALICE, number, attachment))
    await house.after(SOON)
    return house.webhook.got[-1][1].attachments


class TestLetters:
    async def test_a_note_brings_its_own_files_and_an_offer_all_before_it(self, house: House) -> None:
        reference = await house.open_case()
        first = await sends(house, 20, held())
        second = await sends(house, 21, kept_elsewhere())
        assert [[row.name for row in rows] for rows in (first, second)] == [["給与.pdf"], ["photo.jpg"]]
        async with house.storage.transaction() as session:
            await decline_case(session, await house.case(reference), "labour:Sato", "full", house.clock(), {})
        await hand_over(house.helpline, ALICE, 30, "t")
        await house.after(SOON)
        [offered] = [letter for to, letter, _ in house.webhook.got if (to, letter.kind) == ("union", "offered")]
        assert [row.name for row in offered.attachments] == ["給与.pdf", "photo.jpg"]


class TestMail:
    @asynccontextmanager
    async def channel(self, house: House, mailbox: Mailbox, far: FarAway) -> AsyncIterator[EmailChannel]:
        async with mail_server(mailbox, data_size_limit=30 * MEGABYTE) as port:
            files = CaseFiles(house.storage, far)
            yield EmailChannel(f"smtp://127.0.0.1:{port}", SENDER, None, files=files, timeout_s=10.0)

    async def mailed(self, house: House, partner: Any, far: FarAway, *attachments: Attachment) -> Any:
        await house.open_case()
        rows = [row for number, item in enumerate(attachments, 20) for row in await sends(house, number, item)]
        _, letter, _ = house.webhook.got[-1]
        mailbox = Mailbox()
        async with self.channel(house, mailbox, far) as channel:
            await channel.deliver("union", partner, replace(letter, attachments=tuple(rows)), "key")
        [mail] = mailbox.mails
        return mail

    async def test_a_mail_that_may_hold_it_brings_the_file(self, house: House) -> None:
        mail = await self.mailed(house, ENCRYPTED, FarAway(), held())
        [part] = mail.iter_attachments()
        assert (part.get_filename(), part.get_content_type()) == ("給与.pdf", "application/pdf")
        assert part.get_content() == PDF

    async def test_another_says_only_that_there_is_one(self, house: House) -> None:
        mail = await self.mailed(house, PLAIN, FarAway(), held())
        assert list(mail.iter_attachments()) == []
        text = mail.get_body(("plain",)).get_content()
        assert "給与" not in text
        assert "1" in text

    @pytest.mark.parametrize(
        "far", [FarAway(11 * MEGABYTE), FarAway(error=ChannelError("gone", permanent=True))], ids=["lies", "gone"]
    )
    async def test_what_does_not_fit_or_is_gone_holds_up_nothing(self, house: House, far: FarAway) -> None:
        mail = await self.mailed(house, ENCRYPTED, far, kept_elsewhere(), held())
        assert [part.get_content() for part in mail.iter_attachments()] == [PDF]

    async def test_what_cannot_be_read_now_is_tried_again(self, house: House) -> None:
        with pytest.raises(ChannelError) as caught:
            await self.mailed(house, ENCRYPTED, FarAway(error=ChannelError("busy", permanent=False)), kept_elsewhere())
        assert not caught.value.permanent


class Desk:
    """A partner's system that fetches files."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fetch(
        self, path: str, secret: str = NEW_SECRET, age: dt.timedelta = dt.timedelta(0), body: str = ""
    ) -> httpx.Response:
        at = dt.datetime.now(dt.UTC) - age
        headers = {
            "webhook-id": "get-1", "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("get-1", at, body),
        }  # fmt: skip
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url}{path}", headers=headers)


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    inbox = PartnerInbox(house.helpline, SECRETS)
    files = CaseFiles(house.storage, FarAway(3 * MEGABYTE))
    async with serving(PartnerFiles(house.storage, inbox, files, house.clock).routes(), log_level="critical") as url:
        yield Desk(url)


class TestFetching:
    async def test_a_partner_fetches_what_its_letter_names(self, house: House, desk: Desk) -> None:
        await house.open_case()
        [row] = await sends(house, 20, held())
        got = await desk.fetch(f"/partners/labour/attachments/{row.id}")
        assert (got.status_code, got.content) == (200, PDF)
        assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E7%B5%A6")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "no-store"
        [far] = await sends(house, 21, kept_elsewhere())
        got = await desk.fetch(f"/partners/labour/attachments/{far.id}")
        assert (got.status_code, len(got.content)) == (200, 3 * MEGABYTE)

    async def test_nobody_else_does(self, house: House, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        reference = await house.open_case()
        [row] = await sends(house, 20, held())
        path = f"/partners/labour/attachments/{row.id}"
        assert (await desk.fetch(path, FOREIGN_SECRET)).status_code == 401
        assert (await desk.fetch(path, age=dt.timedelta(minutes=6))).status_code == 401
        assert (await desk.fetch(path, body="x")).status_code == 401
        assert (await desk.fetch(f"/partners/union/attachments/{row.id}", FOREIGN_SECRET)).status_code == 404
        assert (await desk.fetch("/partners/labour/attachments/none")).status_code == 404
        async with house.storage.transaction() as session:
            await decline_case(session, await house.case(reference), "labour", "full", house.clock(), {})
        assert (await desk.fetch(path)).status_code == 404
        assert "給与" not in caplog.text


async def test_a_webhook_names_the_files_and_where_they_are(house: House) -> None:
    await house.open_case()
    [row] = await sends(house, 20, held())
    letter = house.webhook.got[-1][1]
    system = PartnerSystem()
    async with listening(system) as port:
        partner = make_partner(channels={"webhook": {"url": f"http://127.0.0.1:{port}/cases", "secret_name": NAME}})
        channel = WebhookChannel({NAME: NEW_SECRET}, "https://help.example/")
        await channel.deliver("labour", partner, letter, "key")
    [(body, _)] = system.got
    assert json.loads(body)["data"]["attachments"] == [
        {"id": str(row.id), "kind": "document", "media_type": "application/pdf", "size": len(PDF), "name": "給与.pdf",
         "url": f"https://help.example/partners/labour/attachments/{row.id}"}
    ]  # fmt: skip

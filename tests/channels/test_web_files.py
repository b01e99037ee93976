"""Files in the web chat over real HTTP: what is let in, what becomes of it, and who may fetch what."""

from __future__ import annotations

import asyncio
import contextlib
import io
import secrets
import struct
import time
import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette

from bot.cases.files import CaseFiles
from bot.channels.web.views import WebChat
from bot.conversation.respond import Respondent
from bot.messages import ConversationKey, Press
from bot.storage.attachments import attachments_of, content_of
from bot.storage.cases import find_case
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow
from tests.channels.office import Office
from tests.servers.bot_api import BotApiServer
from tests.test_helpline import count, message

TOKEN = "0123456789abcdef" * 2
PERSON = ConversationKey("web", "site", TOKEN)
MEGABYTE = 1024 * 1024
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is particular to a database is tested in tests/storage."""
    return f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"


class Site:
    """The web chat served, with a partner's group behind it."""

    def __init__(self, office: Office, url: str) -> None:
        self.office = office
        self.url = url

    async def upload(self, content: bytes, name: str, media_type: str, **headers: str) -> httpx.Response:
        sent = {
            "X-Conversation": TOKEN, "X-Message-Id": secrets.token_hex(16), "X-File-Name": quote(name),
            "Content-Type": media_type, "Accept-Language": "en", **headers,
        }  # fmt: skip
        async with httpx.AsyncClient(timeout=30) as client:
            return await client.post(f"{self.url}/chat/attachments", content=content, headers=sent)

    async def replies(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{self.url}/chat/replies", json={"received": []}, headers={"X-Conversation": TOKEN}
            )
        return list(answer.json()["replies"])

    async def fetch(self, file_id: str, token: str = TOKEN) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url}/chat/attachments/{file_id}", headers={"X-Conversation": token})

    async def stored(self, reference: str) -> list[tuple[AttachmentRow, bytes | None]]:
        async with self.office.storage.reading() as session:
            found = await find_case(session, reference)
            assert found is not None
            return [(row, await content_of(session, row.id)) for row in await attachments_of(session, found.case.id)]

    async def open_case(self) -> tuple[str, int]:
        await self.office.open_case(PERSON)
        [topic] = self.office.labour.topics.values()
        return topic.name.partition(" ")[0], topic.id


@pytest.fixture
async def site(storage: Storage, small_respondent: Respondent, api: BotApiServer) -> AsyncIterator[Site]:
    office = Office(storage, small_respondent, api)
    await office.client.start()
    polling = asyncio.create_task(office.receiver.poll())
    chat = WebChat(office.helpline, "", CaseFiles(storage, office.client))
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=chat.routes()), port=0, log_level="critical", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 (uvicorn offers no event)
            await asyncio.sleep(0.01)
    yield Site(office, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = True
    await office.receiver.stop()
    polling.cancel()
    for task in (serving, polling):
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await office.client.stop()


def jpeg_with_place() -> bytes:
    image = Image.new("RGB", (80, 40), "white")
    exif = Image.Exif()
    exif[0x0110] = "Secret camera"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"taken at home")
    return out.getvalue()


def png_bomb() -> bytes:
    """A picture of 50,000 by 50,000 points, all alike: a few kilobytes on the way, gigabytes unpacked."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def docx_bomb() -> bytes:
    """A document that unpacks to two hundred megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("word/document.xml", bytes(200 * MEGABYTE))
    return out.getvalue()


class TestUpload:
    async def test_a_photo_reaches_the_topic_without_what_the_camera_wrote(self, site: Site) -> None:
        reference, thread = await site.open_case()
        original = jpeg_with_place()
        answer = await site.upload(original, "給与 明細.jpg", "image/jpeg")
        assert "I have added the photo to your case" in answer.json()["replies"][0]["html"]
        [(row, content)] = await site.stored(reference)
        assert content is not None
        image = Image.open(io.BytesIO(content))
        assert (image.size, dict(image.getexif())) == ((40, 80), {}), "upright, and nothing else known of it"
        assert b"Secret" in original
        assert not any(part in content for part in (b"Secret", b"home", b"Exif"))
        await site.office.work()
        letter, sent = site.office.in_topic(thread)[-2:]
        assert "has sent a photo or a file" in letter.text
        assert sent.file is not None
        assert (sent.file.type, sent.file.name, sent.file.content) == ("document", "給与 明細.jpg", content)
        fetched = await site.fetch(str(row.id))
        assert fetched.content == content

    async def test_the_same_upload_twice_is_one_file(self, site: Site) -> None:
        reference, _ = await site.open_case()
        same = {"X-Message-Id": "the-same-one"}
        first = await site.upload(b"%PDF-1.7 x", "a.pdf", "application/pdf", **same)
        again = await site.upload(b"%PDF-1.7 x", "a.pdf", "application/pdf", **same)
        assert again.json()["replies"] == first.json()["replies"]
        assert len(await site.stored(reference)) == 1

    async def test_a_document_that_is_a_bomb_costs_nothing(self, site: Site) -> None:
        reference, _ = await site.open_case()
        bomb = docx_bomb()
        started = time.process_time()
        answer = await site.upload(bomb, "contract.docx", DOCX)
        assert time.process_time() - started < 1
        assert answer.status_code == 200
        [(_, content)] = await site.stored(reference)
        assert content == bomb, "it is handed on as it came: nobody opened it"

    async def test_a_picture_that_is_a_bomb_is_refused_before_it_unpacks(self, site: Site) -> None:
        reference, _ = await site.open_case()
        answer = await site.upload(png_bomb(), "p.png", "image/png")
        assert (answer.status_code, answer.json()["error"]) == (413, "This picture is too big. Please send it smaller.")
        assert await site.stored(reference) == []

    @pytest.mark.parametrize("declared", [True, False])
    async def test_fifty_megabytes_are_refused(self, site: Site, declared: bool) -> None:
        reference, _ = await site.open_case()

        async def pieces() -> AsyncIterator[bytes]:
            yield b"%PDF-1.7"
            for _ in range(50):
                yield bytes(MEGABYTE)

        content: Any = bytes(50 * MEGABYTE) if declared else pieces()
        with contextlib.suppress(httpx.WriteError, httpx.ReadError):
            # A server that stops listening may be heard as that.
            answer = await site.upload(content, "a.pdf", "application/pdf")
            assert (answer.status_code, "20 MB" in answer.json()["error"]) == (413, True)
        assert await site.stored(reference) == []

    @pytest.mark.parametrize(
        ("name", "media_type", "content"),
        [
            ("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("a.html", "text/html", b"<script>alert(1)</script>"),
            ("a.exe", "application/octet-stream", b"MZ"),
            ("a.zip", "application/zip", b"PK\x03\x04"),
            ("a.docm", "application/vnd.ms-word.document.macroEnabled.12", b"PK\x03\x04"),
            ("a.pdf", "application/pdf", b"MZ\x90\x00"),
            ("a.jpg", "image/jpeg", b"<script>alert(1)</script>"),
            ("a.jpg", "image/jpeg", b"\xff\xd8\xff broken"),
            ("a.pdf.exe", "application/pdf", b"%PDF-"),
            ("a.heic", "image/heic", b"\x00\x00\x00\x18ftypheic"),
        ],
    )
    async def test_what_is_not_let_in_is_said(self, site: Site, name: str, media_type: str, content: bytes) -> None:
        reference, _ = await site.open_case()
        answer = await site.upload(content, name, media_type)
        assert answer.status_code == 415
        assert answer.json()["error"].endswith(".")
        assert await site.stored(reference) == []
        japanese = await site.upload(content, name, media_type, **{"Accept-Language": "ja"})
        assert "ファイル" in japanese.json()["error"]

    async def test_without_a_case_nothing_is_kept_and_it_is_said_when(self, site: Site) -> None:
        await site.office.helpline.receive(message(PERSON, 1, Press("l:en")))
        answer = await site.upload(b"%PDF-1.7", "a.pdf", "application/pdf")
        assert "When a person looks after your case" in answer.json()["replies"][0]["html"]
        assert await count(site.office.storage, AttachmentRow) == 0

    @pytest.mark.parametrize("headers", [{"X-Conversation": "x"}, {"X-Message-Id": "x"}])
    async def test_what_the_page_never_sends_is_refused(self, site: Site, headers: dict[str, str]) -> None:
        assert (await site.upload(b"%PDF-1.7", "a.pdf", "application/pdf", **headers)).status_code == 400


class TestDownload:
    async def answered(self, site: Site, thread: int, **content: object) -> str:
        await site.office.happens(site.office.labour.says(thread, **content))
        [*_, reply] = await site.replies()
        assert reply["file"] is not None
        return str(reply["file"]["id"])

    async def test_a_caseworkers_photo_is_shown_to_this_conversation_alone(self, site: Site, api: BotApiServer) -> None:
        reference, thread = await site.open_case()
        file_id = await self.answered(site, thread, photo=api.files.photo(b"\xff\xd8\xff a photo"), caption="sign here")
        [*_, reply] = await site.replies()
        assert reply["file"] == {"id": file_id, "name": "photo.jpg", "inline": True}
        assert "sign here" in reply["html"]
        fetched = await site.fetch(file_id)
        assert (fetched.status_code, fetched.content) == (200, b"\xff\xd8\xff a photo" * 1)
        assert fetched.headers["content-type"] == "image/jpeg"
        assert fetched.headers["content-disposition"].startswith("inline")
        assert fetched.headers["x-content-type-options"] == "nosniff"
        assert fetched.headers["cache-control"] == "no-store"
        assert "sandbox" in fetched.headers["content-security-policy"]
        foreign = "f" * 32
        await site.office.helpline.receive(message(ConversationKey("web", "site", foreign), 1, "hello"))
        assert (await site.fetch(file_id, foreign)).status_code == 404
        assert (await site.fetch("no-uuid")).status_code == 404
        await site.office.helpline.receive(message(PERSON, 30, Press(f"w:{reference}")))
        await site.office.helpline.receive(message(PERSON, 31, "yes"))
        assert (await site.fetch(file_id)).status_code == 404

    async def test_a_document_is_only_to_be_saved(self, site: Site, api: BotApiServer) -> None:
        _, thread = await site.open_case()
        file_id = await self.answered(site, thread, document=api.files.document("契約.pdf", "application/pdf"))
        fetched = await site.fetch(file_id)
        assert fetched.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('契約.pdf')}"

    async def test_a_file_larger_than_it_said_breaks_off(self, site: Site, api: BotApiServer) -> None:
        _, thread = await site.open_case()
        liar = api.files.document("a.pdf", "application/pdf", bytes(1024), declared=MEGABYTE, length=50 * MEGABYTE)
        file_id = await self.answered(site, thread, document=liar)
        with pytest.raises(httpx.RemoteProtocolError):
            await site.fetch(file_id)
        assert api.files.bytes_fetched < 40 * MEGABYTE

    async def test_a_file_telegram_no_longer_has_is_said(self, site: Site, api: BotApiServer) -> None:
        _, thread = await site.open_case()
        file_id = await self.answered(site, thread, document=api.files.document("a.pdf", "application/pdf"))
        api.files.stored.clear()
        assert (await site.fetch(file_id)).status_code == 502

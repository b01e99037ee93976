"""Files of cases as they are stored, on both databases."""

from __future__ import annotations

from sqlalchemy import text

from bot.cases.service import erase_texts
from bot.helpline import Helpline
from bot.messages import Attachment, AttachmentKind, File
from bot.storage.attachments import all_attachments, attachments_of, content_of, find_attachment, held_bytes
from bot.storage.cases import list_cases
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow
from tests.test_helpline import ALICE, count, hand_over, message

PDF = b"%PDF-1.7 payslip of Sita"


async def with_files(helpline: Helpline, storage: Storage) -> AttachmentRow:
    """A case with a file we hold and one its channel keeps. Returns the first."""
    await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await hand_over(helpline, ALICE, 2)
    file = File("sita.pdf", "application/pdf", len(PDF), content=PDF)
    await helpline.receive(message(ALICE, 20, Attachment(AttachmentKind.DOCUMENT, "", file)))
    far = File("", "image/jpeg", 70, remote='{"file_id": "secret-id"}')
    await helpline.receive(message(ALICE, 21, Attachment(AttachmentKind.PHOTO, "see", far)))
    async with storage.reading() as session:
        [found] = await list_cases(session)
        rows = await attachments_of(session, found.case.id)
    assert [(row.kind, row.name) for row in rows] == [("document", "sita.pdf"), ("photo", "photo.jpg")]
    assert [found.events[row.position].text for row in rows] == [None, "see"]
    return rows[0]


async def test_a_file_is_stored_with_its_event_and_nobody_can_read_it_there(
    helpline: Helpline, storage: Storage
) -> None:
    row = await with_files(helpline, storage)
    async with storage.reading() as session:
        assert await content_of(session, row.id) == PDF
        assert await held_bytes(session, row.case_id) == len(PDF), "what a channel keeps is none of ours"
        assert await all_attachments(session) == {row.case_id: [("document", len(PDF)), ("photo", 70)]}
        found = await find_attachment(session, row.id)
        assert found is not None
        assert found[0].id == row.case_id
        raw = (await session.execute(text("SELECT name, remote, content FROM attachments"))).all()
    stored = b"".join(bytes(value) for line in raw for value in line if value is not None)
    assert not any(part in stored for part in (b"sita", b"Sita", b"secret-id"))


async def test_the_same_message_twice_adds_one_file(helpline: Helpline, storage: Storage) -> None:
    await with_files(helpline, storage)
    far = File("", "image/jpeg", 70, remote='{"file_id": "secret-id"}')
    await helpline.receive(message(ALICE, 21, Attachment(AttachmentKind.PHOTO, "see", far)))
    assert await count(storage, AttachmentRow) == 2


async def test_files_go_with_the_texts(helpline: Helpline, storage: Storage) -> None:
    row = await with_files(helpline, storage)
    async with storage.transaction() as session:
        await erase_texts(session, row.case_id)
    assert await count(storage, AttachmentRow) == 0


async def test_files_go_with_the_person(helpline: Helpline, storage: Storage) -> None:
    await with_files(helpline, storage)
    assert await count(storage, AttachmentRow)
    assert await helpline.forget(ALICE)
    assert await count(storage, AttachmentRow) == 0

"""Photos and files between a person on Telegram and a partner's group, by file id, over our own Bot API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.conversation.respond import Respondent
from bot.messages import Press
from bot.storage.attachments import attachments_of
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow
from tests.channels.office import PERSON, Office, at_work
from tests.delivery.house import STORY
from tests.servers.bot_api import BotApiServer, Sent
from tests.servers.bot_api_files import SentFile
from tests.test_helpline import count, message

CHAT = int(PERSON.chat)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is particular to a database is tested in tests/storage."""
    return f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"


@pytest.fixture
async def office(storage: Storage, small_respondent: Respondent, api: BotApiServer) -> AsyncIterator[Office]:
    made = Office(storage, small_respondent, api)
    async with at_work(made):
        yield made


async def person_sends(office: Office, **content: object) -> None:
    """Let the person send something, and all be done that follows from it."""
    # Beyond the ids of what opened the case.
    office.api._next_message = max(office.api._next_message, 100)
    update = office.api.send(CHAT, **content)
    async with asyncio.timeout(15):
        while update["update_id"] not in office.api.delivered:  # noqa: ASYNC110 (the server runs in a thread)
            await asyncio.sleep(0.01)
    await office.said()
    await office.work()


async def files_of(office: Office, reference: str) -> list[AttachmentRow]:
    case = await office.case(reference)
    async with office.storage.reading() as session:
        return await attachments_of(session, case.case.id)


def to_person(office: Office) -> list[Sent]:
    return office.api.messages(CHAT)


class TestFromThePerson:
    async def test_a_photo_joins_the_case_and_reaches_the_topic_by_its_file_id(self, office: Office) -> None:
        reference, thread = await office.offer()
        photo = office.api.files.photo()
        await person_sends(office, photo=photo, caption="my *payslip*\x00")
        assert f"I have added the photo to your case {reference}" in to_person(office)[-1].text
        letter, file = office.in_topic(thread)[-2:]
        assert "has sent a photo or a file" in letter.text
        assert "my *payslip*" in letter.text
        assert file.file == SentFile("photo", photo[-1]["file_id"])
        [row] = await files_of(office, reference)
        events = (await office.case(reference)).events
        assert (events[row.position].kind, events[row.position].text) == ("note", "my *payslip*")
        assert (row.kind, row.media_type, row.name) == ("photo", "image/jpeg", "photo.jpg")

    async def test_every_kind_goes_as_what_it_is(self, office: Office) -> None:
        _, thread = await office.offer()
        files = office.api.files
        docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        await person_sends(office, document=files.document("契約 contract.docx", docx, b"PK\x03\x04"))
        await person_sends(office, voice=files.voice())
        round_video = {**files._described(files.put("video_note", b"....ftyp")), "duration": 2, "length": 240}
        await person_sends(office, video_note=round_video)
        assert [sent.file.type for sent in office.in_topic(thread) if sent.file] == ["document", "voice", "video_note"]
        assert [sent.text for sent in office.in_topic(thread) if sent.file] == ["", "", ""]

    @pytest.mark.parametrize(
        ("name", "media_type", "declared", "said"),
        [
            ("payslip.pdf", "application/pdf", 50 * 1024 * 1024, "too large"),
            ("payslip.pdf.exe", "application/pdf", 9, "kind of file"),
            ("page.html", "text/html", 9, "kind of file"),
            ("picture.svg", "image/svg+xml", 9, "kind of file"),
            ("bomb.zip", "application/zip", 9, "kind of file"),
        ],
    )
    async def test_what_is_not_let_in_is_said_and_its_words_are_read(
        self, office: Office, name: str, media_type: str, declared: int, said: str
    ) -> None:
        reference, thread = await office.offer()
        before = len(office.in_topic(thread))
        file = office.api.files.document(name, media_type, declared=declared)
        await person_sends(office, document=file, caption="boss did not pay me in May")
        texts = [sent.text for sent in to_person(office)]
        assert any(said in text and "not kept" in text for text in texts)
        assert "The company must pay you" in texts[-1]
        assert len(office.in_topic(thread)) == before
        assert await files_of(office, reference) == []

    async def test_a_failed_file_comes_after_its_letter_once(self, office: Office) -> None:
        _, thread = await office.offer()
        before = len(office.in_topic(thread))
        office.api.fail_next("sendPhoto", "429", seconds=1)
        await person_sends(office, photo=office.api.files.photo())
        assert [sent.file for sent in office.in_topic(thread)[before:]] == [None], "the letter stands alone for now"
        await office.work()
        assert [sent.file is None for sent in office.in_topic(thread)[before:]] == [True, False]

    async def test_a_case_taken_back_has_no_files_left(self, office: Office) -> None:
        reference, _ = await office.offer()
        await person_sends(office, photo=office.api.files.photo())
        assert await count(office.storage, AttachmentRow) == 1
        await office.helpline.receive(message(PERSON, 30, Press(f"w:{reference}")))
        await office.helpline.receive(message(PERSON, 31, "yes"))
        assert await count(office.storage, AttachmentRow) == 0

    async def test_before_a_case_is_open_nothing_is_kept(self, office: Office) -> None:
        await person_sends(office, photo=office.api.files.photo())
        assert await count(office.storage, AttachmentRow) == 0


class TestFromACaseworker:
    async def test_a_photo_reaches_the_person_with_its_words(self, office: Office) -> None:
        reference, thread = await office.offer()
        photo = office.api.files.photo()
        await office.happens(office.labour.says(thread, photo=photo, caption="sign *here*\n\nand send it"))
        sent = to_person(office)[-1]
        assert sent.file == SentFile("photo", photo[-1]["file_id"])
        assert sent.silent
        for part in ("Labour desk", reference, "sign *here*", "and send it"):
            assert part in sent.text
        [answer] = [event for event in (await office.case(reference)).events if event.kind == "answer"]
        [row] = await files_of(office, reference)
        assert (answer.kind, answer.position, answer.text) == ("answer", row.position, "sign *here*\n\nand send it")

    async def test_more_words_than_a_caption_takes_go_first(self, office: Office) -> None:
        _, thread = await office.offer()
        file = office.api.files.document("form.pdf", "application/pdf")
        caption = " ".join(["wörd"] * 400)
        await office.happens(office.labour.says(thread, document=file, caption=caption))
        words, sent = to_person(office)[-2:]
        assert caption in words.text
        assert (sent.text, sent.file) == ("", SentFile("document", file["file_id"]))

    async def test_a_round_video_comes_behind_its_heading(self, office: Office) -> None:
        reference, thread = await office.offer()
        files = office.api.files
        video = {**files._described(files.put("video_note", b"....ftyp")), "duration": 2, "length": 240}
        await office.happens(office.labour.says(thread, video_note=video))
        words, sent = to_person(office)[-2:]
        assert reference in words.text
        assert sent.file == SentFile("video_note", video["file_id"])

    async def test_what_begins_with_two_slashes_stays_inside(self, office: Office) -> None:
        reference, thread = await office.offer()
        before = len(to_person(office))
        photo = office.api.files.photo()
        await office.happens(office.labour.says(thread, photo=photo, caption="// known to us\nfrom last year"))
        assert len(to_person(office)) == before
        [*_, event] = (await office.case(reference)).events
        assert (event.kind, event.text) == ("internal", "known to us\nfrom last year")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"sticker": {"file_id": "x", "file_unique_id": "x", "type": "regular", "width": 1, "height": 1,
                          "is_animated": False, "is_video": False}}, "cannot be passed on"),
            ({"document": {"file_id": "x", "file_unique_id": "x", "file_name": "a.exe"}}, "kind of file"),
            ({"document": {"file_id": "x", "file_unique_id": "x", "file_name": "a.pdf", "file_size": 50_000_000}},
             "20 MB"),
        ],
    )  # fmt: skip
    async def test_what_cannot_be_passed_on_is_said(self, office: Office, content: dict[str, Any], said: str) -> None:
        reference, thread = await office.offer()
        before = len(to_person(office))
        await office.happens(office.labour.says(thread, **content))
        assert said in office.in_topic(thread)[-1].text
        assert "Nothing was sent" in office.in_topic(thread)[-1].text
        assert len(to_person(office)) == before
        assert await files_of(office, reference) == []

    async def test_lines_behind_two_slashes_stay_inside_while_the_file_goes(self, office: Office) -> None:
        reference, thread = await office.offer()
        caption = "please sign\n// they are known to us"
        await office.happens(office.labour.says(thread, photo=office.api.files.photo(), caption=caption))
        sent = to_person(office)[-1]
        assert sent.file is not None
        assert "please sign" in sent.text
        assert "known" not in sent.text
        events = (await office.case(reference)).events
        answer, internal = [event for event in events if event.kind in ("answer", "internal")]
        assert [(answer.kind, answer.text), (internal.kind, internal.text)] == [
            ("answer", "please sign"),
            ("internal", "they are known to us"),
        ]

    async def test_changed_words_do_not_send_the_file_again(self, office: Office) -> None:
        _, thread = await office.offer()
        update = office.labour.says(thread, photo=office.api.files.photo(), caption="sign here")
        await office.happens(update)
        changed = update["message"] | {"caption": "sign there", "edit_date": 1_700_000_000}
        await office.happens({"edited_message": changed})
        assert "You have changed a message" in office.in_topic(thread)[-1].text
        assert len([sent for sent in to_person(office) if sent.file]) == 1

    async def test_to_somebody_for_whom_it_is_not_safe_no_file_goes(self, office: Office) -> None:
        await office.helpline.receive(message(PERSON, 1, STORY))
        presses = ("p", "i:skip", "i:skip", "i:skip", "i:safe-no", "i:skip", "y")
        for number, data in enumerate(presses, 2):
            await office.helpline.receive(message(PERSON, number, Press(data)))
        await office.work()
        [topic] = office.labour.topics.values()
        before = len(to_person(office))
        await office.happens(office.labour.says(topic.id, photo=office.api.files.photo()))
        assert "not safe" in office.in_topic(topic.id)[-1].text
        assert len(to_person(office)) == before
        assert await count(office.storage, AttachmentRow) == 0

    async def test_a_repeated_update_is_sent_once(self, office: Office) -> None:
        _, thread = await office.offer()
        update = await office.happens(office.labour.says(thread, photo=office.api.files.photo()))
        await office.comes_again(update)
        await office.work()
        assert len([sent for sent in to_person(office) if sent.file]) == 1
        async with office.storage.reading() as session:
            assert len((await session.execute(select(AttachmentRow))).scalars().all()) == 1

"""What a caseworker writes is delivered, changed and taken back at the person's, and the case tells of it."""

from __future__ import annotations

from typing import Any

from bot.messages import Press
from bot.storage.jobs import count_jobs
from tests.channels.office import PERSON, Office
from tests.servers.bot_api import Sent
from tests.test_helpline import message

CHAT = int(PERSON.chat)
TEXT = "Please come on Friday at 14:00"


async def answered(office: Office) -> tuple[str, int, dict[str, Any]]:
    """A case in which somebody has answered: its reference, its topic, and the update by which they did."""
    reference, thread = await office.offer()
    said = await office.happens(office.labour.says(thread, text=TEXT))
    return reference, thread, said


async def events(office: Office, reference: str, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    found = (await office.case(reference)).events
    return [(event.kind, event.detail or {}) for event in found if event.kind in kinds]


def last(office: Office) -> Sent:
    return office.api.messages(CHAT)[-1]


async def position(office: Office, reference: str, kind: str) -> int:
    return next(event.position for event in (await office.case(reference)).events if event.kind == kind)


class TestDelivery:
    async def test_the_case_tells_that_the_answer_arrived(self, office: Office) -> None:
        reference, _, _ = await answered(office)
        told = {"to": "person", "of": await position(office, reference, "answer")}
        assert ("delivered", told) in await events(office, reference, "delivered")

    async def test_as_long_as_it_waits_it_is_not_delivered(self, office: Office) -> None:
        reference, thread = await office.offer()
        office.api.fail_next("sendMessage", "500")
        await office.happens(office.labour.says(thread, text=TEXT))
        assert all(detail.get("to") != "person" for _, detail in await events(office, reference, "delivered"))
        await office.work()
        await office.work()
        assert TEXT in last(office).text
        assert any(detail.get("to") == "person" for _, detail in await events(office, reference, "delivered"))

    async def test_a_person_who_blocked_the_bot_is_told_to_the_partner(self, office: Office) -> None:
        reference, thread = await office.offer()
        office.api.blocked.add(CHAT)
        await office.happens(office.labour.says(thread, text=TEXT))
        await office.work()
        [(_, detail)] = await events(office, reference, "failed")
        assert (detail["to"], detail["reason"]) == ("person", "the person has blocked the bot or left")
        letter = office.in_topic(thread)[-1].text
        assert "could not be delivered. The person has blocked the bot or left." in letter
        assert TEXT in letter


class TestEdit:
    async def test_what_was_sent_is_changed_at_the_persons(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        before = last(office)
        await office.happens(office.labour.edits(thread, "Please come on Monday\n// he is afraid", said))
        assert last(office) is before
        assert "Please come on Monday" in before.text
        assert before.text.startswith("Labour desk")
        assert "Friday" not in before.text + "".join(office.to_person())
        assert "afraid" not in before.text
        edited = await events(office, reference, "edited")
        assert edited == [("edited", {"of": await position(office, reference, "answer")})]
        told = {"to": "person", "of": await position(office, reference, "edited")}
        assert ("delivered", told) in await events(office, reference, "delivered")

    async def test_what_is_too_old_is_corrected_by_a_new_message(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        office.api.too_old.add(last(office).id)
        await office.happens(office.labour.edits(thread, "Please come on Monday", said))
        assert [("Friday" in text, text.startswith("Correction:")) for text in office.to_person()[-2:]] == [
            (True, False), (False, True),
        ]  # fmt: skip
        told = {"to": "person", "of": await position(office, reference, "edited")}
        assert ("delivered", told) in await events(office, reference, "delivered")

    async def test_what_was_not_sent_yet_is_sent_as_it_reads_now(self, office: Office) -> None:
        _, thread = await office.offer()
        office.api.fail_next("sendMessage", "429", seconds=60)
        said = await office.happens(office.labour.says(thread, text=TEXT))
        await office.happens(office.labour.edits(thread, "Please come on Monday", said))
        for _ in range(40):
            await office.work()
        assert "Friday" not in "".join(office.to_person())
        assert sum("Please come on Monday" in text for text in office.to_person()) == 1
        assert office.api.called("editMessageText") == []

    async def test_of_two_changes_the_last_one_stands(self, office: Office) -> None:
        _, thread, said = await answered(office)
        office.api.fail_next("editMessageText", "429", seconds=30)
        await office.happens(office.labour.edits(thread, "Monday", said))
        await office.happens(office.labour.edits(thread, "Tuesday", said))
        for _ in range(20):
            await office.work()
        assert [part in "".join(office.to_person()) for part in ("Tuesday", "Monday", "Friday")] == [True, False, False]
        async with office.storage.reading() as session:
            assert "failed" not in await count_jobs(session)

    async def test_a_note_that_stayed_inside_is_not_sent_by_changing_it(self, office: Office) -> None:
        _, thread = await office.offer()
        said = await office.happens(office.labour.says(thread, text="// he is afraid"))
        before = office.to_person()
        await office.happens(office.labour.edits(thread, "he is afraid", said))
        assert office.to_person() == before
        assert "had not gone to the person" in office.in_topic(thread)[-1].text

    async def test_nothing_left_is_not_sent(self, office: Office) -> None:
        _, thread, said = await answered(office)
        await office.happens(office.labour.edits(thread, "// Friday", said))
        assert TEXT in last(office).text
        assert "answer it with /delete" in office.in_topic(thread)[-1].text

    async def test_the_same_words_are_no_change(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        await office.happens(office.labour.edits(thread, TEXT, said))
        assert await events(office, reference, "edited") == []


class TestTakeBack:
    async def test_what_was_sent_is_deleted_at_the_persons(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        await office.happens(office.labour.answers(said, "/delete"))
        await office.work()
        assert TEXT not in "".join(office.to_person())
        [taken_back] = await events(office, reference, "taken_back")
        assert taken_back[1] == {"of": await position(office, reference, "answer")}
        assert "was taken back" in office.in_topic(thread)[-1].text

    async def test_what_is_too_old_stays_and_that_is_said(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        office.api.too_old.add(last(office).id)
        await office.happens(office.labour.answers(said, "/delete"))
        await office.work()
        assert TEXT in last(office).text
        assert await events(office, reference, "taken_back") == []
        assert "could not be taken back: it is too old" in office.in_topic(thread)[-1].text

    async def test_what_was_not_sent_yet_never_is(self, office: Office) -> None:
        reference, thread = await office.offer()
        office.api.fail_next("sendMessage", "429", seconds=60)
        said = await office.happens(office.labour.says(thread, text=TEXT))
        await office.happens(office.labour.answers(said, "/delete"))
        for _ in range(40):
            await office.work()
        assert TEXT not in "".join(office.to_person())
        assert len(await events(office, reference, "taken_back")) == 1
        assert "had not been sent yet" in office.in_topic(thread)[-1].text

    async def test_without_a_message_it_deletes_nothing(self, office: Office) -> None:
        _, thread, _ = await answered(office)
        await office.happens(office.labour.says(thread, text="/delete"))
        assert TEXT in last(office).text
        assert "Nothing was deleted" in office.in_topic(thread)[-1].text

    async def test_a_case_taken_back_meanwhile_changes_nothing(self, office: Office) -> None:
        reference, thread, said = await answered(office)
        await office.helpline.receive(message(PERSON, 20, Press(f"w:{reference}")))
        await office.happens(office.labour.edits(thread, "Monday", said))
        assert "Monday" not in "".join(office.to_person())


class TestForgotten:
    async def test_its_topic_is_deleted_with_all_that_stood_in_it(self, office: Office) -> None:
        _, thread, _ = await answered(office)
        await office.helpline.forget(PERSON)
        await office.work()
        assert thread not in office.labour.topics
        assert office.in_topic(thread) == []
        async with office.storage.reading() as session:
            assert await count_jobs(session) == {}

    async def test_where_the_bot_may_not_delete_it_asks_for_it_and_closes(self, office: Office) -> None:
        _, thread, _ = await answered(office)
        office.labour.may_delete = False
        await office.helpline.forget(PERSON)
        await office.work()
        assert "Please delete what you have of it" in office.in_topic(thread)[-1].text
        assert office.labour.topics[thread].closed

    async def test_a_topic_of_a_case_taken_back_before_goes_too(self, office: Office) -> None:
        reference, thread, _ = await answered(office)
        await office.helpline.receive(message(PERSON, 20, Press(f"w:{reference}")))
        await office.work()
        assert office.in_topic(thread)
        await office.helpline.forget(PERSON)
        await office.work()
        assert office.in_topic(thread) == []

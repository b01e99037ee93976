"""The one door: nothing accepted is lost, nothing is done twice, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from sqlalchemy import func, select, text

from bot.cases.case import status_of
from bot.cases.reference import normalise_reference
from bot.cases.service import close_case
from bot.conversation.respond import Respondent
from bot.delivery.worker import Worker
from bot.errors import ChannelError, StorageUnavailable
from bot.helpline import Helpline, Receipt
from bot.messages import Command, Content, ConversationKey, Message, Press, Reply, Text
from bot.sending import send_and_settle
from bot.storage.cases import consents_of, list_cases
from bot.storage.engine import Storage
from bot.storage.jobs import add_job, count_jobs
from bot.storage.models import CaseRow, ConversationRow, JobKind, JobRow, MessageRow, ReplyRow

ALICE = ConversationKey("telegram", "1", "1001")
BOB = ConversationKey("telegram", "1", "1002")


def message(key: ConversationKey, number: int, content: Content | str) -> Message:
    said = Text(content) if isinstance(content, str) else content
    return Message(key, f"message-{number}", said, dt.datetime.now(dt.UTC))


class Recorder:
    """A far end that keeps what it got, and fails when told to."""

    def __init__(self) -> None:
        self.got: list[tuple[ConversationKey, Reply]] = []
        self.failures: list[ChannelError] = []

    async def send(self, key: ConversationKey, reply: Reply) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.got.append((key, reply))

    async def edit(self, key: ConversationKey, name: str, reply: Reply) -> None:
        raise AssertionError("a far end without names is never asked to change anything")

    async def delete(self, key: ConversationKey, name: str) -> None:
        raise AssertionError("a far end without names is never asked to delete anything")


async def count(storage: Storage, model: type) -> int:
    async with storage.reading() as session:
        return (await session.execute(select(func.count()).select_from(model))).scalar_one()


async def test_a_message_is_answered_and_stored(helpline: Helpline, storage: Storage) -> None:
    receipt = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    assert "The company must pay you" in receipt.replies[-1].reply.text
    async with storage.reading() as session:
        row = (await session.execute(select(MessageRow))).scalar_one()
    assert (row.decision, row.articles[0], row.text) == ("answer", "work/unpaid-wages", None)


async def test_the_same_message_twice_is_answered_once(helpline: Helpline, storage: Storage) -> None:
    first = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    await helpline.settle(first, len(first.replies))
    again = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
    assert again.replies == ()
    assert await count(storage, MessageRow) == 1


async def test_a_puller_that_asks_again_gets_the_same_replies(helpline: Helpline) -> None:
    first = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"), pulled=True)
    again = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"), pulled=True)
    assert again.replies == first.replies
    assert [item.id for item in await helpline.waiting_replies(ALICE)] == [item.id for item in first.replies]
    await helpline.acknowledge(ALICE, [item.id for item in first.replies])
    assert await helpline.waiting_replies(ALICE) == []


async def test_nobody_can_acknowledge_or_see_anothers_replies(helpline: Helpline) -> None:
    first = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"), pulled=True)
    await helpline.acknowledge(BOB, [item.id for item in first.replies])
    assert len(await helpline.waiting_replies(ALICE)) == len(first.replies)
    assert await helpline.waiting_replies(BOB) == []


async def test_the_same_id_in_two_chats_is_two_messages(helpline: Helpline, storage: Storage) -> None:
    for key in (ALICE, BOB, ConversationKey("telegram", "2", "1001")):
        receipt = await helpline.receive(message(key, 1, "boss did not pay me in May"))
        assert receipt.replies
    assert await count(storage, ConversationRow) == 3


async def test_two_processes_do_not_lose_each_others_changes(storage: Storage, small_respondent: Respondent) -> None:
    """Each helpline has locks of its own, like two processes; only the version check stands between them."""
    processes = [Helpline(storage, lambda: small_respondent) for _ in range(4)]
    await processes[0].receive(message(ALICE, 0, Command("start")))
    results = await asyncio.gather(
        *(processes[number % 4].receive(message(ALICE, number, "tell me a joke")) for number in range(1, 13)),
        return_exceptions=True,
    )
    stored = [result for result in results if not isinstance(result, BaseException)]
    refused = [result for result in results if isinstance(result, StorageUnavailable)]
    assert len(stored) + len(refused) == 12
    assert await count(storage, MessageRow) == len(stored) + 1
    async with storage.reading() as session:
        assert (await session.execute(select(ConversationRow.version))).scalar_one() == len(stored) + 1


async def hand_over(helpline: Helpline, who: ConversationKey, first: int, way: str = "p") -> Receipt:
    """Ask for a person, skip every question, agree; the messages are numbered from `first` on."""
    presses = [way, *(["i:skip"] * 5), "y"]
    receipts = [await helpline.receive(message(who, first + step, Press(data))) for step, data in enumerate(presses)]
    return receipts[-1]


class TestHandOver:
    async def test_nothing_is_stored_before_the_consent(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        for number, data in enumerate(["n:work/unpaid-wages", *(["i:skip"] * 5), "i:stop"], start=2):
            await helpline.receive(message(ALICE, number, Press(data)))
        assert await count(storage, CaseRow) == 0

    async def test_a_case_is_stored_with_question_and_language(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        receipt = await hand_over(helpline, ALICE, 2, "n:work/unpaid-wages")
        async with storage.reading() as session:
            case = (await list_cases(session))[0]
        assert status_of(case.events).name == "open"
        assert case.case.language == "en"
        assert case.events[0].text == "boss did not pay me in May"
        assert case.case.reference in receipt.replies[0].reply.text
        assert normalise_reference(case.case.reference) == case.case.reference

    async def test_what_was_written_is_encrypted(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        await hand_over(helpline, ALICE, 2)
        async with storage.reading() as session:
            for column in (
                "consents.text",
                "cases.intake",
                "case_events.text",
                "cases.address",
                "conversations.state",
                "replies.body",
            ):
                table, name = column.split(".")
                rows = await session.execute(text(f"SELECT {name} FROM {table}"))
                for value in rows.scalars():
                    assert value is None or (b"boss" not in bytes(value) and b"1001" not in bytes(value))

    async def test_asking_again_adds_to_the_open_case(self, helpline: Helpline, storage: Storage) -> None:
        await hand_over(helpline, ALICE, 1)
        await helpline.receive(message(ALICE, 11, "boss did not pay me in May"))
        await helpline.receive(message(ALICE, 12, Command("person")))
        assert await count(storage, CaseRow) == 1
        async with storage.reading() as session:
            case = (await list_cases(session))[0]
        assert [event.kind for event in case.events] == ["opened", "offered", "note"]

    async def test_a_case_can_be_taken_back(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        await hand_over(helpline, ALICE, 2)
        async with storage.reading() as session:
            reference = (await list_cases(session))[0].case.reference
        await helpline.receive(message(BOB, 1, Press(f"w:{reference}")))
        await helpline.receive(message(ALICE, 13, Press(f"w:{reference}")))
        async with storage.reading() as session:
            case = (await list_cases(session))[0]
            [consent] = await consents_of(session, case.case.id)
        assert [event.kind for event in case.events] == ["opened", "offered", "withdrawn"]
        assert [event.text for event in case.events] == [None, None, None]
        assert (case.case.address, case.case.intake) == (None, None)
        assert (consent.text, consent.withdrawn_at is None) == (None, False)

    async def test_the_consent_stands_with_the_case_as_it_was_shown(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        for number in range(6):
            shown = await helpline.receive(message(ALICE, 2 + number, Press("p" if number == 0 else "i:skip")))
        await helpline.receive(message(ALICE, 9, Press("y")))
        async with storage.reading() as session:
            case = (await list_cases(session))[0]
            [consent] = await consents_of(session, case.case.id)
        assert consent.text == shown.replies[0].reply.text
        assert (consent.partner_id, consent.language, consent.version) == ("operator", "en", "2")
        assert case.events[1].detail == {"reasons": [{"kind": "takes_anything", "subject": ""}]}

    async def test_a_case_the_person_calls_solved_is_closed(self, helpline: Helpline, storage: Storage) -> None:
        await hand_over(helpline, ALICE, 1)
        async with storage.reading() as session:
            reference = (await list_cases(session))[0].case.reference
        await helpline.receive(message(ALICE, 11, Press(f"o:{reference}")))
        async with storage.reading() as session:
            case = (await list_cases(session))[0]
        assert status_of(case.events).name == "closed"
        assert case.events[-1].detail == {"outcome": "solved"}


class TestForget:
    async def test_everything_is_deleted_and_said(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        await helpline.receive(message(ALICE, 2, Command("person")))
        await helpline.receive(message(BOB, 1, "boss did not pay me in May"))
        await helpline.receive(message(ALICE, 3, Command("forget")))
        receipt = await helpline.receive(message(ALICE, 4, "yes"))
        assert "deleted" in receipt.replies[0].reply.text
        assert await count(storage, ConversationRow) == 1
        assert await count(storage, CaseRow) == 0
        async with storage.reading() as session:
            owners = (await session.execute(select(MessageRow.conversation_id).distinct())).scalars().all()
        assert len(owners) == 1
        assert await count(storage, JobRow) == 1

    async def test_it_asks_first(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, Command("forget")))
        await helpline.receive(message(ALICE, 2, "no"))
        assert await count(storage, ConversationRow) == 1


class TestUnansweredQuestions:
    async def test_their_text_is_kept_redacted(self, helpline: Helpline, storage: Storage) -> None:
        await helpline.receive(message(ALICE, 1, Command("start")))
        question = "tell me a joke 090-1234-5678 mail me at someone@example.org AB12345678CD ०९०१२३४५६७८"
        await helpline.receive(message(ALICE, 2, question))
        async with storage.reading() as session:
            row = (await session.execute(select(MessageRow).where(MessageRow.decision == "unknown"))).scalar_one()
        assert row.text is not None
        assert "tell me a joke" in row.text
        for secret in ("1234", "someone", "AB12345678CD", "५६७८"):
            assert secret not in row.text


class TestOutbox:
    async def test_a_process_that_dies_before_sending_loses_no_reply(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        dead = Helpline(storage, lambda: small_respondent, lease=dt.timedelta(0))
        receipt = await dead.receive(message(ALICE, 1, "boss did not pay me in May"))
        far_end = Recorder()
        alive = Helpline(storage, lambda: small_respondent)
        worker = Worker(alive, {"telegram": far_end})
        assert await worker.work_once()
        assert [reply for _key, reply in far_end.got] == [item.reply for item in receipt.replies]
        assert not await worker.work_once()
        assert await count(storage, JobRow) == 0

    async def test_what_was_sent_is_not_sent_again(self, storage: Storage, small_respondent: Respondent) -> None:
        helpline = Helpline(storage, lambda: small_respondent, lease=dt.timedelta(0))
        receipt = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        assert len(receipt.replies) == 2
        await helpline.settle(receipt, 1)
        far_end = Recorder()
        await Worker(helpline, {"telegram": far_end}).work_once()
        assert [reply for _key, reply in far_end.got] == [receipt.replies[1].reply]

    async def test_a_passing_failure_is_tried_again(self, helpline: Helpline, storage: Storage) -> None:
        receipt = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        far_end = Recorder()
        far_end.failures = [ChannelError("slow down", permanent=False, retry_after_s=0.01)]
        await send_and_settle(helpline, far_end, ALICE, receipt)
        assert far_end.got == []
        await asyncio.sleep(0.05)
        await Worker(helpline, {"telegram": far_end}).work_once()
        assert len(far_end.got) == len(receipt.replies)
        assert await count(storage, JobRow) == 0

    async def test_a_hopeless_failure_is_given_up_visibly(self, helpline: Helpline, storage: Storage) -> None:
        receipt = await helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        far_end = Recorder()
        far_end.failures = [ChannelError("blocked", permanent=True)]
        await send_and_settle(helpline, far_end, ALICE, receipt)
        async with storage.reading() as session:
            assert await count_jobs(session) == {"failed": 1}
            statuses = (await session.execute(select(ReplyRow.status))).scalars().all()
        assert set(statuses) == {"failed"}

    async def test_a_poisoned_job_is_given_up_and_stops_no_other(self, helpline: Helpline, storage: Storage) -> None:
        past = helpline.clock() - dt.timedelta(seconds=1)
        async with storage.transaction() as session:
            add_job(session, JobKind.SEND_REPLIES, dedup="x", subject="no id", address=ALICE, run_at=past)
        dead = Helpline(storage, helpline.respondent, lease=dt.timedelta(0))
        await dead.receive(message(BOB, 1, "boss did not pay me in May"))
        far_end = Recorder()
        await Worker(helpline, {"telegram": far_end}).work_once()
        assert {key for key, _reply in far_end.got} == {BOB}
        async with storage.reading() as session:
            assert await count_jobs(session) == {"failed": 1}


class TestWaiting:
    async def test_the_receipt_says_that_the_answer_comes_in_a_moment(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        small = small_respondent
        patient = Respondent(small.knowledge_base, small.reader, small.search, small.safety, quiet=dt.timedelta(0, 0.1))
        helpline = Helpline(storage, lambda: patient)
        assert not (await helpline.receive(message(ALICE, 1, Command("start")))).waiting
        receipt = await helpline.receive(message(ALICE, 2, "weather"))
        assert (receipt.waiting, receipt.replies) == (True, ())
        far_end = Recorder()
        worker = asyncio.create_task((running := Worker(helpline, {"telegram": far_end})).run())
        async with asyncio.timeout(10):
            while not far_end.got:  # noqa: ASYNC110 - the far end is no part of this loop
                await asyncio.sleep(0.02)
        running.stop()
        await worker
        assert [("no checked answer" in reply.text) for _key, reply in far_end.got] == [True]


class TestFaults:
    async def test_a_fault_over_words_that_cannot_be_stored_is_answered_too(
        self, storage: Storage, small_respondent: Respondent
    ) -> None:
        class Broken(Respondent):
            def _text(self, *_args: object, **_kwargs: object) -> None:  # type: ignore[override]
                raise RuntimeError

        small = small_respondent
        helpline = Helpline(storage, lambda: Broken(small.knowledge_base, small.reader, small.search, small.safety))
        assert (await helpline.receive(message(ALICE, 1, "a\ud800b"))).replies
        async with storage.reading() as session:
            assert (await list_cases(session))[0].events[0].text == "ab"

    async def test_a_fault_of_ours_ends_with_a_person(
        self, storage: Storage, small_respondent: Respondent, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken(Respondent):
            def _text(self, *_args: object, **_kwargs: object) -> None:  # type: ignore[override]
                raise RuntimeError("my husband hits me")

        broken = Broken(
            small_respondent.knowledge_base, small_respondent.reader, small_respondent.search, small_respondent.safety
        )
        helpline = Helpline(storage, lambda: broken)
        receipt = await helpline.receive(message(ALICE, 1, "my husband hits me"))
        assert "110" in receipt.replies[0].reply.text
        assert await count(storage, CaseRow) == 1
        assert "husband" not in caplog.text
        assert "RuntimeError" in caplog.text


async def test_after_a_caseworker_closes_the_case_the_next_one_is_a_new_one(
    helpline: Helpline, storage: Storage
) -> None:
    await hand_over(helpline, ALICE, 1)
    async with storage.transaction() as session:
        [case] = await list_cases(session)
        await close_case(session, case, "desk", "advised", helpline.clock())
    await hand_over(helpline, ALICE, 20)
    async with storage.reading() as session:
        cases = await list_cases(session)
    assert sorted(status_of(case.events).name for case in cases) == ["closed", "open"]

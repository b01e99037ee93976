"""A case in its partner's Telegram group, over our own Bot API server, on both databases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from bot.cases.case import referral_of, status_of
from bot.cases.service import decline_case
from bot.channels.telegram.group_words import MAX_BUBBLE, parts_of
from bot.channels.telegram.partner_group import PartnerGroups
from bot.delivery.partner_channel import Letter
from bot.errors import ChannelError
from bot.i18n import ENGLISH
from bot.messages import ConversationKey, Press
from bot.storage.cases import list_cases
from bot.storage.jobs import count_jobs
from bot.storage.models import CaseEventRow, ReceivedRow, TopicRow
from tests.channels.office import LABOUR, PERSON, UNION, Office
from tests.delivery.house import STORY, TO_REMIND, respondent_with
from tests.partners.cast import make_partner
from tests.servers.bot_api_forum import Group
from tests.test_helpline import count, message


class TestLetters:
    async def test_an_offer_becomes_a_topic_with_the_letter_and_its_buttons(self, office: Office) -> None:
        reference, thread = await office.offer()
        assert office.labour.topics[thread].name == f"{reference} · Work", "nothing personal stands in the list"
        [letter] = office.in_topic(thread)
        assert STORY in letter.text
        assert f"<b>Tomoni case {reference}</b>" in letter.html
        assert [button["text"].partition(" ")[2] for row in letter.buttons for button in row] == [
            "Take the case", "Decline", "Close the case",
        ]  # fmt: skip
        assert not letter.silent
        assert office.in_topic(None) == []
        assert office.union.topics == {}

    async def test_what_the_person_adds_and_a_reminder_land_in_the_same_topic(self, office: Office) -> None:
        _, thread = await office.offer()
        await office.helpline.receive(message(PERSON, 20, "and *nothing* in June"))
        await office.helpline.receive(message(PERSON, 21, Press("p")))
        await office.work()
        assert len(office.labour.topics) == 1
        assert [("nothing" in sent.text) for sent in office.in_topic(thread)] == [False, True]
        assert "and *nothing* in June" in office.in_topic(thread)[-1].text
        office.clock.now += TO_REMIND
        await office.work()
        assert "still waits for your answer" in office.in_topic(thread)[-1].text
        assert office.in_topic(thread)[-1].button("Take")

    async def test_a_case_taken_back_closes_its_topic(self, office: Office) -> None:
        reference, thread = await office.offer()
        await office.helpline.receive(message(PERSON, 20, Press(f"w:{reference}")))
        await office.work()
        assert "taken the case back" in office.in_topic(thread)[-1].text
        assert office.labour.topics[thread].closed
        async with office.storage.reading() as session:
            assert "failed" not in await count_jobs(session)

    async def test_two_processes_end_with_one_topic(self, office: Office) -> None:
        reference, _ = await office.offer()
        letter = Letter(reference, "offered", "normal", "work", "Subject", "Notice", STORY, ENGLISH, ENGLISH)
        partner = make_partner(channels={"telegram_group": UNION})
        processes = [PartnerGroups(office.client, office.helpline) for _ in range(5)]
        await asyncio.gather(*(process.deliver("union", partner, letter, "key") for process in processes))
        async with office.storage.reading() as session:
            rows = (await session.execute(select(TopicRow.thread_id).where(TopicRow.chat_id == UNION))).scalars()
            [kept] = rows
        assert [thread for thread, topic in office.union.topics.items() if not topic.closed] == [kept]
        assert {sent.thread for sent in office.api.messages(UNION)} == {kept}

    async def test_a_deleted_topic_is_opened_anew(self, office: Office) -> None:
        _, thread = await office.offer()
        del office.labour.topics[thread]
        office.clock.now += TO_REMIND
        await office.work()
        [topic] = office.labour.topics.values()
        assert STORY in office.in_topic(topic.id)[-1].text

    async def test_taken_back_after_its_topic_was_deleted_opens_none(self, office: Office) -> None:
        reference, thread = await office.offer()
        del office.labour.topics[thread]
        await office.helpline.receive(message(PERSON, 20, Press(f"w:{reference}")))
        await office.work()
        assert office.labour.topics == {}
        async with office.storage.reading() as session:
            assert "failed" not in await count_jobs(session)

    @pytest.mark.parametrize(
        ("fault", "said"),
        [
            (lambda group: setattr(group, "may_manage_topics", False), "not enough rights to create a topic"),
            (lambda group: setattr(group, "is_forum", False), "the chat is not a forum"),
            (lambda group: setattr(group, "kicked", True), "not in the group any more"),
        ],
        ids=["rights", "forum", "kicked"],
    )
    async def test_a_group_that_is_not_set_up_is_a_failure_that_says_why(
        self, office: Office, fault: Callable[[Group], None], said: str
    ) -> None:
        fault(office.labour)
        await office.open_case()
        async with office.storage.reading() as session:
            [failed] = (await session.execute(select(CaseEventRow).where(CaseEventRow.kind == "failed"))).scalars()
        assert said in (failed.detail or {})["reason"]

    async def test_a_letter_that_failed_halfway_goes_on_where_it_stopped(self, office: Office) -> None:
        reference, _ = await office.offer()
        body = "\n\n".join(f"{number} " + "x" * 1500 for number in range(5))
        letter = Letter(reference, "offered", "normal", "work", "Subject", "Notice", body, ENGLISH, ENGLISH)
        partner = make_partner(channels={"telegram_group": UNION})
        office.api.fail_next("sendMessage", "slow", seconds=0)
        office.api.fail_next("sendMessage", "429", seconds=1)
        with pytest.raises(ChannelError, match="slow down"):
            await office.groups.deliver("union", partner, letter, "key")
        await office.groups.deliver("union", partner, letter, "key")
        texts = [sent.text for sent in office.api.messages(UNION)]
        assert " ".join(texts).split() == f"Subject Notice {body}".split()
        assert [bool(sent.buttons) for sent in office.api.messages(UNION)] == [False] * (len(texts) - 1) + [True]


class TestCaseworker:
    async def test_takes_answers_and_closes(self, office: Office) -> None:
        reference, thread = await office.offer()
        button = office.in_topic(thread)[0].button
        await office.happens(office.labour.presses(thread, button("Take")))
        assert referral_of((await office.case(reference)).events).accepted_by == "labour:Sato"
        assert "Sato has taken the case" in office.in_topic(thread)[-1].text
        assert any("Somebody has taken up your case" in text for text in office.to_person())
        await office.happens(office.labour.says(thread, text="Please come *today*.\n\nBring <b>the</b> payslip."))
        answer = office.to_person()[-1]
        assert answer.startswith("Labour desk")
        assert "Please come *today*.\n\nBring <b>the</b> payslip." in answer
        await office.happens(office.labour.presses(thread, button("Close")))
        assert status_of((await office.case(reference)).events).name == "open", "first it is asked how it ended"
        ended = office.in_topic(thread)[-1].button("Advice was given")
        await office.happens(office.labour.presses(thread, ended))
        case = await office.case(reference)
        assert [event.kind for event in case.events if event.kind != "delivered"] == [
            "opened", "offered", "accepted", "answer", "closed",
        ]  # fmt: skip
        assert case.events[-1].detail == {"outcome": "advised"}
        assert {event.actor for event in case.events[3:] if event.kind != "delivered"} == {"labour:Sato"}
        assert office.labour.topics[thread].closed
        assert "is closed" in office.to_person()[-1]
        assert len(office.api.called("answerCallbackQuery")) == 3

    async def test_who_takes_it_sees_when_the_person_may_be_written_to(self, office: Office) -> None:
        for number, data in enumerate(["p", *["i:skip"] * 3, "i:safe-times", "i:skip", "i:skip", "y"], start=1):
            await office.helpline.receive(message(PERSON, number, Press(data)))
            if data == "i:safe-times":
                await office.helpline.receive(message(PERSON, 50, "after *20:00*"))
        await office.work()
        [thread] = [topic.id for topic in office.labour.topics.values()]
        await office.happens(office.labour.presses(thread, office.in_topic(thread)[0].button("Take")))
        assert "only at these times: after *20:00*" in office.in_topic(thread)[-1].text

    async def test_declines_with_a_reason(self, office: Office) -> None:
        reference, thread = await office.offer()
        await office.happens(office.labour.presses(thread, office.in_topic(thread)[0].button("Decline")))
        asked = office.in_topic(thread)[-1]
        assert referral_of((await office.case(reference)).events).partner_id == "labour"
        await office.happens(office.labour.presses(thread, asked.button("no room")))
        case = await office.case(reference)
        assert [event.text for event in case.events if event.kind == "declined"] == ["We have no room for it now"]
        assert referral_of(case.events).partner_id == "operator"
        assert office.labour.topics[thread].closed
        assert any("They cannot take your case" in text for text in office.to_person())

    async def test_lines_behind_two_slashes_stay_inside(self, office: Office) -> None:
        reference, thread = await office.offer()
        before = len(office.to_person())
        await office.happens(office.labour.says(thread, text="// the boss is known to us\n //call him"))
        assert len(office.to_person()) == before
        await office.happens(office.labour.says(thread, text="Good day\n// he is afraid\nWe will call."))
        events = (await office.case(reference)).events
        internal = [event for event in events if event.kind == "internal"]
        assert [event.text for event in internal] == ["the boss is known to us\ncall him", "he is afraid"]
        assert {event.partner_id for event in internal} == {"labour"}
        assert "Good day\n\nWe will call." in office.to_person()[-1]
        assert not any("afraid" in text or "known to us" in text for text in office.to_person())

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({"document": {"file_id": "x", "file_unique_id": "x"}, "caption": "see"}, "cannot be passed on"),
            ({"text": "x" * 4001}, "4,001 characters"),
            ({"text": "/ the boss is known to us"}, "Nothing was sent"),
        ],
        ids=["document", "long", "one slash"],
    )
    async def test_what_cannot_be_sent_is_said_and_nothing_goes_out(
        self, office: Office, content: dict[str, Any], said: str
    ) -> None:
        reference, thread = await office.offer()
        before = office.to_person()
        await office.happens(office.labour.says(thread, **content))
        assert said in office.in_topic(thread)[-1].text
        assert office.to_person() == before
        assert "answer" not in [event.kind for event in (await office.case(reference)).events]

    async def test_the_longest_message_arrives_whole(self, office: Office) -> None:
        _, thread = await office.offer()
        text = " ".join(["wörd"] * 800)
        assert len(text) == 3999
        await office.happens(office.labour.says(thread, text=text))
        assert " ".join(office.to_person()).split().count("wörd") == 800

    async def test_a_changed_message_is_not_sent_again(self, office: Office) -> None:
        _, thread = await office.offer()
        before = office.to_person()
        await office.happens(office.labour.edits(thread, "Come on Friday"))
        assert "have changed a message" in office.in_topic(thread)[-1].text
        assert office.to_person() == before

    async def test_a_repeated_update_is_taken_once(self, office: Office) -> None:
        reference, thread = await office.offer()
        update = await office.happens(office.labour.says(thread, text="Good day"))
        await asyncio.gather(office.comes_again(update), office.comes_again(update))
        await office.said()
        await office.work()
        assert [event.kind for event in (await office.case(reference)).events].count("answer") == 1
        assert sum("Good day" in text for text in office.to_person()) == 1
        async with office.storage.reading() as session:
            [row] = (await session.execute(select(ReceivedRow))).scalars()
        assert (row.source, row.message_id) == ("telegram:123456", str(update["update_id"]))

    async def test_an_update_that_comes_to_two_processes_at_once_is_taken_once(self, office: Office) -> None:
        reference, thread = await office.offer()
        update = {"update_id": 5, **office.labour.says(thread, text="Good day")}
        await asyncio.gather(*(office.comes_again(update) for _ in range(5)))
        assert [event.kind for event in (await office.case(reference)).events].count("answer") == 1

    async def test_a_second_to_take_it_is_told_who_has_it(self, office: Office) -> None:
        reference, thread = await office.offer()
        take = office.in_topic(thread)[0].button("Take")
        await office.happens(office.labour.presses(thread, take, name="Sato"))
        await office.happens(office.labour.presses(thread, take, name="*Abe*"))
        assert office.in_topic(thread)[-1].text == "Sato has taken this case already."
        assert referral_of((await office.case(reference)).events).accepted_by == "labour:Sato"

    async def test_a_button_too_old_to_say_where_it_stands_still_works(self, office: Office) -> None:
        reference, thread = await office.offer()
        take = office.in_topic(thread)[0].button("Take")
        await office.happens(office.labour.presses(thread, take, old=True))
        assert referral_of((await office.case(reference)).events).accepted_by == "labour:Sato"

    async def test_a_name_that_is_too_long_stops_nothing(self, office: Office) -> None:
        reference, thread = await office.offer()
        await office.happens(office.labour.says(thread, name="x" * 64, text="Good day"))
        assert "answer" in [event.kind for event in (await office.case(reference)).events]

    async def test_to_somebody_for_whom_it_is_not_safe_nothing_is_sent_and_it_is_said(self, office: Office) -> None:
        await office.helpline.receive(message(PERSON, 1, STORY))
        for number, data in enumerate(["p", "i:skip", "i:skip", "i:skip", "i:safe-no", "i:skip", "y"], start=2):
            await office.helpline.receive(message(PERSON, number, Press(data)))
        await office.work()
        [thread] = office.labour.topics
        before = office.to_person()
        await office.happens(office.labour.says(thread, text="Good day"))
        assert "not safe to write to them" in office.in_topic(thread)[-1].text
        assert office.to_person() == before


class TestNotTheirs:
    async def test_a_foreign_or_unknown_topic_and_general_do_nothing(
        self, office: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        reference, thread = await office.offer()
        take = office.in_topic(thread)[0].button("Take")
        caplog.set_level(logging.INFO)
        before = len(office.api.messages(LABOUR)), len(office.api.messages(UNION)), office.to_person()
        await office.happens(office.union.presses(thread, take))
        await office.happens(office.union.presses(None, take, old=True))
        for group, where in ((office.union, thread), (office.labour, 999), (office.labour, None)):
            await office.happens(group.says(where, text="secret words"))
        stranger = Group(-1003)
        await office.happens(stranger.says(thread, text="secret words"))
        await office.happens(stranger.presses(thread, take))
        await office.happens(office.labour.presses(999, take))
        events = (await office.case(reference)).events
        assert [event.kind for event in events] == ["opened", "offered", "delivered"]
        assert (len(office.api.messages(LABOUR)), len(office.api.messages(UNION)), office.to_person()) == before
        assert await count(office.storage, ReceivedRow) == 0
        assert "about no case of that partner" in caplog.text
        assert "secret" not in caplog.text

    async def test_a_button_of_one_case_does_nothing_in_the_topic_of_another(self, office: Office) -> None:
        _, thread = await office.offer()
        await office.open_case(ConversationKey("telegram", "123456", "8"))
        other = max(office.labour.topics)
        assert other != thread
        await office.happens(office.labour.presses(thread, office.in_topic(other)[0].button("Take")))
        async with office.storage.reading() as session:
            cases = await list_cases(session)
        assert [referral_of(found.events).accepted_by for found in cases] == ["", ""]

    async def test_a_group_that_is_the_partners_no_more_cannot_act(self, office: Office) -> None:
        reference, thread = await office.offer()
        office.respondent = respondent_with(
            office.respondent,
            labour=make_partner(channels={"telegram_group": -1009}),
            union=make_partner(channels={"telegram_group": LABOUR}),
        )
        await office.happens(office.labour.says(thread, text="Good day"))
        assert "answer" not in [event.kind for event in (await office.case(reference)).events]

    async def test_a_partner_that_has_the_case_no_more_is_told_so(self, office: Office) -> None:
        reference, thread = await office.offer()
        async with office.storage.transaction() as session:
            await decline_case(session, await office.case(reference), "labour:Abe", "", office.clock.now, {})
        await office.work()
        before = office.to_person()
        for what in (office.labour.says(thread, text="Good day"), office.labour.says(thread, text="// note")):
            await office.happens(what)
            assert "do not have this case any more" in office.in_topic(thread)[-1].text
        assert office.to_person() == before
        assert "internal" not in [event.kind for event in (await office.case(reference)).events]

    async def test_a_case_taken_back_gets_no_answer(self, office: Office) -> None:
        reference, thread = await office.offer()
        await office.helpline.receive(message(PERSON, 20, Press(f"w:{reference}")))
        await office.happens(office.labour.says(thread, text="Good day"))
        assert "has taken this case back" in "".join(sent.text for sent in office.in_topic(thread))
        assert not any("Good day" in text for text in office.to_person())


@pytest.mark.parametrize("text", ["\\*" * 5000, "နေ" * 5000, "a b " * 3000, "para\n\n" * 2000, "- **x**: y\n" * 1500])
def test_a_long_text_is_parted_without_loss(text: str) -> None:
    parts = parts_of(text)
    assert max(map(len, parts)) <= MAX_BUBBLE
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert not any(part.endswith("\\") and not part.endswith("\\\\") for part in parts)

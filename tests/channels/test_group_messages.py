"""Prepared messages and articles from a case's topic, over our own Bot API server: previews, sending, once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from telegram import Update

from bot.conversation.respond import Respondent
from bot.knowledge.article import Contact
from bot.knowledge.files import Problems, read_registry
from bot.knowledge.prepared import PREPARED_FILE, read_prepared
from bot.messages import Press
from bot.storage.engine import Storage
from bot.storage.models import CaseEventRow
from tests.channels.office import LABOUR, NAMES, PERSON, Office, at_work
from tests.conftest import ROOT
from tests.delivery.house import respondent_with
from tests.partners.cast import make_partner
from tests.servers.bot_api import BotApiServer, Sent
from tests.test_helpline import hand_over, message

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEPALI, BURMESE = "बैशाख को तलब आएन", "မေလ လစာ မရသေးဘူး"
ASK_CITY_NE = "तपाईं कुन सहर वा वडामा बस्नुहुन्छ?"


class Desk(Office):
    """The office with the real prepared messages, and a caseworker at her telephone."""

    def __init__(self, storage: Storage, small: Respondent, api: BotApiServer) -> None:
        super().__init__(storage, small, api)
        problems = Problems(ROOT / "knowledge_base")
        contacts = read_registry(problems.root / "contacts.yaml", Contact, problems)
        prepared = read_prepared(problems.root / PREPARED_FILE, contacts, {}, problems)
        assert problems.lines == []
        base = small.knowledge_base
        self.base = replace(base, contacts={**base.contacts, **contacts}, prepared=prepared)
        self.reference, self.thread = "", 0
        self.opens_at()

    def opens_at(self, **changes: Any) -> None:
        """Put a partner with other hours or another working language into force."""
        told = {"names": NAMES, "working_language": "en", "channels": {"telegram_group": LABOUR}, **changes}
        thinking = self.respondent
        full = Respondent(self.base, thinking.reader, thinking.search, thinking.safety, thinking.operator)
        self.respondent = respondent_with(full, labour=make_partner(**told))

    async def take(self, story: str, label: str = "Take") -> None:
        """A person tells their story, and the case is taken."""
        await self.helpline.receive(message(PERSON, 1, story))
        await hand_over(self.helpline, PERSON, 2)
        await self.work()
        [self.thread] = self.labour.topics
        self.reference = self.labour.topics[self.thread].name.partition(" ")[0]
        await self.press(label)

    @property
    def last(self) -> Sent:
        return self.in_topic(self.thread)[-1]

    async def press(self, label: str, under: Sent | None = None, **more: Any) -> Sent:
        """Press a button, under the newest message if under no other; returns what the bot says to it."""
        shown = under or self.last
        data = shown.button(label)
        await self.happens(self.labour.presses(self.thread, data, under=shown.id, **more))
        return self.last

    async def choose(self, label: str) -> Sent:
        """Find a prepared message in the list and press it."""
        shown = await self.press("Prepared messages", self.in_topic(self.thread)[1])
        while not any(label in button["text"] for row in shown.buttons for button in row):
            shown = await self.press("More")
        return await self.press(label)

    def written(self, text: str) -> dict[str, Any]:
        """A message of the caseworker's, as it comes with what answers it."""
        at = {"date": int(self.clock.now.timestamp())}
        return self.labour.message(self.labour.next_id(), self.thread, "Sato") | {"text": text} | at

    async def answer(self, prompt: Sent, text: str, kind: str = "message") -> dict[str, Any]:
        """Answer a message of the bot; returns the answer."""
        said = self.written(text)
        quoted = self.labour.message(prompt.id, self.thread) | {"text": prompt.text}
        await self.happens({kind: said | {"reply_to_message": quoted}})
        return said

    async def answers(self) -> list[CaseEventRow]:
        return [event for event in (await self.case(self.reference)).events if event.kind == "answer"]


@pytest.fixture
async def desk(storage: Storage, small_respondent: Respondent, api: BotApiServer) -> AsyncIterator[Desk]:
    made = Desk(storage, small_respondent, api)
    async with at_work(made):
        yield made


def labels(sent: Sent) -> list[str]:
    return [button["text"] for row in sent.buttons for button in row]


@on_sqlite
class TestPreparedMessages:
    async def test_a_person_who_reads_nepali_gets_what_the_caseworker_saw(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        assert labels(desk.last) == ["💬 Prepared messages", "📄 Articles", "📣 Call the operator", "✅ Close the case"]
        before = desk.to_person()
        preview = await desk.choose("Ask for the city")
        assert ASK_CITY_NE in preview.text
        assert "In which city or ward do you live?" in preview.text, "the same in the caseworker's language"
        assert "has not been reviewed by a person yet" in preview.text
        assert labels(preview) == ["✉️ Send", "◀️ Back", "မြန်မာ", "やさしい日本語", "English"]
        assert desk.to_person() == before, "nothing goes out before it was seen"
        told = await desk.press("Send")
        assert "on its way" in told.text
        [bubble] = desk.to_person()[len(before) :]
        assert bubble.startswith("श्रम डेस्क\n\n")
        assert desk.reference in bubble
        assert ASK_CITY_NE in bubble
        assert bubble in preview.text, "the preview shows the very bubble"
        [event] = await desk.answers()
        assert (event.text or "").startswith(ASK_CITY_NE)
        assert event.detail == {"prepared": "ask-city", "language": "ne", "preview": preview.id}
        assert event.actor == "labour:Sato"

    async def test_every_message_is_in_the_list_once(self, desk: Desk) -> None:
        desk.opens_at(working_language="ja")
        await desk.take(BURMESE, "受ける")
        shown = await desk.press("用意された文")
        seen = labels(shown)
        while any("▶️" in label for label in labels(shown)):
            shown = await desk.press("▶️")
            seen += labels(shown)
        titles = [message.title.ja for message in desk.base.prepared.values()]
        assert [label for label in seen if "▶️" not in label and "◀️" not in label] == titles

    async def test_a_meeting_with_date_time_and_place_in_burmese(self, desk: Desk) -> None:
        await desk.take(BURMESE)
        prompt = await desk.choose("Propose to meet")
        assert "the date, the time, and the place" in prompt.text
        assert prompt.asks == "12/1 14:00 Omiya station, east exit"
        before = desk.to_person()
        await desk.answer(prompt, "2/30 14:00 Omiya")
        assert "There is no such day" in desk.last.text
        said = await desk.answer(desk.last, "12月3日(木) 午後2時半 大宮駅 *東口*")
        preview = desk.last
        assert preview.answers == said["message_id"]
        assert "Thursday, December 3, 2026" in preview.text
        assert desk.to_person() == before
        await desk.press("Send", answered=said)
        [bubble] = desk.to_person()[len(before) :]
        assert "2026 ဒီဇင်ဘာ 3 ကြာသပတေး 14:30\n大宮駅 *東口*" in bubble
        assert bubble in preview.text
        [event] = await desk.answers()
        assert "大宮駅 *東口*" in (event.text or "")
        assert "大宮" not in str(event.detail), "what was typed stands with the texts that are deleted"

    async def test_it_is_sent_in_another_language_with_the_same_date(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        said = await desk.answer(await desk.choose("Propose a call"), "Dec 1 2pm")
        preview = await desk.press("English", answered=said)
        assert preview.answers == said["message_id"]
        await desk.press("Send", answered=said)
        assert "May we call you?\n\nTuesday, December 1, 2026, 2:00\u202fPM" in desk.to_person()[-1]

    async def test_the_opening_hours_of_the_partner_for_the_persons_language(self, desk: Desk) -> None:
        workdays = {"days": ["mon", "tue", "wed"], "opens": "10:00", "closes": "17:00"}
        in_burmese = {"days": ["tue", "fri"], "opens": "13:00", "closes": "17:00", "languages": ["my"]}
        desk.opens_at(hours=[workdays, in_burmese])
        await desk.take(BURMESE)
        preview = await desk.choose("when the office is open")
        await desk.press("Send")
        assert "အင်္ဂါနှင့် သောကြာ: 13:00 – 17:00" in desk.to_person()[-1]
        assert "Monday – Wednesday: 10:00" in preview.text

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("hello", "no date"),
            ("12/1", "no time"),
            ("11/24 9:00", "past already"),
            ("12/1 14:00 on Zoom", "more words in it"),
        ],
    )
    async def test_what_cannot_be_filled_in_is_said_and_not_sent(self, desk: Desk, typed: str, said: str) -> None:
        await desk.take(NEPALI)
        before = desk.to_person()
        await desk.answer(await desk.choose("Confirm the appointment"), typed)
        assert said in desk.last.text
        assert desk.last.asks == "12/1 14:00", "it can be tried again at once"
        assert desk.to_person() == before

    async def test_a_note_stays_inside_even_as_an_answer(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        before = desk.to_person()
        await desk.answer(await desk.choose("Propose a call"), "// he works until 12/1 14:00")
        assert (await desk.case(desk.reference)).events[-1].text == "he works until 12/1 14:00"
        assert desk.to_person() == before

    async def test_where_it_is_not_safe_to_write_nothing_is_sent(self, desk: Desk) -> None:
        await desk.helpline.receive(message(PERSON, 1, NEPALI))
        for number, data in enumerate(["p", "i:skip", "i:skip", "i:skip", "i:safe-no", "i:skip", "y"], start=2):
            await desk.helpline.receive(message(PERSON, number, Press(data)))
        await desk.work()
        [desk.thread] = desk.labour.topics
        await desk.press("Take")
        before = desk.to_person()
        await desk.choose("Ask for the city")
        told = await desk.press("Send")
        assert "not safe to write to them" in told.text
        assert desk.to_person() == before

    async def test_one_slash_shows_the_buttons_again(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        await desk.happens(desk.labour.says(desk.thread, text="/"))
        assert labels(desk.last)[:2] == ["💬 Prepared messages", "📄 Articles"]


class TestOnce:
    async def test_two_presses_at_once_in_two_processes_send_once(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        before = desk.to_person()
        preview = await desk.choose("Ask for the city")
        press = desk.labour.presses(desk.thread, preview.button("Send"), under=preview.id)
        updates = [Update.de_json({"update_id": number, **press}, desk.client.bot) for number in range(5, 9)]
        await asyncio.gather(*(desk.receiver.take(update) for update in updates))
        await desk.said()
        await desk.work()
        assert len(await desk.answers()) == 1
        assert len(desk.to_person()) == len(before) + 1
        assert sum("was sent already" in sent.text for sent in desk.in_topic(desk.thread)) == 3

    @on_sqlite
    async def test_the_same_message_from_a_new_preview_is_sent_again(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        for _ in range(2):
            await desk.choose("Ask for the city")
            await desk.press("Send")
        assert len(await desk.answers()) == 2


@on_sqlite
class TestNotWhatWasSeen:
    async def test_a_changed_answer_is_shown_anew_and_not_sent(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        said = await desk.answer(await desk.choose("Propose a call"), "12/1 14:00")
        before = desk.to_person()
        shown = await desk.press("Send", answered=said | {"text": "12/2 14:00"})
        assert "has changed since you saw it" in shown.text
        assert "December 2" in shown.text
        assert desk.to_person() == before
        await desk.press("Send", answered=said | {"text": "12/2 14:00"})
        assert "डिसेम्बर 2" in desk.to_person()[-1]

    async def test_an_edited_answer_gives_a_preview_of_its_own(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        prompt = await desk.choose("Propose a call")
        await desk.answer(prompt, "12/1 14:00")
        await desk.answer(prompt, "12/2 15:00", "edited_message")
        assert "December 2" in desk.last.text

    async def test_a_preview_whose_answer_is_gone_asks_again(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        await desk.answer(await desk.choose("Propose a call"), "12/1 14:00")
        preview = desk.last
        before = desk.to_person()
        for gone in ({}, {"old": True}):
            shown = await desk.press("Send", preview, **gone)
            assert shown.asks == "12/1 14:00"
        assert desk.to_person() == before

    async def test_other_hours_are_shown_before_they_are_sent(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        await desk.choose("when the office is open")
        desk.opens_at(hours=[{"days": ["sat"], "opens": "10:00", "closes": "12:00"}])
        before = desk.to_person()
        shown = await desk.press("Send")
        assert "Saturday" in shown.text
        assert desk.to_person() == before

    async def test_a_time_that_passed_meanwhile_is_not_sent(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        said = await desk.answer(await desk.choose("Propose a call"), "12/1 14:00")
        preview = desk.last
        desk.clock.now += dt.timedelta(days=8)
        before = desk.to_person()
        shown = await desk.press("Send", preview, answered=said)
        assert "past already" in shown.text
        assert not any("डिसेम्बर" in text for text in desk.to_person()[len(before) :])

    async def test_what_is_not_there_any_more_is_said(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        preview = await desk.choose("Ask for the city")
        desk.base = replace(desk.base, prepared={})
        desk.opens_at()
        for label in ("Send", "English"):
            shown = await desk.press(label, preview)
            assert "not there any more" in shown.text


@on_sqlite
class TestArticles:
    async def test_the_cases_article_is_sent_whole_in_the_persons_language(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        listed = await desk.press("Articles")
        assert labels(listed) == ["Salary not paid"]
        assert "/article" in listed.text
        before = desk.to_person()
        preview = await desk.press("Salary not paid")
        assert "कम्पनीले तलब दिनैपर्छ" in preview.text
        assert "The company must pay you." in preview.text
        assert desk.to_person() == before
        await desk.press("Send")
        [bubble] = desk.to_person()[len(before) :]
        assert "तलब पाइनँ" in bubble
        assert "03-0000-0000" in bubble, "contacts are filled in"
        assert "Ministry of Labour" in bubble, "with its source"
        [event] = await desk.answers()
        assert (event.detail or {})["article"] == "work/unpaid-wages"

    async def test_words_find_articles(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        await desk.happens(desk.labour.says(desk.thread, text="/article@tomoni_test_bot no salary since June"))
        assert labels(desk.last) == ["Salary not paid"]
        before = desk.to_person()
        await desk.press("Salary not paid")
        assert desk.to_person() == before
        await desk.happens(desk.labour.says(desk.thread, text="/article"))
        assert labels(desk.last) == ["Salary not paid"], "without words, the case's own"

    async def test_words_that_fit_nothing_are_said_to(self, desk: Desk) -> None:
        await desk.take(NEPALI)
        await desk.happens(desk.labour.says(desk.thread, text="/article 🙂"))
        assert "No article fits" in desk.last.text

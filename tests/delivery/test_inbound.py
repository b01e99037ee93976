"""What partners' systems send us, over real HTTP: who is let in, what becomes of it, and what is refused."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from bot.cases.case import referral_of, status_of
from bot.cases.service import accept_case, close_case, decline_case
from bot.conversation.respond import Respondent
from bot.delivery.inbound import MAX_BODY, PartnerInbox
from bot.messages import Press
from bot.storage.engine import Storage
from bot.storage.models import ReceivedRow
from tests.delivery.house import SOON, House
from tests.partners.cast import make_partner
from tests.servers.serving import serving
from tests.test_helpline import ALICE, count, message

NEW_SECRET = "whsec_" + "bmV3LXNlY3JldC1uZXctc2VjcmV0LW5ldy1zZWNyZXQ="
OLD_SECRET = "whsec_" + "b2xkLXNlY3JldC1vbGQtc2VjcmV0LW9sZC1zZWNyZXQ="
FOREIGN_SECRET = "whsec_" + "Zm9yZWlnbi1zZWNyZXQtZm9yZWlnbi1zZWNyZXQtZm8="
SECRETS = {"TOMONI_PARTNER_LABOUR": f"{NEW_SECRET} {OLD_SECRET}", "TOMONI_PARTNER_UNION": FOREIGN_SECRET}


def webhook_of(name: str) -> dict[str, Any]:
    return {"webhook": {"url": "https://example.org/", "secret_name": name}}


class Sender:
    """A partner's system: signs what it sends and sends it over the network."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def send(
        self,
        body: dict[str, Any] | bytes,
        *,
        partner: str = "labour",
        secret: str = NEW_SECRET,
        message_id: str = "msg-1",
        age: dt.timedelta = dt.timedelta(0),
        **headers: str,
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = dt.datetime.now(dt.UTC) - age
        signed = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, at, content.decode("utf-8", "replace")),
        }
        signed |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient() as client:
            return await client.post(f"{self.url}/partners/{partner}/webhook", content=content, headers=signed)


def notice(kind: str, reference: str, **data: str) -> dict[str, Any]:
    return {"type": f"case.{kind}", "data": {"reference": reference, **data}}


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent) -> House:
    return House(
        storage, small_respondent,
        labour=make_partner(channels=webhook_of("TOMONI_PARTNER_LABOUR")),
        union=make_partner(channels=webhook_of("TOMONI_PARTNER_UNION")),
        by_mail=make_partner(takes=["daily-life"]),
    )  # fmt: skip


@pytest.fixture
async def sender(house: House) -> AsyncIterator[Sender]:
    async with serving(PartnerInbox(house.helpline, SECRETS).routes()) as url:
        yield Sender(url)


class TestTaken:
    async def test_a_case_is_accepted_answered_and_closed(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        typed = reference.lower().replace("-", " ")
        steps = [
            notice("accepted", typed),
            notice("answered", reference, text="Please bring your payslip.\n**Not** a copy."),
            notice("closed", reference, outcome="advised"),
        ]
        for number, body in enumerate(steps):
            answer = await sender.send(body, message_id=f"msg-{number}")
            assert (answer.status_code, answer.json()) == (200, {"status": "taken"})
        case = await house.case(reference)
        assert [event.kind for event in case.events] == ["opened", "offered", "accepted", "answer", "closed"]
        assert {event.partner_id for event in case.events[1:]} == {"labour"}
        assert {event.actor for event in case.events[2:]} == {"labour"}
        await house.after(SOON)
        [told] = house.told("Please bring your payslip")
        assert reference in told.text
        assert "**Not**" not in told.text, "a caseworker's asterisks are no markup"

    async def test_a_case_is_declined_with_its_reason(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        assert (await sender.send(notice("declined", reference, reason="we are full"))).status_code == 200
        case = await house.case(reference)
        assert referral_of(case.events).partner_id == "operator"
        assert [event.text for event in case.events if event.kind == "declined"] == ["we are full"]

    async def test_who_answers_first_takes_it(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        await sender.send(notice("answered", reference, text="Good day"))
        assert referral_of((await house.case(reference)).events).accepted_by == "labour"

    async def test_a_long_answer_comes_in_several_bubbles_and_whole(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        text = " ".join(f"word{number}" for number in range(1500))
        assert (await sender.send(notice("answered", reference, text=text))).status_code == 200
        await house.after(SOON)
        parts = [reply.text for reply in house.told("word")]
        assert len(parts) > 1
        assert max(map(len, parts)) <= 4096
        assert " ".join(parts).split()[-1500:] == text.split()


class TestReadyMade:
    MEETING: ClassVar = {"date": "2026-12-01", "time": "14:00", "place": "Omiya *east*"}

    def answered(self, reference: str, **data: Any) -> dict[str, Any]:
        return {"type": "case.answered", "data": {"reference": reference, **data}}

    async def test_a_prepared_message_is_sent_filled_in_in_the_language_asked_for(
        self, house: House, sender: Sender
    ) -> None:
        reference = await house.open_case()
        body = self.answered(reference, prepared={"id": "meet", "fields": self.MEETING}, language="ne")
        assert (await sender.send(body)).status_code == 200
        await house.after(SOON)
        [told] = house.told("2026 डिसेम्बर 1, मङ्गलबार, 14:00 Omiya \\*east\\*")
        assert reference in told.text
        [event] = [event for event in (await house.case(reference)).events if event.kind == "answer"]
        assert event.detail == {"prepared": "meet", "language": "ne"}
        assert "Omiya *east*" in (event.text or "")

    async def test_an_article_is_sent_in_the_persons_language(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        assert (await sender.send(self.answered(reference, article="work/unpaid-wages"))).status_code == 200
        await house.after(SOON)
        assert len(house.told("The company must pay you")) == 1

    @pytest.mark.parametrize(
        ("data", "status", "said"),
        [
            ({"prepared": {"id": "nonsense"}}, 409, "no such prepared message"),
            ({"prepared": {"id": "meet", "fields": {"date": "2026-12-01"}}}, 409, "needs time, place"),
            ({"prepared": {"id": "meet", "fields": {"day": "2026-12-01"}}}, 409, "no field day"),
            ({"prepared": {"id": "meet", "fields": MEETING | {"date": "2026-11-23"}}}, 409, "are past"),
            ({"article": "work/nonsense"}, 409, "no such article"),
            ({"article": "work/unpaid-wages", "text": "Good day"}, 400, "data"),
            ({"article": "work/unpaid-wages", "language": "xx"}, 400, "data.language"),
        ],
    )
    async def test_what_cannot_be_sent_is_refused_with_the_reason(
        self, house: House, sender: Sender, data: dict[str, Any], status: int, said: str
    ) -> None:
        reference = await house.open_case()
        answer = await sender.send(self.answered(reference, **data))
        assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
        assert "answer" not in await house.kinds(reference)


class TestOnce:
    async def test_a_repeat_is_answered_200_and_done_once(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        body = notice("answered", reference, text="Good day")
        first, again = await sender.send(body), await sender.send(body)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == {"status": "taken before"}
        assert (await house.kinds(reference)).count("answer") == 1

    async def test_the_same_at_the_same_moment_is_done_once(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        body = notice("answered", reference, text="Good day")
        answers = await asyncio.gather(*(sender.send(body) for _ in range(6)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await house.kinds(reference)).count("answer") == 1

    async def test_what_was_refused_is_not_remembered_as_taken(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        assert (await sender.send(notice("closed", reference, outcome="nonsense"))).status_code == 409
        assert (await sender.send(notice("closed", "364-0000", outcome="advised"))).status_code == 404
        assert await count(house.storage, ReceivedRow) == 0
        assert (await sender.send(notice("closed", reference, outcome="advised"))).status_code == 200

    async def test_two_partners_may_use_the_same_id(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        foreign = await sender.send(notice("accepted", reference), partner="union", secret=FOREIGN_SECRET)
        assert foreign.status_code == 404
        assert (await sender.send(notice("accepted", reference))).json() == {"status": "taken"}


class TestSignature:
    @pytest.mark.parametrize("secret", [NEW_SECRET, OLD_SECRET])
    async def test_each_secret_of_the_partner_is_good(self, house: House, sender: Sender, secret: str) -> None:
        reference = await house.open_case()
        assert (await sender.send(notice("accepted", reference), secret=secret)).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"secret": FOREIGN_SECRET},
            {"age": dt.timedelta(minutes=6)},
            {"age": -dt.timedelta(minutes=6)},
            {"webhook_signature": "v1,AAAA"},
            {"webhook_signature": "no-comma"},
            {"webhook_signature": "v1,A"},
            {"webhook_signature": ""},
            {"webhook_timestamp": "yesterday"},
            {"webhook_timestamp": "nan"},
            {"webhook_id": "another"},
            {"partner": "union"},
            {"partner": "nobody"},
            {"partner": "by_mail"},
        ],
        ids=str,
    )
    async def test_a_wrong_or_old_one_is_refused(self, house: House, sender: Sender, wrong: dict[str, Any]) -> None:
        reference = await house.open_case()
        answer = await sender.send(notice("accepted", reference), **wrong)
        assert answer.status_code == 401
        assert await house.kinds(reference) == ["opened", "offered"]

    async def test_one_four_minutes_old_is_good(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        assert (await sender.send(notice("accepted", reference), age=dt.timedelta(minutes=4))).status_code == 200

    async def test_a_body_changed_on_the_way_is_refused(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        at = dt.datetime.now(dt.UTC)
        signature = Webhook(NEW_SECRET).sign("msg-1", at, json.dumps(notice("accepted", reference)))
        answer = await sender.send(notice("closed", reference, outcome="advised"), webhook_signature=signature)
        assert answer.status_code == 401

    async def test_without_any_header_it_is_refused(self, sender: Sender) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{sender.url}/partners/labour/webhook", content=b"{}")
        assert answer.status_code == 401


class TestRefused:
    async def test_foreign_closed_withdrawn_and_unknown_cases_look_alike(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        body = notice("answered", reference, text="Good day")
        answers = [await sender.send(body, partner="union", secret=FOREIGN_SECRET, message_id="a")]
        answers.append(await sender.send(notice("answered", "nonsense", text="x"), message_id="b"))
        async with house.storage.transaction() as session:
            await close_case(session, await house.case(reference), "Sato", "advised", house.clock.now)
        answers.append(await sender.send(body, message_id="c"))
        await house.helpline.receive(message(ALICE, 20, Press(f"w:{reference}")))
        answers.append(await sender.send(body, message_id="d"))
        assert [answer.status_code for answer in answers] == [404] * 4
        assert len({answer.content for answer in answers}) == 1
        assert "answer" not in await house.kinds(reference)

    async def test_a_case_taken_back_gets_no_answer(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        await house.helpline.receive(message(ALICE, 20, Press(f"w:{reference}")))
        assert status_of((await house.case(reference)).events).name == "withdrawn"
        assert (await sender.send(notice("answered", reference, text="Good day"))).status_code == 404

    async def test_a_partner_that_declined_does_not_have_it_any_more(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await decline_case(session, await house.case(reference), "Sato", "", house.clock.now, {})
        assert (await sender.send(notice("accepted", reference))).status_code == 404

    async def test_what_the_case_does_not_allow_is_a_conflict_that_says_why(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        async with house.storage.transaction() as session:
            await accept_case(session, await house.case(reference), "Sato", house.clock.now)
        answer = await sender.send(notice("accepted", reference))
        assert (answer.status_code, answer.json()) == (409, {"error": f"{reference}: Sato has it already"})
        empty = await sender.send(notice("answered", reference, text="  "), message_id="empty")
        assert (empty.status_code, "nothing in the answer" in empty.text) == (409, True)

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'{"type": "case.eaten", "data": {"reference": "x"}}', b'{"type": "case.closed"}',
         b'{"type": "case.closed", "data": {"reference": 5}}', b"[" * 20_000,
         b'{"type": "case.answered", "data": {"reference": "x", "text": "\\ud800 secret"}}'],
        ids=lambda body: body[:12].decode(),
    )  # fmt: skip
    async def test_what_cannot_be_understood_is_400_and_repeats_nothing(self, sender: Sender, body: bytes) -> None:
        answer = await sender.send(body)
        assert answer.status_code == 400
        assert "secret" not in answer.text

    async def test_bytes_that_are_no_text_are_refused(self, sender: Sender) -> None:
        assert (await sender.send(b"\xff\xfe")).status_code == 401

    async def test_more_than_64_kb_are_refused(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        room = MAX_BODY - len(json.dumps(notice("accepted", reference, text="")))
        assert (await sender.send(notice("accepted", reference, text="x" * (room + 1)))).status_code == 413
        assert (await sender.send(notice("accepted", reference, text="x" * room))).status_code == 200

    async def test_an_endless_id_is_refused(self, house: House, sender: Sender) -> None:
        reference = await house.open_case()
        assert (await sender.send(notice("accepted", reference), message_id="x" * 129)).status_code == 400
        assert (await sender.send(notice("accepted", reference), message_id="x" * 128)).status_code == 200


async def test_a_secret_that_is_none_lets_nobody_in_and_is_named(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette(routes=PartnerInbox(house.helpline, {"TOMONI_PARTNER_LABOUR": "whsec_ whsec_é"}).routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/partners/labour/webhook", content=b"{}")
    assert answer.status_code == 401
    assert "TOMONI_PARTNER_LABOUR" in caplog.text

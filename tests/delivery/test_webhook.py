"""Letters to a partner's own system, which is a real server on loopback."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from bot.delivery.partner_channel import Letter
from bot.delivery.webhook import LONGEST_WAIT_S, WebhookChannel
from bot.errors import ChannelError
from bot.messages import LanguageCode
from bot.partners.partner import Partner
from tests.partners.cast import make_partner

NAME = "TOMONI_PARTNER_LABOUR"
OLD = "whsec_" + base64.b64encode(b"old" * 10).decode()
NEW = "whsec_" + base64.b64encode(b"new" * 10).decode()
LETTER = Letter(
    reference="7K3-M9P", kind="offered", urgency="immediate", category="work",
    subject="トモニの{相談|そうだん} 7K3-M9P", notice="{新|あたら}しい{相談|そうだん}です。",
    body="पैसा पाइनँ \\{a|b\\}\n\n- **テーマ**: {給料|きゅうりょう}", language=LanguageCode("ja"),
    person_language=LanguageCode("ne"),
)  # fmt: skip
KEY = "deliver:1:webhook"
PATIENCE_S = 0.5


class PartnerSystem:
    """A partner's server: keeps what it got and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.elsewhere = 0
        self.status = 204
        self.headers: dict[str, str] = {}
        self.behaves: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.partner: Partner

    async def post(self, request: web.Request) -> web.StreamResponse:
        self.got.append((await request.read(), dict(request.headers)))
        if self.behaves is not None:
            return await self.behaves(request)
        return web.Response(status=self.status, headers=self.headers)

    async def other(self, _request: web.Request) -> web.StreamResponse:
        self.elsewhere += 1
        return web.Response(status=200)


@asynccontextmanager
async def listening(system: PartnerSystem) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_post("/cases", system.post)
    app.router.add_route("*", "/elsewhere", system.other)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def system() -> AsyncIterator[PartnerSystem]:
    theirs = PartnerSystem()
    async with listening(theirs) as port:
        theirs.partner = at(port)
        yield theirs


def at(port: int) -> Partner:
    return make_partner(channels={"webhook": {"url": f"http://127.0.0.1:{port}/cases?key=hidden", "secret_name": NAME}})


async def refusal(partner: Partner, secrets: str = NEW, **options: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await WebhookChannel({NAME: secrets}, **options).deliver("labour", partner, LETTER, KEY)
    assert "hidden" not in str(caught.value)
    return caught.value


async def test_a_partner_verifies_and_reads_a_letter(system: PartnerSystem) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    await WebhookChannel({NAME: NEW}).deliver("labour", system.partner, LETTER, KEY)
    ((body, headers),) = system.got
    payload = Webhook(NEW).verify(body, headers)
    assert payload["type"] == "case.offered"
    assert before <= dt.datetime.fromisoformat(payload["timestamp"]) <= dt.datetime.now(dt.UTC)
    assert payload["data"] == {
        "reference": "7K3-M9P", "category": "work", "urgency": "immediate", "language": "ja",
        "person_language": "ne", "subject": "トモニの相談 7K3-M9P", "notice": "新しい相談です。",
        "body": "पैसा पाइनँ \\{a|b\\}\n\n- **テーマ**: 給料", "attachments": [],
    }  # fmt: skip
    assert headers["Content-Type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body.replace(b"7K3-M9P", b"7K3-M9Q"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, headers)


async def test_a_repeat_has_the_same_id_and_another_letter_another(system: PartnerSystem) -> None:
    channel = WebhookChannel({NAME: NEW})
    await channel.deliver("labour", system.partner, LETTER, KEY)
    await channel.deliver("labour", system.partner, LETTER, KEY)
    await channel.deliver("labour", system.partner, replace(LETTER, kind="note"), "deliver:2:webhook")
    first, repeat, other = (headers["webhook-id"] for _body, headers in system.got)
    assert first == repeat != other
    assert "." not in first  # it would make the signed text ambiguous


async def test_while_a_secret_is_changed_both_verify(system: PartnerSystem) -> None:
    await WebhookChannel({NAME: f"{NEW} {OLD}"}).deliver("labour", system.partner, LETTER, KEY)
    ((body, headers),) = system.got
    signatures = headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    for secret, signature in zip((NEW, OLD), signatures, strict=True):
        assert Webhook(secret).verify(body, headers)
        assert Webhook(secret).verify(body, headers | {"webhook-signature": signature})


@pytest.mark.parametrize("secrets", ["", "  ", "whsec_", "whsec_a", f"{NEW} whsec_a", "ключ"])
async def test_a_missing_or_wrong_secret_names_its_variable(system: PartnerSystem, secrets: str) -> None:
    error = await refusal(system.partner, secrets)
    assert error.permanent
    assert str(error).startswith(NAME)
    assert NEW not in str(error)
    assert system.got == []
    with pytest.raises(ChannelError, match=f"{NAME} is not set"):
        await WebhookChannel({}).deliver("labour", system.partner, LETTER, KEY)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_is_done(system: PartnerSystem, status: int) -> None:
    system.status = status
    await WebhookChannel({NAME: NEW}).deliver("labour", system.partner, LETTER, KEY)
    assert len(system.got) == 1


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (404, True), (410, True), (413, True), (422, True), (408, False), (425, False),
     (429, False), (500, False), (502, False), (503, False), (504, False)],
)  # fmt: skip
async def test_refusals(system: PartnerSystem, status: int, permanent: bool) -> None:
    system.status = status
    error = await refusal(system.partner)
    assert error.permanent is permanent
    assert error.retry_after_s is None
    assert str(status) in str(error)
    assert len(system.got) == 1


@pytest.mark.parametrize(
    ("asked", "wait"),
    [("120", 120.0), ("0", None), ("999999", LONGEST_WAIT_S), ("9" * 5000, LONGEST_WAIT_S), ("-5", None),
     ("soon", None), ("", None), ("１２", None)],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
async def test_a_partner_may_ask_us_to_wait_but_not_for_ever(
    system: PartnerSystem, status: int, asked: str, wait: float | None
) -> None:
    system.status = status
    system.headers = {"Retry-After": asked}
    error = await refusal(system.partner)
    assert not error.permanent
    assert error.retry_after_s == wait


async def test_a_partner_may_name_a_time_to_come_back_at(system: PartnerSystem) -> None:
    system.status = 503
    now = dt.datetime.now(dt.UTC)
    system.headers = {"Retry-After": format_datetime(now + dt.timedelta(seconds=90), usegmt=True)}
    error = await refusal(system.partner)
    assert error.retry_after_s == pytest.approx(90, abs=15)
    system.headers = {"Retry-After": format_datetime(now - dt.timedelta(days=1), usegmt=True)}
    assert (await refusal(system.partner)).retry_after_s is None


@pytest.mark.parametrize(("status", "permanent"), [(301, True), (302, False), (303, False), (307, False), (308, True)])
async def test_redirects_are_not_followed(system: PartnerSystem, status: int, permanent: bool) -> None:
    system.status = status
    system.headers = {"Location": "/elsewhere"}
    error = await refusal(system.partner)
    assert error.permanent is permanent
    assert "new address" in str(error)
    assert system.elsewhere == 0


async def test_a_system_that_hangs_is_given_up(system: PartnerSystem) -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    system.behaves = hang
    error = await refusal(system.partner, timeout_s=PATIENCE_S)
    assert not error.permanent
    assert str(error) == "the partner's system did not answer within 0.5 s"
    assert len(system.got) == 1


async def test_a_system_that_hangs_up_is_tried_again(system: PartnerSystem) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    system.behaves = hang_up
    error = await refusal(system.partner)
    assert not error.permanent
    assert "cannot be reached" in str(error)


async def test_a_system_that_is_away_is_tried_again() -> None:
    async with listening(PartnerSystem()) as port:
        pass
    error = await refusal(at(port))
    assert not error.permanent


@pytest.mark.parametrize("status", [200, 500])
async def test_an_answer_without_end_is_not_read(system: PartnerSystem, status: int) -> None:
    cut_off = asyncio.Event()
    poured = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal poured
        response = web.StreamResponse(status=status)
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
                poured += 65536
        finally:
            cut_off.set()

    system.behaves = pour
    async with asyncio.timeout(10):
        if status == 200:
            await WebhookChannel({NAME: NEW}).deliver("labour", system.partner, LETTER, KEY)
        else:
            assert not (await refusal(system.partner)).permanent
        await cut_off.wait()
    # What the buffers of two sockets hold.
    assert poured < 20_000_000


async def test_a_small_answer_does_not_become_a_large_one(system: PartnerSystem) -> None:
    bomb = gzip.compress(bytes(300_000_000))

    async def packed(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=200, body=bomb, headers={"Content-Encoding": "gzip"})

    system.behaves = packed
    tracemalloc.start()
    try:
        await WebhookChannel({NAME: NEW}).deliver("labour", system.partner, LETTER, KEY)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000


async def test_a_partner_without_a_webhook_is_told_at_once() -> None:
    error = await refusal(make_partner())
    assert error.permanent
    assert "labour" in str(error)

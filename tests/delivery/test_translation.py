"""Machine translation for partners: only where the person agreed, marked as a machine's, and never in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace

import pytest
from aiohttp import web

from bot.conversation.respond import Respondent
from bot.delivery.translation import TranslationService
from bot.delivery.worker import Worker
from bot.errors import ChannelError
from bot.i18n import ENGLISH, JAPANESE
from bot.messages import Press
from bot.storage.engine import Storage
from tests.delivery.house import MAIL, SOON, STORY, House
from tests.partners.cast import make_partner
from tests.test_helpline import ALICE, message

TRANSLATED = "会社が 五月の 給料を 払いませんでした"


class Service:
    """A translation service on loopback that answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answer = web.json_response({"translatedText": TRANSLATED})
        self.url = ""

    async def translate(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        return self.answer


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    application = web.Application()
    application.router.add_post("/translate", service.translate)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


def with_translator(small: Respondent) -> Respondent:
    """The same thinking part, which every test shares, where a translator is set up."""
    own = copy(small)
    own.operator = replace(small.operator, translator="Machine Words")
    return own


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent, service: Service) -> House:
    """A partner that reads only Japanese, and a person who writes English."""
    house = House(storage, with_translator(small_respondent), labour=make_partner(channels=MAIL, languages=["ja"]))
    house.worker = Worker(
        house.helpline, {"telegram": house.person}, house.channels, TranslationService(service.url, "key-1")
    )
    return house


async def open_case(house: House, agree: str) -> str:
    await house.helpline.receive(message(ALICE, 1, STORY))
    for number, data in enumerate(["p", *(["i:skip"] * 5)], start=2):
        asked = await house.helpline.receive(message(ALICE, number, Press(data)))
    assert "Machine Words" in asked.replies[0].reply.text
    await house.helpline.receive(message(ALICE, 20, Press(agree)))
    await house.after(SOON)
    return house.mail.got[0][1].body


async def test_with_consent_the_partner_reads_both_and_that_a_machine_did_it(house: House, service: Service) -> None:
    body = await open_case(house, "y:translate")
    assert body.index(STORY) < body.index(TRANSLATED)
    assert "{機械|きかい}" in body or "Machine translation" in body
    assert service.asked == [{"q": STORY, "source": "en", "target": "ja", "format": "text", "api_key": "key-1"}]


async def test_a_plain_yes_sends_nothing_to_the_machine(house: House, service: Service) -> None:
    body = await open_case(house, "y")
    assert STORY in body
    assert TRANSLATED not in body
    assert service.asked == []


async def test_a_service_that_fails_holds_up_no_letter(house: House, service: Service) -> None:
    service.answer = web.Response(status=500)
    body = await open_case(house, "y:translate")
    assert STORY in body
    assert service.asked


async def test_who_reads_the_language_is_offered_no_machine(
    storage: Storage, small_respondent: Respondent, service: Service
) -> None:
    house = House(storage, with_translator(small_respondent), labour=make_partner(channels=MAIL))
    await house.helpline.receive(message(ALICE, 1, STORY))
    for number, data in enumerate(["p", *(["i:skip"] * 5)], start=2):
        asked = await house.helpline.receive(message(ALICE, number, Press(data)))
    assert "Machine Words" not in asked.replies[0].reply.text


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=429),
        web.Response(text="<html>"),
        web.json_response([]),
        web.json_response({"translatedText": ""}),
    ],
)
async def test_nonsense_is_no_translation(service: Service, answer: web.Response) -> None:
    service.answer = answer
    with pytest.raises(ChannelError, match="translation service") as caught:
        await TranslationService(service.url).translate("secret words", ENGLISH, JAPANESE)
    assert "secret" not in str(caught.value)


async def test_a_service_that_is_away_is_said() -> None:
    with pytest.raises(ChannelError, match="cannot be reached"):
        await TranslationService("http://127.0.0.1:9").translate("words", ENGLISH, JAPANESE)

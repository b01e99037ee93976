"""A Bot API server of our own, and two partners with groups on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.conversation.respond import Respondent
from bot.storage.engine import Storage
from tests.channels.office import Office, at_work
from tests.servers.bot_api import BotApiServer


@pytest.fixture
def api() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        yield server


@pytest.fixture
async def office(storage: Storage, small_respondent: Respondent, api: BotApiServer) -> AsyncIterator[Office]:
    made = Office(storage, small_respondent, api)
    async with at_work(made):
        yield made

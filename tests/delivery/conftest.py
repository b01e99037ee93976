"""Houses with partners."""

from __future__ import annotations

import pytest

from bot.conversation.respond import Respondent
from bot.storage.engine import Storage
from tests.delivery.house import MAIL, WEBHOOK, House
from tests.partners.cast import make_partner


@pytest.fixture
def house(storage: Storage, small_respondent: Respondent) -> House:
    return House(
        storage, small_respondent, labour=make_partner(channels=MAIL | WEBHOOK), union=make_partner(channels=MAIL)
    )


@pytest.fixture
def house_of_mail(storage: Storage, small_respondent: Respondent) -> House:
    """Two partners by mail only; the first has room for one case."""
    return House(
        storage, small_respondent, labour=make_partner(channels=MAIL, capacity=1), union=make_partner(channels=MAIL)
    )

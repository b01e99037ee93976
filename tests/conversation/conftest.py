"""The thinking part over the real knowledge base and over the small one, with and without waiting for more."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.app import Understanding, build_respondent
from bot.conversation.respond import Respondent
from bot.settings import Settings


@pytest.fixture(scope="session")
def respondent(understanding: Understanding) -> Respondent:
    return understanding.respondent


@pytest.fixture(scope="session")
def patient(understanding: Understanding, settings: Settings) -> Respondent:
    """Waits two seconds for more after a short message, as `tomoni serve` does."""
    return build_respondent(settings, understanding.index, dt.timedelta(seconds=2))

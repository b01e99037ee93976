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


@pytest.fixture(scope="session")
def patient_with_little(small_respondent: Respondent) -> Respondent:
    """The same over the small knowledge base, which has nothing to say about the weather."""
    small = small_respondent
    return Respondent(
        small.knowledge_base, small.reader, small.search, small.safety, quiet=dt.timedelta(seconds=2)
    )  # fmt: skip

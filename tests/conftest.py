"""What every test may ask for: the real knowledge base, a reader, databases, people."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.app import Understanding
from bot.conversation.respond import Respondent
from bot.helpline import Helpline
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.index import Index
from bot.language.reading import Reader
from bot.settings import Settings
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import upgrade
from tests.servers.postgres import PostgresServer
from tests.small_base import write_base

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef" * 4


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith("TOMONI_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings of a fresh clone, with the repository's own knowledge base."""
    return Settings(_env_file=None, knowledge_base=ROOT / "knowledge_base", cache_dir=ROOT / ".cache")


@pytest.fixture(scope="session")
def understanding(settings: Settings) -> Understanding:
    return Understanding(settings, quiet=False)


@pytest.fixture(scope="session")
def index(understanding: Understanding) -> Index:
    return understanding.index


@pytest.fixture(scope="session")
def knowledge_base(index: Index) -> KnowledgeBase:
    return index.knowledge_base


@pytest.fixture(scope="session")
def reader(index: Index) -> Reader:
    return index.reader


@pytest.fixture(scope="session")
def reader_for_any_text(reader: Reader) -> Reader:
    return reader


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/tomoni.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{os.urandom(6).hex()}"
    yield server.create_database(name)
    server.drop_database(name)


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    """A database with the newest schema, made by the migrations."""
    opened = Storage(create_engine(database_url), Cipher(SECRET))
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def small_respondent(tmp_path_factory: pytest.TempPathFactory) -> Respondent:
    """The thinking part over a knowledge base of one article: quick, and known to the last phrase."""
    folder = tmp_path_factory.mktemp("small")
    small = Settings(_env_file=None, knowledge_base=write_base(folder / "knowledge_base"), cache_dir=folder)
    return Understanding(small, quiet=False).respondent


@pytest.fixture
def helpline(storage: Storage, small_respondent: Respondent) -> Helpline:
    return Helpline(storage, lambda: small_respondent)

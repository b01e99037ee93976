"""The only place that builds objects: settings in, a working helpline out."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.conversation.respond import NO_PARTNERS, Respondent
from bot.conversation.safety import Safety
from bot.conversation.scene import Operator
from bot.errors import KnowledgeBaseError
from bot.helpline import Helpline
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.index import Index, build_index
from bot.knowledge.lint.text import check_places
from bot.knowledge.loader import load_knowledge_base
from bot.partners.directory import Directory, load_directory
from bot.settings import Settings
from bot.storage.engine import Storage, open_storage
from bot.storage.migrate import upgrade

logger = logging.getLogger(__name__)


class Understanding:
    """The respondent in force. `reload` puts a changed knowledge base in its place, if it can be read."""

    def __init__(self, settings: Settings, *, quiet: bool) -> None:
        """Raises KnowledgeBaseError if the knowledge base cannot be read at start. `quiet` tells whether to
        wait for more after short messages."""
        self._settings = settings
        self._quiet = dt.timedelta(seconds=settings.quiet_seconds if quiet else 0)
        self._seen = _newest_change(settings)
        self.index: Index
        self.respondent = self._build()

    def current(self) -> Respondent:
        return self.respondent

    def reload_if_changed(self) -> bool:
        """Read the knowledge base again if a file in it changed.

        Returns whether a new one is in force. A broken one is reported in the log and the last good one stays.
        """
        try:
            newest = _newest_change(self._settings)
            if newest == self._seen:
                return False
            self._seen = newest
            self.respondent = self._build()
        except KnowledgeBaseError as error:
            for problem in error.problems:
                logger.error("knowledge base not reloaded, the last good one stays: %s", problem)
            return False
        except Exception as error:  # a half-saved file must not end the watch
            logger.error("knowledge base not reloaded, the last good one stays: %s", type(error).__name__)
            return False
        logger.info("knowledge base reloaded")
        return True

    def _build(self) -> Respondent:
        settings = self._settings
        knowledge_base = load_knowledge_base(settings.knowledge_base)
        _refuse_unknown_places(knowledge_base)
        directory = load_directory(settings.knowledge_base, settings.partners)
        self.index = build_index(knowledge_base, settings.cache_dir)
        return build_respondent(settings, self.index, self._quiet, directory)


def build_respondent(
    settings: Settings, index: Index, quiet: dt.timedelta, directory: Directory = NO_PARTNERS
) -> Respondent:
    """The thinking part over `index`, with the partners of `directory`."""
    return Respondent(
        index.knowledge_base,
        index.reader,
        index.search,
        Safety(
            index.danger,
            index.knowledge_base.danger_articles,
            index.calibration.danger,
            index.calibration.possible_danger,
        ),
        Operator(
            settings.operator_name,
            settings.operator_contact,
            settings.closed_cases_kept_days,
            settings.silent_conversations_kept_days,
            settings.translator_name if settings.translator_url else "",
        ),
        directory,
        quiet=quiet,
        max_text_length=settings.max_text_length,
    )


@asynccontextmanager
async def open_helpline(settings: Settings, understanding: Understanding) -> AsyncIterator[Helpline]:
    """A helpline over an open database with the newest schema; closed when the block ends.

    Raises StorageUnavailable when the database cannot be reached or written.
    """
    storage = open_storage(settings)
    try:
        await upgrade(storage)
        yield Helpline(storage, understanding.current)
    finally:
        await storage.close()


@asynccontextmanager
async def opened_storage(settings: Settings) -> AsyncIterator[Storage]:
    """An open database for operators' commands, brought to the newest schema; closed when the block ends."""
    storage = open_storage(settings)
    try:
        await upgrade(storage)
        yield storage
    finally:
        await storage.close()


def _refuse_unknown_places(knowledge_base: KnowledgeBase) -> None:
    """Raises KnowledgeBaseError where a text names a contact or fact that does not exist: it could not be shown."""
    findings = [
        finding.as_line(knowledge_base.root)
        for article in knowledge_base.articles.values()
        for text in article.texts.values()
        for finding in check_places(knowledge_base, text)
    ]
    if findings:
        raise KnowledgeBaseError(findings)


def _newest_change(settings: Settings) -> tuple[int, int]:
    """The newest modification time of the knowledge base and the partners' file in nanoseconds, and how many files
    there are."""
    paths = [path for path in settings.knowledge_base.rglob("*") if path.is_file()]
    if settings.partners is not None and settings.partners.is_file():
        paths.append(settings.partners)
    return max((path.stat().st_mtime_ns for path in paths), default=0), len(paths)

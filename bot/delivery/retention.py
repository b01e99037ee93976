"""Deletes what has been kept long enough. Whenever it runs, and on however many servers, the outcome is the same."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Final

from bot.cases.service import SYSTEM, erase_texts
from bot.conversation.respond import Respondent
from bot.storage.audit import FORGOTTEN, record
from bot.storage.cases import RETENTION, add_case_event
from bot.storage.engine import Storage
from bot.storage.models import CaseEventKind
from bot.storage.retention import closed_cases_with_texts, delete_silent_conversations, forget_received

logger = logging.getLogger(__name__)

# Few at a time, so that nobody waits for the database meanwhile; the rest follows with the next run.
BATCH: Final = 200
RECEIVED_KEPT: Final = dt.timedelta(days=7)


class Retention:
    """What is deleted when: the texts of closed cases, and conversations gone silent, after the days the operator
    has set."""

    def __init__(
        self, storage: Storage, respondent: Callable[[], Respondent], clock: Callable[[], dt.datetime]
    ) -> None:
        self._storage = storage
        self._respondent = respondent
        self._clock = clock

    async def run(self) -> tuple[int, int]:
        """Delete what is due. Returns how many cases lost their texts, and how many conversations went."""
        now = self._clock()
        operator = self._respondent().operator
        async with self._storage.transaction() as session:
            due = await closed_cases_with_texts(
                session, now - dt.timedelta(days=operator.closed_cases_kept_days), BATCH
            )
            for case_id in due:
                await erase_texts(session, case_id)
                await add_case_event(session, case_id, CaseEventKind.ERASED, actor=SYSTEM, at=now, text=None)
            silent = now - dt.timedelta(days=operator.silent_conversations_kept_days)
            gone = await delete_silent_conversations(session, silent, BATCH)
            if gone:
                record(session, now, SYSTEM, FORGOTTEN, f"silent conversations: {gone}", RETENTION)
            await forget_received(session, now - RECEIVED_KEPT)
        if due or gone:
            logger.info("retention: %d closed cases lost their texts, %d silent conversations deleted", len(due), gone)
        return len(due), gone

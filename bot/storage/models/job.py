"""The outbox: what must still be done, written in the same transaction as what caused it."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, EncryptedText, UtcDateTime


class JobKind(StrEnum):
    """What can wait in the outbox."""

    SEND_REPLIES = "send_replies"
    RESUME = "resume"
    DELIVER = "deliver"
    SERVICE_LEVEL = "service_level"
    TELL_TO_DELETE = "tell_to_delete"
    REVISE = "revise"


class JobRow(Base):
    """One thing to do at `run_at`. A claim moves `run_at` on by a lease, so a dead worker's job comes due
    again by itself; a settled job's row is deleted, a hopeless one stays with state `failed`.

    `address` is the ConversationKey as JSON, empty where the job is about no conversation; `subject` the row it is
    about, with a channel or stage behind a colon where there are several jobs about it; `payload` what the job needs
    of a row that is gone by then, as JSON; `way` the way to a partner that a letter takes.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'failed')", name="state"),
        Index("ix_jobs_state_run_at", "state", "run_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(32))
    dedup: Mapped[str] = mapped_column(String(160), unique=True)
    subject: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(EncryptedText("jobs.address"))
    payload: Mapped[str | None] = mapped_column(EncryptedText("jobs.payload"))
    way: Mapped[str | None] = mapped_column(String(80))
    run_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    error: Mapped[str | None] = mapped_column(String(200))

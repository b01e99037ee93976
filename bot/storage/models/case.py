"""A case and its events. Whether it is open is derived from the events, never stored beside them."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, EncryptedText, UtcDateTime


class CaseEventKind(StrEnum):
    """What can happen to a case."""

    OPENED = "opened"
    NOTE = "note"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    REOPENED = "reopened"


_KINDS = ", ".join(f"'{kind}'" for kind in CaseEventKind)


class CaseRow(Base):
    """One person's problem waiting for people. `address` is where the person can be answered."""

    __tablename__ = "cases"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    address: Mapped[str | None] = mapped_column(EncryptedText("cases.address"))
    language: Mapped[str] = mapped_column(String(8))
    urgency: Mapped[str] = mapped_column(String(16))
    articles: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class CaseEventRow(Base):
    """What happened to a case, in order; written once, never changed. `text` is what the person wrote."""

    __tablename__ = "case_events"
    __table_args__ = (
        UniqueConstraint("case_id", "position"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    text: Mapped[str | None] = mapped_column(EncryptedText("case_events.text"))

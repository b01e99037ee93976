"""A case, its events and consents. Whether it is open, and who has it, is derived from the events, never stored
beside them."""

from __future__ import annotations

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, EncryptedText, UtcDateTime


class CaseEventKind(StrEnum):
    """What can happen to a case. A referral is offered to a partner, then accepted or declined, revoked or done."""

    OPENED = "opened"
    OFFERED = "offered"
    REMINDED = "reminded"
    UNANSWERED = "unanswered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    NOTE = "note"
    ANSWER = "answer"
    INTERNAL = "internal"
    EDITED = "edited"
    TAKEN_BACK = "taken_back"
    TRANSFER_ASKED = "transfer_asked"
    TRANSFER_REFUSED = "transfer_refused"
    ADVICE_ASKED = "advice_asked"
    ADVICE_GIVEN = "advice_given"
    ESCALATED = "escalated"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    REOPENED = "reopened"
    ERASED = "erased"


_KINDS = ", ".join(f"'{kind}'" for kind in CaseEventKind)


class CaseRow(Base):
    """One person's problem waiting for people. `address` is where the person can be answered, `intake` what was told
    when it was opened, as JSON. Both go when the case is withdrawn or its time is over."""

    __tablename__ = "cases"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    address: Mapped[str | None] = mapped_column(EncryptedText("cases.address"))
    intake: Mapped[str | None] = mapped_column(EncryptedText("cases.intake"))
    language: Mapped[str] = mapped_column(String(8))
    prefecture: Mapped[str] = mapped_column(String(32), default="", server_default="")
    urgency: Mapped[str] = mapped_column(String(16))
    articles: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class CaseEventRow(Base):
    """What happened to a case, in order; written once, never changed. `text` is what somebody wrote, `partner_id`
    whom it concerns, `detail` what is not personal: routing reasons, a reason for declining, an outcome."""

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
    partner_id: Mapped[str | None] = mapped_column(String(64), index=True)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    text: Mapped[str | None] = mapped_column(EncryptedText("case_events.text"))


class ConsentRow(Base):
    """What a person agreed to: who may read which kinds of data of a case, what for, and the very words they were
    shown. `withdrawn_at` is set when they take it back."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("case_id", "partner_id", "given_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    partner_id: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(64))
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    version: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(EncryptedText("consents.text"))
    given_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

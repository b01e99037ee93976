"""What is remembered about the ways to partners, besides the cases themselves."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, UtcDateTime


class TopicRow(Base):
    """The forum topic of a partner's Telegram group that stands for a case."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("case_id", "partner_id"), UniqueConstraint("chat_id", "thread_id"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    partner_id: Mapped[str] = mapped_column(String(64))
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int] = mapped_column(Integer)


class ReceivedRow(Base):
    """A message that came from a partner's side, by the id its sender gave it, so that it is taken once."""

    __tablename__ = "received"
    __table_args__ = (UniqueConstraint("source", "message_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    source: Mapped[str] = mapped_column(String(80))
    message_id: Mapped[str] = mapped_column(String(128))
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)

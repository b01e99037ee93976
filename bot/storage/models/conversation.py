"""A conversation, what came in, and what goes out."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import JSON, CheckConstraint, Float, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, EncryptedText, UtcDateTime


class ConversationRow(Base):
    """One person on one channel, found by a keyed hash of the channel's id.

    `hashed_by` names the key the hash was made with (Cipher.key_id), None where that was not noted. `state` is the
    thinking part's state as JSON. `version` goes up with each change: who loaded an older
    one must load and think again.
    """

    __tablename__ = "conversations"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hashed_by: Mapped[str | None] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(EncryptedText("conversations.state"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class MessageRow(Base):
    """One message taken in and what was decided. `text` stays only for editors, redacted, where no answer
    was found."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "channel_message_id"),
        CheckConstraint("confidence IS NULL OR (confidence >= 0 AND confidence <= 1)", name="confidence"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    channel_message_id: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    language: Mapped[str] = mapped_column(String(8), default="")
    script: Mapped[str] = mapped_column(String(8), default="")
    decision: Mapped[str] = mapped_column(String(16), default="")
    articles: Mapped[list[str]] = mapped_column(JSON, default=list)
    confidence: Mapped[float | None] = mapped_column(Float)
    text: Mapped[str | None] = mapped_column(EncryptedText("messages.text"))


class ReplyRow(Base):
    """One bubble on its way to a person, in order. `body` is the Reply as JSON; `channel_message_id` what the channel
    calls it since it was sent, where a caseworker may still change it."""

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        CheckConstraint("status IN ('pending', 'sent', 'failed')", name="status"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(EncryptedText("replies.body"))
    status: Mapped[str] = mapped_column(String(8), default="pending")
    settled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    channel_message_id: Mapped[str | None] = mapped_column(String(64))

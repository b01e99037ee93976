"""Photos and documents of a case."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, EncryptedBytes, EncryptedText, UtcDateTime


class AttachmentRow(Base):
    """A file sent with an event of a case; `position` is that event's. Either `content` holds it, or `remote` says, as
    JSON, where its channel keeps it (a Telegram file id)."""

    __tablename__ = "attachments"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    name: Mapped[str | None] = mapped_column(EncryptedText("attachments.name"))
    remote: Mapped[str | None] = mapped_column(EncryptedText("attachments.remote"))
    content: Mapped[bytes | None] = mapped_column(EncryptedBytes("attachments.content"), deferred=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

"""Who saw, said, changed or exported what, when and what for: written once, and never changed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, UtcDateTime


class AuditRow(Base):
    """One entry. `number` counts up without a gap; `digest` covers the entry and the digest of the one before, so that
    none can be changed, left out or put between. Triggers refuse changes and deletions. Nothing personal but the
    actor's name stands here: `subject` is a case number, or what was looked at."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))

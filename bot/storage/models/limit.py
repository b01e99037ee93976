"""How soon something may be done again, told to all processes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, UtcDateTime


class RateLimitRow(Base):
    """One limit of a far end (a bot's messages a second, those of one group a minute) and from when on it allows the
    next."""

    __tablename__ = "rate_limits"

    bucket: Mapped[str] = mapped_column(String(128), primary_key=True)
    free_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

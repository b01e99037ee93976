"""Errors that carry what may be told: a message for the reader, never a person's own words."""

from __future__ import annotations

from typing import Final


class TomoniError(Exception):
    """Base of every error this program raises on purpose. `str(error)` is safe to print to an operator."""


class KnowledgeBaseError(TomoniError):
    """The knowledge base cannot be read; each problem reads `file:line: what, and how to mend it`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SettingsError(TomoniError):
    """One or more settings are wrong; each problem names the variable, its fault and the cure."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CaseError(TomoniError):
    """What was asked of a case cannot be done as it stands; the text says why."""


class StorageUnavailable(TomoniError):
    """The database cannot take this message now; nothing was accepted, so it may be sent again."""


# Why a message never reaches a person, as a partner is told it in its own language.
BLOCKED: Final = "the person has blocked the bot or left"
CHAT_GONE: Final = "the chat is gone"


class ChannelError(TomoniError):
    """Sending failed. `permanent` tells whether trying again is pointless, `retry_after_s` when to."""

    def __init__(self, reason: str, *, permanent: bool, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after_s = retry_after_s

    def wait_s(self, attempts: int, first_s: float, longest_s: float) -> float:
        """Seconds until the next attempt: as many as were asked for, else `first_s`, twice as long after each of the
        `attempts` before, at most `longest_s`."""
        return self.retry_after_s or min(first_s * 2**attempts, longest_s)


class NotYet(ChannelError):
    """Nothing was sent, since the far end's limit leaves no room before `retry_after_s` seconds have passed."""

    def __init__(self, reason: str, retry_after_s: float) -> None:
        super().__init__(reason, permanent=False, retry_after_s=retry_after_s)

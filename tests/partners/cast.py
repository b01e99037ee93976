"""Partner organisations for tests, each known by what it does."""

from __future__ import annotations

from typing import Any

from bot.partners.partner import Partner, Recipient

WORKDAYS = {"days": ["mon", "tue", "wed", "thu", "fri"], "opens": "10:00", "closes": "17:00"}


def make_partner(**changes: Any) -> Partner:
    """A partner that takes everything about work in every prefecture and reads all four languages, but for
    `changes`."""
    same = dict.fromkeys(("en", "ja", "ne", "my"), "Labour desk")
    return Partner.model_validate(
        {
            "names": same, "about": same, "services": ["advice"], "takes": ["work"],
            "languages": ["ne", "my", "ja", "en"], "prefectures": ["all"], "hours": [WORKDAYS], "capacity": 10,
            "service_level": {"remind_after_hours": 4, "first_response_hours": 8}, **changes,
        }
    )  # fmt: skip


def make_operator(channels: dict[str, Any]) -> Recipient:
    """The operator's own desk, reached by `channels`."""
    names = dict.fromkeys(("en", "ja", "ne", "my"), "Own desk")
    return Recipient.model_validate({"names": names, "working_language": "en", "channels": channels})

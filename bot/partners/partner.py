"""Who takes cases: partner organisations as partners.yaml describes them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from bot.i18n import LANGUAGES
from bot.knowledge.article import LocalText, Part, Url

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$")]
Service = Literal["advice", "accompaniment", "interpretation", "legal", "medical", "shelter", "food", "negotiation"]
EVERYWHERE: Final = "all"


class OpeningHours(Part):
    """Hours on some weekdays. With `languages`, only these are served then; without, all that have no hours of
    their own."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    opens: ClockTime
    closes: ClockTime
    languages: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> OpeningHours:
        if minutes(self.opens) >= minutes(self.closes):
            raise ValueError(f"closes at {self.closes}, not after it opens at {self.opens}; past midnight, write two")
        return self


class ServiceLevel(Part):
    """How soon a partner means to take up a case, in its own open hours."""

    remind_after_hours: float = Field(gt=0, le=200)
    first_response_hours: float = Field(gt=0, le=400)

    @model_validator(mode="after")
    def _reminds_first(self) -> ServiceLevel:
        if self.remind_after_hours >= self.first_response_hours:
            raise ValueError("remind_after_hours must be less than first_response_hours")
        return self


class EmailChannel(Part):
    """Mail about a case. Only with `encrypted` (the partner's mail is safe to read) does it hold personal text."""

    to: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    encrypted: bool = False


class WebhookChannel(Part):
    """A partner's own system. `secret_name` names the environment variable with its signing secret (whsec_…);
    several separated by spaces in it, newest first, while a secret is being changed."""

    url: Url
    secret_name: Annotated[str, StringConstraints(pattern=r"^TOMONI_PARTNER_[A-Z0-9_]+$")]


class PartnerChannels(Part):
    """How a case reaches a partner, besides the desk, where it always stands."""

    telegram_group: int | None = None
    email: EmailChannel | None = None
    webhook: WebhookChannel | None = None


class Recipient(Part):
    """Whom letters about cases go to: a partner, or the operator's own desk."""

    names: LocalText
    working_language: Literal["ja", "en"] = "ja"
    channels: PartnerChannels = PartnerChannels()


class Partner(Recipient):
    """An organisation that takes cases. `takes` holds categories and articles; `languages` what its people read
    and write; `prefectures` ISO 3166-2:JP numbers as prefectures.yaml has them, or all."""

    about: LocalText
    services: tuple[Service, ...] = Field(min_length=1)
    takes: tuple[Topic, ...] = Field(min_length=1)
    languages: tuple[str, ...] = Field(min_length=1)
    prefectures: tuple[str, ...] = Field(min_length=1)
    time_zone: str = "Asia/Tokyo"
    hours: tuple[OpeningHours, ...] = Field(min_length=1)
    open_on_holidays: bool = False
    capacity: int = Field(gt=0)
    service_level: ServiceLevel
    fallback: tuple[str, ...] = ()

    @field_validator("languages")
    @classmethod
    def _languages_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [code for code in value if code not in LANGUAGES]:
            raise ValueError(f"unknown language {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
        return value

    def takes_topic(self, article: str) -> bool:
        """Whether it takes cases about `article` (category/slug), by itself or by its category."""
        return article in self.takes or article.partition("/")[0] in self.takes

    def serves(self, prefecture: str) -> bool:
        """Whether it serves people who live in `prefecture`."""
        return EVERYWHERE in self.prefectures or prefecture in self.prefectures


def minutes(time: str) -> int:
    """Minutes since midnight of a time of day as HH:MM; 24:00 is the midnight after it."""
    hours, _, rest = time.partition(":")
    return int(hours) * 60 + int(rest)

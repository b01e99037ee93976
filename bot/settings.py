"""Every setting, read once from the environment and `.env`, refused early and all faults together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import Field, SecretStr, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

PREFIX = "TOMONI_"
# Secrets of partners' webhooks; each name stands in the partners' file.
PARTNER_PREFIX = "TOMONI_PARTNER_"
ENV_FILE = ".env"
# In characters.
SHORTEST_KEY = 32

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class Settings(BaseSettings):
    """One frozen object, built by `load_settings` and handed down; nobody reads the environment again."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///tomoni.db"
    knowledge_base: Path = Path("knowledge_base")
    partners: Path | None = None
    cache_dir: Path = Path(".cache")
    public_url: Url | None = None
    telegram_token: SecretStr | None = None
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_messages_per_second: float = Field(default=28.0, ge=0, le=10_000)
    secret_key: SecretStr | None = None
    previous_secret_keys: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: str = Field(default="", max_length=200)
    translator_url: Url | None = None
    translator_name: str = Field(default="", max_length=100, validate_default=True)
    translator_key: SecretStr | None = None
    operator_name: str = Field(default="", max_length=200)
    operator_contact: str = Field(default="", max_length=200)
    closed_cases_kept_days: int = Field(default=90, ge=1, le=3650)
    silent_conversations_kept_days: int = Field(default=180, ge=1, le=3650)
    quiet_seconds: float = Field(default=2.0, ge=0, le=30)
    max_text_length: int = Field(default=4000, ge=200, le=100_000)
    widget_origins: str = ""
    log_level: Annotated[str, StringConstraints(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @field_validator(
        "telegram_token",
        "secret_key",
        "previous_secret_keys",
        "public_url",
        "partners",
        "smtp_url",
        "translator_url",
        "translator_key",
        mode="before",
    )
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("telegram_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            number, separator, rest = value.get_secret_value().partition(":")
            if not (number.isdigit() and separator and rest):
                raise ValueError("is no bot token; a token reads 123456:ABC…, as @BotFather gives it")
        return value

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_KEY:
            raise ValueError("is shorter than 32 characters; make one with: openssl rand -hex 32")
        return value

    @field_validator("previous_secret_keys")
    @classmethod
    def _are_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and any(len(secret) < SHORTEST_KEY for secret in value.get_secret_value().split()):
            raise ValueError("holds a key shorter than 32 characters; keys are separated by spaces, the newest first")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("smtp://", "smtps://", "smtp+starttls://")):
            raise ValueError("must begin with smtp://, smtp+starttls:// or smtps://")
        return value

    @field_validator("translator_name")
    @classmethod
    def _names_who_translates(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("translator_url") and not value.strip():
            raise ValueError("must name the service at TOMONI_TRANSLATOR_URL: people are told who sees their words")
        return value

    @field_validator("database_url")
    @classmethod
    def _has_a_known_driver(cls, value: str) -> str:
        if not value.startswith(("sqlite+aiosqlite://", "postgresql+asyncpg://")):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return value

    @field_validator("partners")
    @classmethod
    def _is_a_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"names no file: {value}")
        return value

    @field_validator("knowledge_base")
    @classmethod
    def _is_a_folder(cls, value: Path) -> Path:
        if not value.is_dir():
            raise ValueError(f"names no folder: {value}")
        return value


def partner_secrets() -> dict[str, str]:
    """The secrets of partners' webhooks by the names the partners' file gives them: every TOMONI_PARTNER_… of the
    environment and `.env`, in the environment's favour."""
    everything = {**dotenv_values(ENV_FILE), **os.environ}
    return {name: value for name, value in everything.items() if name.startswith(PARTNER_PREFIX) and value}


def load_settings() -> Settings:
    """Read the settings.

    Returns: the frozen settings. Raises SettingsError naming every wrong value and every unknown
    TOMONI_ variable at once, without repeating a value (it may be a secret).
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    problems = [
        f"{name}: no such setting; .env.example lists them all"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith(PARTNER_PREFIX)
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            variable = PREFIX + str(fault["loc"][0]).upper()
            problems.append(f"{variable}: {fault['msg'].removeprefix('Value error, ')}")
    if problems:
        raise SettingsError(problems)
    return settings

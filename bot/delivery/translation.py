"""Machine translation of what a person wrote, for partners who do not read their language. Off unless set up, and only
where the person agreed."""

from __future__ import annotations

import json
from typing import Final, Protocol

import aiohttp

from bot.errors import ChannelError
from bot.messages import LanguageCode

TIMEOUT_S: Final = 8.0
MAX_ANSWER: Final = 256 * 1024


class MachineTranslator(Protocol):
    """Anything that translates; another service is taken in by another class with this one method."""

    async def translate(self, text: str, source: LanguageCode, target: LanguageCode) -> str:
        """`text` in the language `target`. Raises ChannelError where there is no translation."""
        ...


class TranslationService:
    """A service that speaks LibreTranslate's API (POST /translate), on a machine of the operator's own or not."""

    def __init__(self, url: str, key: str = "", *, timeout_s: float = TIMEOUT_S) -> None:
        """`url` is the service's root, `key` its API key, empty where it needs none."""
        self._url = url.rstrip("/") + "/translate"
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def translate(self, text: str, source: LanguageCode, target: LanguageCode) -> str:
        """`text` in the language `target`. Raises ChannelError, without a word of the text in it."""
        question = {"q": text, "source": source, "target": target, "format": "text"}
        if self._key:
            question["api_key"] = self._key
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, json=question, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise ChannelError(f"the translation service refused it ({response.status})", permanent=True)
                answer = json.loads(await response.content.read(MAX_ANSWER))
        except TimeoutError as error:
            raise ChannelError("the translation service did not answer in time", permanent=False) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ChannelError(
                f"the translation service cannot be reached ({type(error).__name__})", permanent=False
            ) from error
        except ValueError as error:
            raise ChannelError("the translation service answered something that is no JSON", permanent=True) from error
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, str) or not translated.strip():
            raise ChannelError("the translation service answered without a translation", permanent=True)
        return translated

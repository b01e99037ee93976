"""Letters to partners' own systems: one signed request each, as Standard Webhooks has it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from bot.delivery.inbound_files import files_path
from bot.delivery.partner_channel import Letter
from bot.errors import ChannelError
from bot.markup import without_ruby
from bot.partners.partner import Recipient

TIMEOUT_S: Final = 15.0
# However long a partner asks us to wait, somebody waits for help meanwhile.
LONGEST_WAIT_S: Final = 3600.0
# What aiohttp takes off the wire before it stops reading; half of it, as it stops at twice as much. Nothing in an
# answer's body matters to us.
_READ_AHEAD: Final = 32 * 1024
# Refusals that say: later.
_LATER: Final = frozenset({408, 425, 429})
_MOVED_FOR_GOOD: Final = frozenset({301, 308})


class WebhookChannel:
    """The way to partners' own systems."""

    def __init__(
        self, secrets: Mapping[str, str], public_url: str | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """`secrets` by the names that stand in the partners' file; several in one value, separated by spaces, newest
        first, while a secret is being changed. Under `public_url` files are fetched; without it their addresses begin
        with the path."""
        self._secrets = secrets
        self._public_url = (public_url or "").rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def deliver(self, partner_id: str, partner: Recipient, letter: Letter, key: str) -> None:
        """Post `letter`. The same key gives the same webhook-id, by which the partner sees that two are one.
        Returns when the partner's system has answered 2xx; redirects are not followed.

        Raises ChannelError: permanent where the secret is missing or wrong, the address is gone or moved for good,
        or the request is refused; to be tried again, after the time asked for, where the system is away, slow,
        busy or broken.
        """
        settings = partner.channels.webhook
        if settings is None:
            raise ChannelError(f"the partners' file names no webhook for {partner_id}", permanent=True)
        signers = self._signers(settings.secret_name)
        # The partner compares it with its own clock, so it is the real time, not one that tests can move.
        now = dt.datetime.now(dt.UTC)
        content = _content(letter, now, f"{self._public_url}{files_path(partner_id)}")
        message_id = f"msg_{hashlib.blake2b(key.encode(), digest_size=20).hexdigest()}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Tomoni",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(message_id, now, content) for signer in signers),
        }
        try:
            status, retry_after = await self._post(settings.url, content.encode(), headers)
        except aiohttp.InvalidURL as error:
            raise ChannelError(f"the webhook address of {partner_id} is none", permanent=True) from error
        except TimeoutError as error:
            raise ChannelError(
                f"the partner's system did not answer within {self._timeout.total:g} s", permanent=False
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            # Not the text of the error: it repeats the address, which may hold a key.
            raise ChannelError(
                f"the partner's system cannot be reached ({type(error).__name__})", permanent=False
            ) from error
        _check(status, _seconds(retry_after, now))

    def _signers(self, name: str) -> list[Webhook]:
        """What signs with each secret in the variable `name`. Raises ChannelError, which names it, where there is
        none, or one that is none."""
        try:
            signers = [Webhook(secret) for secret in self._secrets.get(name, "").split()]
        except (EmptyWebhookSecretError, ValueError):
            raise ChannelError(
                f"{name}: holds something that is no secret; one reads whsec_ and base64", permanent=True
            ) from None
        if not signers:
            raise ChannelError(f"{name} is not set; the partner's webhook needs a secret", permanent=True)
        return signers

    async def _post(self, url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Returns the status of the answer and its Retry-After.

        A connection for each: letters are few and far between, and one kept open may have died meanwhile.
        """
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=self._timeout,
                read_bufsize=_READ_AHEAD,
            ) as session,
            session.post(url, data=content, headers=headers, allow_redirects=False) as response,
        ):
            return response.status, response.headers.get("Retry-After", "")


def _content(letter: Letter, now: dt.datetime, files_url: str) -> str:
    """The JSON a partner's system gets; texts without furigana, which only people need. Files are fetched under
    `files_url`."""
    payload = {
        "type": f"case.{letter.kind}",
        "timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {
            "reference": letter.reference,
            "category": letter.category,
            "urgency": letter.urgency,
            "language": letter.language,
            "person_language": letter.person_language,
            "subject": without_ruby(letter.subject),
            "notice": without_ruby(letter.notice),
            "body": without_ruby(letter.body),
            "attachments": [
                {
                    "id": str(row.id),
                    "kind": row.kind,
                    "media_type": row.media_type,
                    "size": row.size,
                    "name": row.name or "",
                    "url": f"{files_url}/{row.id}",
                }
                for row in letter.attachments
            ],
        },
    }
    return json.dumps(payload, ensure_ascii=False)


def _check(status: int, retry_after_s: float | None) -> None:
    """Raises ChannelError unless `status` says that the partner has it."""
    if 200 <= status < 300:
        return
    if status == 410:
        raise ChannelError("the partner's system wants no more (410)", permanent=True)
    if 300 <= status < 400:
        raise ChannelError(
            f"the partner's system sends us elsewhere ({status}); write the new address into the partners' file",
            permanent=status in _MOVED_FOR_GOOD,
        )
    if 400 <= status < 500 and status not in _LATER:
        raise ChannelError(f"the partner's system refused it ({status})", permanent=True)
    raise ChannelError(
        f"the partner's system cannot take it now ({status})", permanent=False, retry_after_s=retry_after_s
    )


def _seconds(retry_after: str, now: dt.datetime) -> float | None:
    """How long a Retry-After asks us to wait, at most LONGEST_WAIT_S; None where it asks nothing."""
    if retry_after.isascii() and retry_after.isdigit():
        wait = float(retry_after)
    else:
        try:
            until = parsedate_to_datetime(retry_after)
        except (TypeError, ValueError, OverflowError):
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=dt.UTC)).timestamp() - now.timestamp()
    return min(wait, LONGEST_WAIT_S) if wait > 0 else None

"""Letters to partners by mail: handed to the operator's own mail server, which brings them on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from email.utils import formatdate, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.cases.files import CaseFiles
from bot.delivery.mail_files import Attached, attachable
from bot.delivery.partner_channel import Letter
from bot.errors import ChannelError, SettingsError
from bot.i18n import translator
from bot.markup import escape, to_plain, to_web_html, without_ruby
from bot.partners.partner import Recipient

# With the goodbye within the 20 seconds after which `bot.delivery.referrals` gives up by itself: a mail that was
# taken in the last moment must not count as lost, or it comes twice.
TIMEOUT_S: Final = 18.0
GOODBYE_S: Final = 1.0
_PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
# What every mail server takes: no extension for other bytes is needed.
_POLICY: Final = MAIL_POLICY.clone(cte_type="7bit")
# The code of RFC 3463 says more than the three digits; what else the server says may repeat the mail itself.
_DETAIL: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS: Final = re.compile(r"^[^@\s<>]+@[^@\s<>]+$")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None


def read_smtp_url(url: str) -> MailServer:
    """The mail server that `url` (smtp://, smtp+starttls:// or smtps://user:password@host:port) names.

    Raises SettingsError, which does not repeat it: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(["TOMONI_SMTP_URL: the port is no number from 1 to 65535"]) from None
    if parts.scheme not in _PORTS:
        raise SettingsError(["TOMONI_SMTP_URL: must begin with smtp://, smtp+starttls:// or smtps://"])
    if not parts.hostname:
        raise SettingsError(["TOMONI_SMTP_URL: names no host; write a password's @ : / as %40 %3A %2F"])
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password is not None else None
    return MailServer(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


class EmailChannel:
    """The way to partners by mail. A mail holds personal text only where the partner's entry says `encrypted`."""

    def __init__(
        self,
        smtp_url: str,
        mail_from: str,
        public_url: str | None,
        *,
        files: CaseFiles | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`mail_from` reads Name <address>; under `public_url` the desk is found; `files` reads what is attached to a
        mail that may hold it; `tls` says whom to trust, by default whom the machine does.

        Raises SettingsError where a setting cannot be used.
        """
        self._server = read_smtp_url(smtp_url)
        _name, self._address = parseaddr(mail_from)
        if not (_ADDRESS.match(self._address) and self._address.isascii() and mail_from.isprintable()):
            raise SettingsError(["TOMONI_MAIL_FROM: must read Name <address>, or the address alone, to send mail"])
        self._mail_from = mail_from
        self._public_url = public_url
        self._files = files
        self._tls = tls
        self._timeout_s = timeout_s

    async def deliver(self, partner_id: str, partner: Recipient, letter: Letter, key: str) -> None:
        """Hand the mail about `letter` in. The same key gives the same Message-ID, by which mail programs see that
        two are one. Returns when the server has taken it.

        Raises ChannelError: permanent where the recipient or the mail is refused for good or the partner has no
        mail; to be tried again where the server is away, slow, says so, or does not let us in.
        """
        settings = partner.channels.email
        if settings is None:
            raise ChannelError(f"the partners' file names no mail address for {partner_id}", permanent=True)
        if not settings.to.isascii():
            raise ChannelError(
                f"the mail address of {partner_id} holds letters that few mail servers take; write its domain as xn--…",
                permanent=True,
            )
        attached = await attachable(self._files, letter.attachments) if settings.encrypted else []
        mail = self._compose(partner_id, settings.to, letter, key, attached, with_body=settings.encrypted)
        await self._hand_in(settings.to, mail.as_bytes())

    def _compose(
        self, partner_id: str, to: str, letter: Letter, key: str, attached: Sequence[Attached], *, with_body: bool
    ) -> EmailMessage:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._mail_from
        mail["To"] = to
        mail["Subject"] = without_ruby(letter.subject)
        mail["Date"] = formatdate()
        mail["Message-ID"] = self._message_id("mail", key)
        # No mail has this one: all about a case hang on it, whichever of them arrives first.
        thread = self._message_id("case", f"{partner_id}\n{letter.reference}")
        mail["In-Reply-To"] = thread
        mail["References"] = thread
        # So that nobody's holiday notice answers.
        mail["Auto-Submitted"] = "auto-generated"
        if letter.urgency == "immediate":
            mail["Importance"] = "high"
            mail["X-Priority"] = "1"
        text = self._text(letter, len(letter.attachments) - len(attached), with_body=with_body)
        mail.set_content(to_plain(text) + "\n")
        mail.add_alternative(
            f'<!doctype html>\n<html lang="{letter.language}"><head><meta charset="utf-8"></head>'
            f"<body>{to_web_html(text)}</body></html>\n",
            subtype="html",
        )
        for file in attached:
            maintype, _, subtype = file.media_type.partition("/")
            mail.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
        return mail

    def _text(self, letter: Letter, not_attached: int, *, with_body: bool) -> str:
        """What the mail says, as small Markdown; `not_attached` is how many files it does not bring."""
        words = translator(letter.language)
        lines = {
            words("Case number"): escape(letter.reference),
            words("Topic"): escape(letter.category),
            words("Urgency"): words("immediate") if letter.urgency == "immediate" else words("normal"),
        }
        facts = "\n".join(f"- **{label}**: {value}" for label, value in lines.items() if value)
        parts = [letter.notice, facts]
        if self._public_url is not None:
            # Not inside the braces below, where nobody collects words to translate.
            label = words("Open the case")
            parts.append(f"[{label}](<{self._public_url.rstrip('/')}/desk/cases/{letter.reference}>)")
        if with_body and letter.body:
            parts.append(letter.body)
        if not_attached:
            parts.append(words("Photos or files that are not in this mail: %(count)s. You find them in the case.",
                               count=words.number(not_attached)))  # fmt: skip
        return "\n\n".join(parts)

    def _message_id(self, kind: str, key: str) -> str:
        digest = hashlib.blake2b(f"{kind}\n{key}".encode(), digest_size=20).hexdigest()
        return f"<{digest}@{self._address.rpartition('@')[2]}>"

    async def _hand_in(self, to: str, content: bytes) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp+starttls",
            tls_context=self._tls,
            timeout=self._timeout_s,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                await client.connect()
                await client.sendmail(self._address, [to], content)
            # It is taken; what happens to the goodbye changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=GOODBYE_S)
        except TimeoutError as error:
            raise ChannelError(
                f"the mail server did not answer within {self._timeout_s:g} s", permanent=False
            ) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused("recipient", error.recipients[0]) from error
        except aiosmtplib.SMTPDataError as error:
            raise _refused("mail", error) from error
        except aiosmtplib.SMTPResponseException as error:
            # About us or the server, not about this mail: an operator mends it, and the mail goes out then.
            raise ChannelError(f"the mail server does not let us in ({_code(error)})", permanent=False) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ChannelError(
                f"the mail server cannot be reached or used ({type(error).__name__})", permanent=False
            ) from error
        finally:
            client.close()


def _refused(what: str, error: aiosmtplib.SMTPResponseException) -> ChannelError:
    return ChannelError(f"the mail server refused the {what} ({_code(error)})", permanent=error.code >= 500)


def _code(error: aiosmtplib.SMTPResponseException) -> str:
    detail = _DETAIL.search(error.message)
    return f"{error.code} {detail[0]}" if detail else str(error.code)

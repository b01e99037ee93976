"""Mail to partners, handed in to a real mail server on loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.delivery.email import EmailChannel
from bot.delivery.partner_channel import Letter
from bot.errors import ChannelError, SettingsError
from bot.messages import LanguageCode
from tests.partners.cast import make_partner

SENDER = "Tomoni <tomoni@helpline.example>"
TO = "cases@union.example"
PLAIN = make_partner(channels={"email": {"to": TO}})
ENCRYPTED = make_partner(channels={"email": {"to": TO, "encrypted": True}})
SECRET_STORY = "Sita was not paid in May"
LETTER = Letter(
    reference="7K3-M9P", kind="offered", urgency="normal", category="work", subject="Tomoni case 7K3-M9P",
    notice="A new case is offered to you.", body=f"{SECRET_STORY}\n\n- **Name**: Sita <b>\\&",
    language=LanguageCode("en"), person_language=LanguageCode("ne"),
)  # fmt: skip
KEY = "deliver:1:email"
# Long enough for a slow machine to fail otherwise, short enough to wait for.
PATIENCE_S = 0.5


class Mailbox:
    """What the server was handed, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.users: list[str] = []
        self.answers: dict[str, str] = {}
        self.hangs_at: str | None = None
        self.answers_after_s = 0.0

    async def _answer(self, verb: str, ordinary: str) -> str:
        await asyncio.sleep(self.answers_after_s)
        if verb == self.hangs_at:
            await asyncio.Event().wait()
        return self.answers.get(verb, ordinary)

    async def handle_MAIL(self, _s: SMTP, _session: Session, envelope: Envelope, address: str, options: Any) -> str:
        envelope.mail_from = address
        return await self._answer("MAIL", "250 OK")

    async def handle_RCPT(self, _s: SMTP, _session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = await self._answer("RCPT", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _s: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = await self._answer("DATA", "250 taken")
        if answer.startswith("250"):
            assert isinstance(envelope.original_content, bytes)
            self.raw.append(envelope.original_content)
            mail = message_from_bytes(envelope.original_content, policy=modern)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return answer

    async def handle_QUIT(self, _s: SMTP, _session: Session, _envelope: Envelope) -> str:
        return await self._answer("QUIT", "221 Bye")

    def log_in(self, _s: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"p@ss:/word", handled=False)


@asynccontextmanager
async def listening(
    session: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mail_server(
    mailbox: Mailbox, tls: ssl.SSLContext | None = None, **options: Any
) -> AbstractAsyncContextManager[int]:
    """A mail server for `mailbox` on a free port of loopback; with `tls` every connection begins with it."""
    return listening(lambda: SMTP(mailbox, hostname="mail.test", loop=asyncio.get_running_loop(), **options), tls)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def channel(mailbox: Mailbox) -> AsyncIterator[EmailChannel]:
    async with mail_server(mailbox) as port:
        yield to_server(port)


def to_server(port: int, **options: Any) -> EmailChannel:
    scheme, login = options.pop("scheme", "smtp"), options.pop("login", "")
    public_url = options.pop("public_url", "https://help.example/")
    options.setdefault("timeout_s", 10.0)
    return EmailChannel(f"{scheme}://{login}127.0.0.1:{port}", SENDER, public_url, **options)


def both_parts(mail: EmailMessage) -> tuple[str, str]:
    """The plain part and the HTML part."""
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


async def refusal(channel: EmailChannel, **changes: Any) -> ChannelError:
    partner = changes.pop("partner", PLAIN)
    with pytest.raises(ChannelError) as caught:
        await channel.deliver("union", partner, replace(LETTER, **changes), KEY)
    return caught.value


async def test_a_mail_holds_no_personal_text(channel: EmailChannel, mailbox: Mailbox) -> None:
    await channel.deliver("union", PLAIN, LETTER, KEY)
    (mail,) = mailbox.mails
    plain, html = both_parts(mail)
    for part in (plain, html):
        assert "Sita" not in part
        for shown in (LETTER.notice, "7K3-M9P", "work", "normal", "https://help.example/desk/cases/7K3-M9P"):
            assert shown in part
    assert "Sita" not in str(mail.items())
    assert (mail["Subject"], mail["From"], mail["To"]) == ("Tomoni case 7K3-M9P", SENDER, TO)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] is None
    assert mailbox.envelopes == [("tomoni@helpline.example", [TO])]


async def test_mail_that_is_safe_to_read_holds_the_story(channel: EmailChannel, mailbox: Mailbox) -> None:
    await channel.deliver("union", ENCRYPTED, LETTER, KEY)
    plain, html = both_parts(mailbox.mails[0])
    assert plain.splitlines()[-2:] == [SECRET_STORY, "• Name: Sita <b>&"]
    assert f"<p>{SECRET_STORY}</p>" in html
    assert "Sita &lt;b&gt;&amp;" in html


async def test_without_a_public_address_there_is_no_link(mailbox: Mailbox) -> None:
    async with mail_server(mailbox) as port:
        await to_server(port, public_url=None).deliver("union", PLAIN, LETTER, KEY)
    plain, html = both_parts(mailbox.mails[0])
    assert LETTER.notice in plain
    assert "desk/cases" not in plain + html


async def test_an_urgent_letter_in_japanese(channel: EmailChannel, mailbox: Mailbox) -> None:
    await channel.deliver(
        "union", PLAIN,
        replace(LETTER, urgency="immediate", subject="{緊急|きんきゅう}：トモニの{相談|そうだん} 7K3-M9P",
                notice="{新|あたら}しい**{相談|そうだん}**です。", language=LanguageCode("ja")),
        KEY,
    )  # fmt: skip
    (mail,) = mailbox.mails
    plain, html = both_parts(mail)
    assert mail["Subject"] == "緊急：トモニの相談 7K3-M9P"
    assert mail["Importance"] == "high"
    assert "新しい相談（そうだん）です。" in plain
    assert "今すぐ" in plain
    assert "{" not in plain + html
    assert "<ruby>相談<rp>" in html
    assert '<html lang="ja">' in html
    # Any mail server on the way takes it.
    assert mailbox.raw[0].isascii()
    assert max(len(line) for line in mailbox.raw[0].splitlines()) < 1000


async def test_a_repeat_is_the_same_mail_and_mails_of_a_case_thread(channel: EmailChannel, mailbox: Mailbox) -> None:
    await channel.deliver("union", PLAIN, LETTER, KEY)
    await channel.deliver("union", PLAIN, LETTER, KEY)
    await channel.deliver("union", PLAIN, replace(LETTER, kind="reminded"), "deliver:2:email")
    await channel.deliver("union", PLAIN, replace(LETTER, reference="4XT-QQ2"), "deliver:3:email")
    first, repeat, reminder, other_case = mailbox.mails
    assert first["Message-ID"] == repeat["Message-ID"]
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3
    assert first["References"] == reminder["References"] == reminder["In-Reply-To"] != first["Message-ID"]
    assert other_case["References"] != first["References"]


@pytest.mark.parametrize(
    ("verb", "answer", "permanent", "says"),
    [
        ("RCPT", "550 5.1.1 no such user cases@union.example", True, "recipient (550 5.1.1)"),
        ("RCPT", "450 4.2.1 greylisted", False, "recipient (450 4.2.1)"),
        ("DATA", "554 spam: A new case", True, "mail (554)"),
        ("DATA", "452 out of space", False, "mail (452)"),
        ("MAIL", "553 5.7.1 not your address", False, "let us in (553 5.7.1)"),
    ],
)
async def test_refusals(
    channel: EmailChannel, mailbox: Mailbox, verb: str, answer: str, permanent: bool, says: str
) -> None:
    mailbox.answers[verb] = answer
    error = await refusal(channel)
    assert error.permanent is permanent
    assert str(error).endswith(says)
    assert mailbox.mails == []
    mailbox.answers.clear()
    await channel.deliver("union", PLAIN, LETTER, KEY)
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_hangs_is_given_up(mailbox: Mailbox, verb: str) -> None:
    mailbox.hangs_at = verb
    async with mail_server(mailbox) as port:
        error = await refusal(to_server(port, timeout_s=PATIENCE_S))
    assert not error.permanent
    assert str(error) == "the mail server did not answer within 0.5 s"


async def test_a_server_that_says_nothing_at_all_is_given_up() -> None:
    async with listening(asyncio.Protocol) as port:
        error = await refusal(to_server(port, timeout_s=PATIENCE_S))
    assert not error.permanent
    assert "did not answer" in str(error)


async def test_many_slow_answers_are_bounded_together(mailbox: Mailbox) -> None:
    """Each comes within the time a single answer may take."""
    mailbox.answers_after_s = PATIENCE_S * 0.6
    async with mail_server(mailbox) as port:
        error = await refusal(to_server(port, timeout_s=PATIENCE_S))
    assert "did not answer" in str(error)
    assert mailbox.mails == []


async def test_a_goodbye_that_never_comes_loses_nothing(mailbox: Mailbox) -> None:
    mailbox.hangs_at = "QUIT"
    async with mail_server(mailbox) as port, asyncio.timeout(5):
        await to_server(port).deliver("union", PLAIN, LETTER, KEY)
    assert len(mailbox.mails) == 1


async def test_a_server_that_is_away_is_tried_again() -> None:
    async with listening(asyncio.Protocol) as port:
        pass
    error = await refusal(to_server(port))
    assert not error.permanent
    assert str(error) == "the mail server cannot be reached or used (SMTPConnectError)"


@pytest.mark.parametrize(
    ("channels", "says"), [({}, "names no mail"), ({"email": {"to": "担当@union.example"}}, "xn--")]
)
async def test_a_partner_no_mail_can_reach(channel: EmailChannel, channels: dict[str, Any], says: str) -> None:
    error = await refusal(channel, partner=make_partner(channels=channels))
    assert error.permanent
    assert says in str(error)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server on loopback shows, and what trusts it."""
    pem = _self_signed(tmp_path_factory.mktemp("tls") / "server.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


def _self_signed(pem: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    signed = builder.add_extension(loopback, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return pem


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_user_and_password_go_over_tls(
    mailbox: Mailbox, certificate: tuple[ssl.SSLContext, ssl.SSLContext], scheme: str
) -> None:
    shown, trusted = certificate
    # aiosmtpd takes only STARTTLS for TLS.
    options = {"tls": shown, "auth_require_tls": False} if scheme == "smtps" else {"tls_context": shown}
    async with mail_server(mailbox, authenticator=mailbox.log_in, auth_required=True, **options) as port:
        good = to_server(port, scheme=scheme, login="tomoni%40x:p%40ss%3A%2Fword@", tls=trusted)
        await good.deliver("union", PLAIN, LETTER, KEY)
        error = await refusal(to_server(port, scheme=scheme, login="tomoni:wrong@", tls=trusted))
        stranger = await refusal(to_server(port, scheme=scheme, login="tomoni%40x:p%40ss%3A%2Fword@"))
    assert len(mailbox.mails) == 1
    assert mailbox.users[0] == "tomoni@x"
    # A password is changed by people; what waits goes out afterwards.
    assert not error.permanent
    assert "let us in (535" in str(error)
    assert "wrong" not in str(error)
    assert not stranger.permanent


async def test_a_server_without_tls_gets_no_mail_where_tls_is_asked_for(mailbox: Mailbox) -> None:
    async with mail_server(mailbox) as port:
        error = await refusal(to_server(port, scheme="smtp+starttls"))
    assert not error.permanent
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("url", "sender", "variable"),
    [
        ("http://mail.example", SENDER, "TOMONI_SMTP_URL"),
        ("smtp://", SENDER, "TOMONI_SMTP_URL"),
        ("smtp://u:hidden@mail.example:seven", SENDER, "TOMONI_SMTP_URL"),
        ("smtp://u:hidden/x@mail.example", SENDER, "TOMONI_SMTP_URL"),
        ("smtp://mail.example", "", "TOMONI_MAIL_FROM"),
        ("smtp://mail.example", "Tomoni", "TOMONI_MAIL_FROM"),
        ("smtp://mail.example", "トモニ <友@helpline.example>", "TOMONI_MAIL_FROM"),
        ("smtp://mail.example", "Tomoni <a@b.example>\nBcc: x@y.example", "TOMONI_MAIL_FROM"),
    ],
)
def test_settings_that_cannot_be_used_are_named(url: str, sender: str, variable: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        EmailChannel(url, sender, None)
    assert "hidden" not in str(caught.value)

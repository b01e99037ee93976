"""What partners' own systems tell us: a signed request each, taken once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ValidationError, model_validator
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.cases.advice import ask_advice, escalate, give_advice
from bot.cases.answer import answer_replies
from bot.cases.case import is_asked_for_advice, referral_of, status_of
from bot.cases.prepared import draft_article, draft_prepared, filling_from
from bot.cases.reference import normalise_reference
from bot.cases.service import accept_case, answer_person, close_case, decline_case
from bot.cases.transfer import ask_transfer
from bot.errors import CaseError, StorageUnavailable
from bot.helpline import Helpline
from bot.messages import LanguageCode
from bot.storage.cases import CaseWithEvents, find_case, lock_case
from bot.storage.models import ReceivedRow

logger = logging.getLogger(__name__)

MAX_BODY: Final = 64 * 1024
MAX_ID: Final = 128


class _Prepared(BaseModel):
    id: str
    fields: dict[str, str] = {}


class _Data(BaseModel):
    """An answer is `text`, or a `prepared` message or an `article` by its id in `language`, else in the person's."""

    reference: str
    reason: str = ""
    text: str = ""
    prepared: _Prepared | None = None
    article: str = ""
    language: Literal["", "ne", "my", "ja", "en"] = ""
    outcome: str = ""
    to: str = ""

    @model_validator(mode="after")
    def _answers_once(self) -> _Data:
        if sum(map(bool, (self.text, self.prepared, self.article))) > 1:
            raise ValueError("one of text, prepared and article")
        return self


class Notice(BaseModel):
    """What a partner's system says about a case. What it sends besides is left alone, files too: they go to the person
    from the partner's Telegram topic."""

    type: Literal[
        "case.accepted", "case.declined", "case.answered", "case.closed",
        "case.transfer", "case.ask_advice", "case.advised", "case.escalated",
    ]  # fmt: skip
    data: _Data


class PartnerInbox:
    """POST /partners/{partner_id}/webhook, signed as Standard Webhooks has it with the secret of that partner."""

    def __init__(self, helpline: Helpline, secrets: Mapping[str, str]) -> None:
        """`secrets` by the names that stand in the partners' file; several in one value, separated by spaces, while
        a secret is being changed."""
        self._helpline = helpline
        self._secrets = secrets

    def routes(self) -> list[Route]:
        return [Route("/partners/{partner_id}/webhook", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """Take one notice in.

        200 it is taken, or was before; 400 it cannot be understood; 401 it is not signed by this partner, or more
        than five minutes ago; 404 this partner does not have that case; 409 the case does not allow it, or there is
        no such message or article; 413 it is too large; 503 the database is away.
        """
        partner_id = request.path_params["partner_id"]
        body = await _read(request)
        if body is None:
            return _refuse(413, f"at most {MAX_BODY // 1024} kB")
        if not self.is_signed(partner_id, body, request.headers):
            return _refuse(401, "the signature is wrong, or older than five minutes")
        message_id = request.headers["webhook-id"]
        if len(message_id) > MAX_ID:
            return _refuse(400, f"webhook-id: at most {MAX_ID} characters")
        try:
            notice = Notice.model_validate_json(body)
        except ValidationError as error:
            # Not the values: they may hold a person's words.
            wrong = sorted({".".join(str(part) for part in fault["loc"]) or "body" for fault in error.errors()})
            return _refuse(400, f"wrong or missing: {', '.join(wrong)}")
        try:
            return await self._take_once(partner_id, message_id, notice)
        except CaseError as error:
            return _refuse(409, str(error))
        except StorageUnavailable:
            return JSONResponse({"error": "try again"}, status_code=503, headers={"Retry-After": "5"})

    def is_signed(self, partner_id: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether this partner signed a request with this body, not more than five minutes ago."""
        partner = self._helpline.respondent().directory.recipients.get(partner_id)
        webhook = partner.channels.webhook if partner is not None else None
        if webhook is None:
            return False
        return any(
            _signs(secret, webhook.secret_name, body, headers)
            for secret in self._secrets.get(webhook.secret_name, "").split()
        )

    async def _take_once(self, partner_id: str, message_id: str, notice: Notice) -> Response:
        source = f"webhook:{partner_id}"
        async with self._helpline.storage.transaction() as session:
            session.add(ReceivedRow(source=source, message_id=message_id, received_at=self._helpline.clock()))
            try:
                # Of two at once the second waits here for the first, and is refused if that one is taken.
                await session.flush()
            except IntegrityError:
                await session.rollback()
                return JSONResponse({"status": "taken before"})
            found = await _case_of(session, partner_id, notice)
            if found is None:
                await session.rollback()
                return _refuse(404, "you do not have such a case")
            await self._take(session, found, partner_id, notice)
        self._helpline.woken.set()
        return JSONResponse({"status": "taken"})

    async def _take(self, session: AsyncSession, found: CaseWithEvents, partner_id: str, notice: Notice) -> None:
        now = self._helpline.clock()
        data = notice.data
        recipients = self._helpline.respondent().directory.recipients
        match notice.type:
            case "case.accepted":
                await accept_case(session, found, partner_id, now)
            case "case.declined":
                await decline_case(session, found, partner_id, _clean(data.reason), now, recipients)
            case "case.transfer":
                await ask_transfer(session, found, partner_id, data.to, _clean(data.reason), now, recipients)
            case "case.ask_advice":
                await ask_advice(session, found, partner_id, data.to, _clean(data.text), now, recipients)
            case "case.advised":
                await give_advice(session, found, partner_id, partner_id, _clean(data.text), now, recipients)
            case "case.escalated":
                await escalate(session, found, partner_id, _clean(data.reason), now, recipients)
            case "case.answered":
                await self._answer(session, found, partner_id, data, now)
            case "case.closed":
                await close_case(session, found, partner_id, data.outcome, now)

    async def _answer(
        self, session: AsyncSession, found: CaseWithEvents, partner_id: str, data: _Data, now: dt.datetime
    ) -> None:
        language = LanguageCode(data.language or found.case.language)
        respondent = self._helpline.respondent()
        if data.prepared is not None:
            filling = filling_from({field: _clean(value) for field, value in data.prepared.fields.items()})
            partner = respondent.directory.partners.get(partner_id)
            draft = draft_prepared(
                found.case, respondent.knowledge_base, data.prepared.id, language, filling, partner, now
            )
        elif data.article:
            draft = draft_article(found.case, respondent.knowledge_base, data.article, language, now)
        else:
            text = _clean(data.text)
            await answer_person(session, found, partner_id, answer_replies(found.case, text), text, now)
            return
        await answer_person(session, found, partner_id, [draft.reply], draft.text, now, draft.detail)


async def _case_of(session: AsyncSession, partner_id: str, notice: Notice) -> CaseWithEvents | None:
    """The open case a notice is about, if this partner has it now or, for its advice, was asked for that; kept from
    others until the transaction ends."""
    reference = normalise_reference(notice.data.reference)
    known = await find_case(session, reference) if reference is not None else None
    found = await lock_case(session, known.case.id) if known is not None else None
    if found is None or status_of(found.events).name != "open":
        return None
    if notice.type == "case.advised":
        return found if is_asked_for_advice(found.events, partner_id) else None
    return found if referral_of(found.events).partner_id == partner_id else None


def _signs(secret: str, name: str, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        verifier = Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        logger.error("%s: holds something that is no secret; one reads whsec_ and base64", name)
        return False
    try:
        verifier.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


async def _read(request: Request) -> bytes | None:
    """The body; None where it is too large."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _clean(text: str) -> str:
    """`text` without what no database can store."""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "")


def _refuse(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)

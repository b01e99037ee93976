"""Files of cases that partners' own systems fetch: signed like everything they send, and of their cases alone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.cases.case import referral_of, status_of
from bot.cases.files import CaseFiles
from bot.delivery.inbound import PartnerInbox
from bot.downloads import download
from bot.errors import ChannelError, StorageUnavailable
from bot.storage.attachments import find_attachment
from bot.storage.audit import record
from bot.storage.cases import HELP, find_case
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow

_LATER: Final = {"Retry-After": "5"}


def files_path(partner_id: str) -> str:
    """Where a partner's system finds the files of its cases, by their ids."""
    return f"/partners/{partner_id}/attachments"


class PartnerFiles:
    """GET /partners/{partner_id}/attachments/{attachment_id}, signed as Standard Webhooks has it over an empty body."""

    def __init__(
        self, storage: Storage, inbox: PartnerInbox, files: CaseFiles, clock: Callable[[], dt.datetime]
    ) -> None:
        """`inbox` knows who signs."""
        self._clock = clock
        self._storage = storage
        self._inbox = inbox
        self._files = files

    def routes(self) -> list[Route]:
        return [Route("/partners/{partner_id}/attachments/{attachment_id}", self.get, methods=["GET"])]

    async def get(self, request: Request) -> Response:
        """Hand a file out.

        200 with the file, to be saved; 401 it is not signed by this partner, or more than five minutes ago; 404 there
        is no such file in a case this partner has now; 502 its channel does not give it; 503 try again.
        """
        partner_id = request.path_params["partner_id"]
        if not self._inbox.is_signed(partner_id, b"", request.headers):
            return _refuse(401, "the signature is wrong, or older than five minutes")
        try:
            row = await self._find(partner_id, request.path_params["attachment_id"])
            if row is None:
                return _refuse(404, "you do not have such a file")
            return await download(self._files, row)
        except ChannelError as error:
            return _refuse(502, str(error)) if error.permanent else _try_again()
        except StorageUnavailable:
            return _try_again()

    async def _find(self, partner_id: str, text: str) -> AttachmentRow | None:
        try:
            attachment_id = uuid.UUID(text)
        except ValueError:
            return None
        async with self._storage.transaction() as session:
            found = await find_attachment(session, attachment_id)
            case = await find_case(session, found[0].reference) if found is not None else None
            if found is None or case is None or status_of(case.events).name != "open":
                return None
            if referral_of(case.events).partner_id != partner_id:
                return None
            record(session, self._clock(), partner_id, "file seen", case.case.reference, HELP)
            return found[1]


def _refuse(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)


def _try_again() -> Response:
    return JSONResponse({"error": "try again"}, status_code=503, headers=_LATER)

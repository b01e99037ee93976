"""Files in the web chat: one address to send them to, one to fetch a conversation's own from."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.cases.case import status_of
from bot.cases.files import CaseFiles
from bot.cases.uploads import take_upload
from bot.channels.web.errors import BadRequest
from bot.channels.web.language import preferred_language
from bot.channels.web.translate import key_from, message_id_from, reply_to_json
from bot.conversation.file_limits import MAX_HELD, MAX_SIZE, Refusal, admit, refusal_text
from bot.downloads import download
from bot.errors import ChannelError, StorageUnavailable
from bot.helpline import Helpline
from bot.i18n import Translator, translator
from bot.markup import without_ruby
from bot.messages import Attachment, AttachmentKind, ConversationKey, File, Message
from bot.storage.attachments import find_attachment, held_bytes
from bot.storage.cases import CaseWithEvents, cases_of_conversation, find_case
from bot.storage.conversations import find_conversation
from bot.storage.models import AttachmentRow, CaseEventKind

# What the person wrote or was answered. No other event of a case is theirs to see.
_THEIRS: Final = (CaseEventKind.NOTE, CaseEventKind.ANSWER)
_TOO_MUCH: Final = (Refusal.TOO_LARGE, Refusal.TOO_MANY_PIXELS, Refusal.CASE_FULL)


class WebFiles:
    """The routes of files over one helpline."""

    def __init__(self, helpline: Helpline, files: CaseFiles, headers: Mapping[str, str]) -> None:
        """`headers` go with every answer that is no file."""
        self._helpline = helpline
        self._files = files
        self._headers = dict(headers)
        # Pictures take much memory while they are made anew.
        self._one_at_a_time = asyncio.Semaphore(1)

    def routes(self) -> list[BaseRoute]:
        """`/chat/attachments` and `/chat/attachments/{id}`."""
        return [
            Route("/chat/attachments", self.post, methods=["POST"]),
            Route("/chat/attachments/{attachment_id}", self.get, methods=["GET"]),
        ]

    async def post(self, request: Request) -> Response:
        """Take a file in: its bytes are the body, its name (percent-encoded) stands in X-File-Name, the id of the
        message in X-Message-Id. No form is parsed, so that nothing touches the disk unencrypted.

        200 with the replies, as for a message; 400 it is not as the page sends it; 413 it is too large; 415 its type
        is not let in; 503 try again. What 413 and 415 say is for the person to read.
        """
        language = preferred_language(request.headers.get("accept-language", ""))
        try:
            key = key_from(request.headers.get("x-conversation", ""))
            message_id = message_id_from(request.headers.get("x-message-id", ""))
            taken = await self._take(request, key)
            if isinstance(taken, Refusal):
                return self._refuse(taken, translator(language))
            message = Message(key, message_id, taken, dt.datetime.now(dt.UTC), language)
            receipt = await self._helpline.receive(message, pulled=True)
        except BadRequest as error:
            return self._say({"error": str(error)}, 400)
        except StorageUnavailable:
            return self._say({"error": "try again"}, 503)
        replies = [reply_to_json(item) for item in receipt.replies]
        return self._say({"replies": replies, "waiting": receipt.waiting or not replies})

    async def _take(self, request: Request, key: ConversationKey) -> Attachment | Refusal:
        name = unquote(request.headers.get("x-file-name", ""))[:1000]
        media_type = request.headers.get("content-type", "")
        length = request.headers.get("content-length", "")
        declared = int(length) if length.isascii() and length.isdecimal() else 0
        admitted = admit(Attachment(AttachmentKind.DOCUMENT, "", File(name, media_type, declared)))
        if isinstance(admitted, Refusal) or admitted.file is None:
            # What is small enough is let come to its end, or the browser does not listen to the answer.
            await _read(request, keep=False) if declared <= MAX_SIZE else None
            return admitted if isinstance(admitted, Refusal) else Refusal.NO_FILE
        case = await self._open_case(key)
        if case is None:
            await _read(request, keep=False)
            kind = AttachmentKind.PHOTO if admitted.file.media_type.startswith("image/") else AttachmentKind.DOCUMENT
            return Attachment(kind)
        async with self._helpline.storage.reading() as session:
            held = await held_bytes(session, case.case.id)
        content = await _read(request, keep=held + declared <= MAX_HELD)
        if content is None:
            return Refusal.TOO_LARGE
        if held + max(len(content), declared) > MAX_HELD:
            return Refusal.CASE_FULL
        async with self._one_at_a_time:
            return await take_upload(admitted.file.name, admitted.file.media_type, content)

    async def get(self, request: Request) -> Response:
        """Hand out a file of a case of the conversation in X-Conversation: 200, 404 for any other, 502 where its
        channel does not give it, 503 try again."""
        try:
            row = await self._find(key_from(request.headers.get("x-conversation", "")), request)
            if row is None:
                return self._say({"error": "there is no such file"}, 404)
            return await download(self._files, row, inline=True)
        except BadRequest as error:
            return self._say({"error": str(error)}, 400)
        except ChannelError as error:
            return self._say({"error": str(error)}, 502 if error.permanent else 503)
        except StorageUnavailable:
            return self._say({"error": "try again"}, 503)

    async def _find(self, key: ConversationKey, request: Request) -> AttachmentRow | None:
        try:
            attachment_id = uuid.UUID(request.path_params["attachment_id"])
        except ValueError:
            return None
        storage = self._helpline.storage
        async with storage.reading() as session:
            conversation = await find_conversation(session, *storage.cipher.hashes(key))
            found = await find_attachment(session, attachment_id)
            if conversation is None or found is None or found[0].conversation_id != conversation.id:
                return None
            case = await find_case(session, found[0].reference)
        row = found[1]
        theirs = case is not None and case.events[row.position].kind in _THEIRS
        return row if theirs else None

    async def _open_case(self, key: ConversationKey) -> CaseWithEvents | None:
        storage = self._helpline.storage
        async with storage.reading() as session:
            row = await find_conversation(session, *storage.cipher.hashes(key))
            cases = await cases_of_conversation(session, row.id) if row is not None else []
        return next((case for case in reversed(cases) if status_of(case.events).name == "open"), None)

    def _refuse(self, refusal: Refusal, words: Translator) -> Response:
        return self._say({"error": without_ruby(refusal_text(words, refusal))}, 413 if refusal in _TOO_MUCH else 415)

    def _say(self, content: Mapping[str, object], status: int = 200) -> Response:
        retry = {"Retry-After": "2"} if status == 503 else {}
        return JSONResponse(content, status_code=status, headers={**self._headers, **retry})


async def _read(request: Request, *, keep: bool) -> bytes | None:
    """The body, or nothing of it where it is not to be kept; None where it is more than is let in."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_SIZE:
            return None
        if keep:
            pieces.append(piece)
    return b"".join(pieces)

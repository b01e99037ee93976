"""Files on the Bot API server: kept under ids, sent by id or as bytes, fetched by those who may; after tdlib/td."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from tests.servers.bot_api_forum import Refused

MAX_DOWNLOAD = 20 * 1024 * 1024
# The methods that send a file, and the parameter that names it.
SENDS = {
    f"send{name}": parameter
    for name, parameter in (
        ("Photo", "photo"), ("Document", "document"), ("Voice", "voice"), ("Audio", "audio"), ("Video", "video"),
        ("VideoNote", "video_note"), ("Animation", "animation"),
    )
}  # fmt: skip


@dataclass
class SentFile:
    """A file the bot sent: by its id, or with its bytes and the name they came under."""

    type: str
    file_id: str = ""
    name: str = ""
    content: bytes = b""


@dataclass
class Stored:
    """A file the server keeps. `declared` is the size it tells; `length` how much it sends."""

    type: str
    content: bytes
    declared: int
    length: int


class Files:
    """All files the server knows."""

    def __init__(self) -> None:
        self.stored: dict[str, Stored] = {}
        self.bytes_fetched = 0

    def put(self, kind: str, content: bytes, *, declared: int | None = None, length: int | None = None) -> str:
        """Let somebody have sent a file. Returns its id. `length` makes it as long by repeating `content`."""
        file_id = f"{kind}-{len(self.stored)}"
        size = len(content) if length is None else length
        self.stored[file_id] = Stored(kind, content, size if declared is None else declared, size)
        return file_id

    def photo(self, content: bytes = b"\xff\xd8\xff a photo") -> list[dict[str, Any]]:
        """What a message with a photo holds: two sizes, the larger last."""
        sizes = [self.put("photo", content[:4]), self.put("photo", content)]
        return [self._described(file_id) | {"width": 90 * n, "height": 90 * n} for n, file_id in enumerate(sizes, 1)]

    def document(self, name: str, media_type: str, content: bytes = b"%PDF-1.7", **lie: int) -> dict[str, Any]:
        """What a message with a document holds; `declared` and `length` as in `put`."""
        file_id = self.put("document", content, **lie)
        return self._described(file_id) | {"file_name": name, "mime_type": media_type}

    def voice(self) -> dict[str, Any]:
        """What a message with a voice message holds."""
        return self._described(self.put("voice", b"OggS")) | {"duration": 3, "mime_type": "audio/ogg"}

    def _described(self, file_id: str) -> dict[str, Any]:
        return {"file_id": file_id, "file_unique_id": file_id, "file_size": self.stored[file_id].declared}

    def get(self, file_id: str) -> dict[str, Any]:
        """getFile."""
        stored = self._find(file_id)
        if stored.declared > MAX_DOWNLOAD:
            raise Refused(400, "Bad Request: file is too big")
        return self._described(file_id) | {"file_path": f"files/{file_id}"}

    async def sent_with(self, method: str, parameters: dict[str, Any]) -> SentFile | None:
        """The file a call sends; None for a method that sends none."""
        kind = SENDS.get(method)
        if kind is None:
            return None
        value = parameters.get(kind)
        if isinstance(value, str) and value.startswith("attach://"):
            value = parameters.get(value.removeprefix("attach://"))
        if isinstance(value, UploadFile):
            content = await value.read()
            if not content:
                raise Refused(400, "Bad Request: file must be non-empty")
            return SentFile(kind, "", value.filename or "", content)
        stored = self._find(str(value))
        if stored.type != kind:
            raise Refused(400, f"Bad Request: can't use file of type {stored.type} as {kind}")
        if kind == "video_note" and parameters.get("caption"):
            raise AssertionError("a round video takes no caption")
        return SentFile(kind, str(value))

    def _find(self, file_id: str) -> Stored:
        stored = self.stored.get(file_id)
        if stored is None:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return stored

    async def download(self, request: Request) -> Response:
        """What is behind a file's path."""
        stored = self.stored.get(request.path_params["path"].removeprefix("files/"))
        if stored is None:
            return PlainTextResponse("not found", status_code=404)

        async def body() -> AsyncIterator[bytes]:
            left = stored.length
            block = stored.content * (64 * 1024 // len(stored.content)) or stored.content
            while left > 0:
                piece = block[:left]
                self.bytes_fetched += len(piece)
                left -= len(piece)
                yield piece
                # Somebody who has gone is noticed between two pieces.
                await asyncio.sleep(0)

        return StreamingResponse(body())

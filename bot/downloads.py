"""Handing a file of a case out over HTTP, so that no browser runs it and nothing keeps it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from bot.cases.files import CaseFiles
from bot.conversation.file_limits import INLINE, TYPES
from bot.storage.models import AttachmentRow

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


async def download(files: CaseFiles, row: AttachmentRow, *, inline: bool = False) -> Response:
    """A file as a response, streamed; with `inline` a picture may be shown where it is, all else is to be saved.

    Raises ChannelError where its channel does not give it. One that turns out larger than is let in breaks off.
    """
    media_type = row.media_type if row.media_type in TYPES else "application/octet-stream"
    disposition = "inline" if inline and media_type in INLINE else "attachment"
    pieces = files.stream(row)
    # Before the first byte is here there is still time to say that it cannot be had.
    first = await anext(pieces, b"")

    async def body() -> AsyncIterator[bytes]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    name = quote(row.name or row.kind, safe="")
    headers = {**_HEADERS, "Content-Disposition": f"{disposition}; filename*=UTF-8''{name}"}
    return StreamingResponse(body(), media_type=media_type, headers=headers)

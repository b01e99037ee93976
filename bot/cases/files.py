"""Reading a file of a case, wherever it is kept, and never more of it than is let in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Protocol

from bot.conversation.file_limits import MAX_SIZE
from bot.errors import ChannelError
from bot.storage.attachments import content_of
from bot.storage.engine import Storage
from bot.storage.models import AttachmentRow

_PIECE: Final = 64 * 1024


class RemoteFiles(Protocol):
    """A channel that keeps the files sent through it."""

    def stream_file(self, remote: str) -> AsyncGenerator[bytes, None]:
        """What is in a file, piece by piece. Raises ChannelError."""
        ...


class CaseFiles:
    """The files of cases: those we hold and those a channel keeps."""

    def __init__(self, storage: Storage, remote: RemoteFiles | None) -> None:
        """`remote` keeps the files that we do not hold; None where no such channel is set up."""
        self._storage = storage
        self._remote = remote

    async def stream(self, row: AttachmentRow, limit: int = MAX_SIZE) -> AsyncGenerator[bytes, None]:
        """What is in a file, piece by piece, however large its channel said it was.

        Raises ChannelError: permanent where it is gone or more than `limit` bytes, else to be tried again.
        """
        size = 0
        # Whoever stops reading must not leave the other side sending.
        async with aclosing(self._pieces(row)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise ChannelError("the file is larger than is let in", permanent=True)
                yield piece

    async def read(self, row: AttachmentRow, limit: int = MAX_SIZE) -> bytes:
        """All of a file. Raises ChannelError as `stream` does."""
        return b"".join([piece async for piece in self.stream(row, limit)])

    async def _pieces(self, row: AttachmentRow) -> AsyncGenerator[bytes, None]:
        if row.remote is not None:
            if self._remote is None:
                raise ChannelError("the channel that keeps the file is not set up", permanent=True)
            async with aclosing(self._remote.stream_file(row.remote)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        async with self._storage.reading() as session:
            content = await content_of(session, row.id)
        if content is None:
            raise ChannelError("the file is gone", permanent=True)
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]

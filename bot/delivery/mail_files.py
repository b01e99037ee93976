"""The files that go into a mail: as many as mail servers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.cases.files import CaseFiles
from bot.conversation.file_limits import MEGABYTE
from bot.errors import ChannelError
from bot.storage.models import AttachmentRow

# All files of a mail together; written as text, which mail is, that is 14 MB.
MAX_ATTACHED: Final = 10 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it stands in a mail."""

    name: str
    media_type: str
    content: bytes


async def attachable(files: CaseFiles | None, rows: Sequence[AttachmentRow]) -> list[Attached]:
    """Those of `rows` that fit into a mail, the first ones first; left out is also what cannot be read for good.

    Raises ChannelError where one cannot be read now.
    """
    attached: list[Attached] = []
    left = MAX_ATTACHED
    if files is None:
        return attached
    for row in rows:
        if row.size > left:
            continue
        try:
            content = await files.read(row, left)
        except ChannelError as error:
            if not error.permanent:
                raise
            continue
        left -= len(content)
        attached.append(Attached(row.name or row.kind, row.media_type, content))
    return attached

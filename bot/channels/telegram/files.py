"""Files as Telegram has them: what a message holds, and how one is sent on by its file id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import telegram
from telegram import InputFile

from bot.errors import ChannelError
from bot.messages import File, SentFile

ROUND_VIDEO: Final = "video_note"
# What Telegram makes of these is always of one type, whatever the sender's program calls it.
_ALWAYS: Final = {"photo": "image/jpeg", "animation": "video/mp4", ROUND_VIDEO: "video/mp4"}


@dataclass(frozen=True, slots=True)
class Sending:
    """Which of the bot's methods sends a file, and the parameters that name it."""

    method: str
    parameters: dict[str, Any]


def file_in(said: telegram.Message, bot_id: int) -> File | None:
    """The file in a message as Telegram describes it; None where there is none."""
    # An animation comes as a document too. Of a photo, the last size is the largest.
    found: dict[str, Any] = {
        "photo": said.photo[-1] if said.photo else None,
        "voice": said.voice,
        "audio": said.audio,
        ROUND_VIDEO: said.video_note,
        "animation": said.animation,
        "video": said.video,
        "document": said.document,
    }
    for kind, item in found.items():
        if item is not None:
            media_type = _ALWAYS.get(kind) or getattr(item, "mime_type", None) or ""
            # Telegram makes the others itself; only a document's name says something about it.
            name = (item.file_name or "") if kind == "document" else ""
            remote = {"bot": bot_id, "type": kind, "file_id": item.file_id}
            return File(name, media_type, item.file_size or 0, remote=json.dumps(remote))
    return None


def type_of(remote: str) -> str:
    """What Telegram calls a file it keeps: photo, document, voice, …; empty where another channel keeps it."""
    return str(json.loads(remote).get("type", "")) if remote else ""


def file_id_of(remote: str, bot_id: int) -> str:
    """The id by which this bot names a file. Raises ChannelError where the file is another bot's."""
    kept = json.loads(remote)
    if kept.get("bot") != bot_id:
        raise ChannelError("another bot keeps the file", permanent=True)
    return str(kept["file_id"])


def sending_of(file: SentFile, bot_id: int, content: bytes | None) -> Sending:
    """How a file is sent: as it came where Telegram keeps it, else `content` as a document, so that nothing of a
    photographed page is lost. Raises ChannelError where neither is at hand."""
    if file.remote:
        kind = type_of(file.remote)
        return Sending(f"send_{kind}", {kind: file_id_of(file.remote, bot_id)})
    if content is None:
        raise ChannelError("the file is gone", permanent=True)
    # Without the detection Telegram would make a silent video an animation, and a sound file music.
    return Sending(
        "send_document",
        {"document": InputFile(content, filename=file.name), "disable_content_type_detection": True},
    )

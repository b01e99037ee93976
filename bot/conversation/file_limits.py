"""Which files are let in, both ways, and what is said of those that are not. Nothing here opens a file."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from bot.i18n import Translator
from bot.messages import Attachment, AttachmentKind

MEGABYTE: Final = 1024 * 1024
# What a bot may fetch from Telegram; https://core.telegram.org/bots/api#getfile
MAX_SIZE: Final = 20 * MEGABYTE
# What people without an account may make us store for one case.
MAX_HELD: Final = 100 * MEGABYTE
MAX_NAME: Final = 80
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
# By media type, the endings its files have; the first is given to one without a name. Anything that a browser or an
# office program would run is none of these: HTML, SVG, programs, scripts, archives, documents with macros.
TYPES: Final[dict[str, tuple[str, ...]]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
    f"{_OFFICE}.wordprocessingml.document": (".docx",),
    f"{_OFFICE}.spreadsheetml.sheet": (".xlsx",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "video/mp4": (".mp4",),
}
# Images every browser shows by itself.
INLINE: Final = ("image/jpeg", "image/png", "image/webp", "image/gif")
_ALSO_CALLED: Final = {
    "image/jpg": "image/jpeg",
    "image/heif": "image/heic",
    "application/x-pdf": "application/pdf",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
}
_SAYS_NOTHING: Final = ("", "application/octet-stream")
_FILES: Final = (AttachmentKind.PHOTO, AttachmentKind.DOCUMENT, AttachmentKind.VOICE, AttachmentKind.VIDEO)


class Refusal(StrEnum):
    """Why a file is not let in."""

    NO_FILE = "no_file"
    TOO_LARGE = "too_large"
    TYPE = "type"
    UNREADABLE = "unreadable"
    TOO_MANY_PIXELS = "too_many_pixels"
    CASE_FULL = "case_full"


def accepted_files() -> list[str]:
    """What a browser is to offer for choosing: media types and endings. It cannot be sent HEIC: telephones make a JPEG
    of it where that is not asked for."""
    chosen = {media_type: endings for media_type, endings in TYPES.items() if media_type != "image/heic"}
    return [*chosen, *(ending for endings in chosen.values() for ending in endings)]


def admit(attachment: Attachment) -> Attachment | Refusal:
    """The attachment with a name and a media type that can be relied on to be harmless names, or why it is not let
    in. What its channel says of it is all that counts here: it is counted again wherever it is read."""
    file = attachment.file
    if file is None or attachment.kind not in _FILES:
        return Refusal.NO_FILE
    if max(file.size, len(file.content)) > MAX_SIZE:
        return Refusal.TOO_LARGE
    name = safe_name(file.name)
    media_type = media_type_of(name, file.media_type)
    if media_type is None:
        return Refusal.TYPE
    name = name or f"{attachment.kind}{TYPES[media_type][0]}"
    return replace(attachment, file=replace(file, name=name, media_type=media_type))


def media_type_of(name: str, declared: str) -> str | None:
    """The media type of a file let in; None where its type is none of ours, or its name says something else."""
    media_type = declared.partition(";")[0].strip().lower()
    media_type = _ALSO_CALLED.get(media_type, media_type)
    ending = PurePosixPath(name).suffix.lower()
    if media_type in _SAYS_NOTHING:
        return next((known for known, endings in TYPES.items() if ending in endings), None)
    if media_type not in TYPES or (ending and ending not in TYPES[media_type]):
        return None
    return media_type


def safe_name(name: str) -> str:
    """A file's name without folders, controls, direction marks and what else no name needs; empty where nothing is
    left."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", plain.encode("utf-8", "ignore").decode())
        if unicodedata.category(character)[0] != "C" and character not in '<>:"|?*'
    )
    kept = " ".join(kept.split()).strip(". ")
    ending = PurePosixPath(kept).suffix[:MAX_NAME]
    return kept if len(kept) <= MAX_NAME else kept[: MAX_NAME - len(ending)] + ending


def refusal_text(words: Translator, refusal: Refusal) -> str:
    """What is said of a file that is not let in, to whoever sent it."""
    match refusal:
        case Refusal.TOO_LARGE:
            return words(
                "This file is too large. At most %(most)s MB can be passed on.", most=words.number(MAX_SIZE // MEGABYTE)
            )
        case Refusal.TYPE:
            return words(
                "This kind of file cannot be passed on. What can: photos, PDF, Word (docx), Excel (xlsx), voice and "
                "video (mp4)."
            )
        case Refusal.UNREADABLE:
            return words("This file cannot be read. Please take a photo of it and send the photo.")
        case Refusal.TOO_MANY_PIXELS:
            return words("This picture is too big. Please send it smaller.")
        case Refusal.CASE_FULL:
            return words("Your case is full of files. Please write a message instead.")
        case Refusal.NO_FILE:
            return words("This cannot be passed on. Please write it as a text.")

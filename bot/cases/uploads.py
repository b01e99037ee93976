"""Files that reach us as bytes: looked at for what they are, pictures made anew without what a camera writes in."""

from __future__ import annotations

import asyncio
import io
from pathlib import PurePosixPath
from typing import Final

from PIL import Image, ImageOps

from bot.conversation.file_limits import TYPES, Refusal, admit
from bot.messages import Attachment, AttachmentKind, File

# 50 million: a telephone's camera. A picture that unpacks to more is refused by its header, before it is unpacked.
MAX_PIXELS: Final = 50_000_000
# Enough to read a payslip photographed whole.
LONGEST_SIDE: Final = 3000
_QUALITY: Final = 88
# By media type, how we write a picture, and what it is then. An animation keeps its first picture.
_WRITTEN_AS: Final = {
    "image/jpeg": ("JPEG", "image/jpeg"),
    "image/webp": ("JPEG", "image/jpeg"),
    "image/png": ("PNG", "image/png"),
    "image/gif": ("PNG", "image/png"),
}
_READ_AS: Final = {"image/jpeg": "JPEG", "image/webp": "WEBP", "image/png": "PNG", "image/gif": "GIF"}
# What a file of a type begins with, and at which byte. An office document is a ZIP archive, and nobody here opens it.
_SIGNS: Final[dict[str, tuple[tuple[int, bytes], ...]]] = {
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/webp": ((8, b"WEBP"),),
    "image/gif": ((0, b"GIF8"),),
    "application/pdf": ((0, b"%PDF-"),),
    "audio/ogg": ((0, b"OggS"),),
    "audio/mpeg": ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2")),
    "audio/mp4": ((4, b"ftyp"),),
    "video/mp4": ((4, b"ftyp"),),
}
_ARCHIVE: Final = ((0, b"PK\x03\x04"),)


async def take_upload(name: str, media_type: str, content: bytes) -> Attachment | Refusal:
    """What somebody sent as a file of this name and type: let in as an attachment, pictures made anew, or why not.
    A picture takes up to 200 MB of memory meanwhile: do one at a time."""
    kind = AttachmentKind.PHOTO if media_type.startswith("image/") else AttachmentKind.DOCUMENT
    if media_type.startswith("audio/"):
        kind = AttachmentKind.VOICE
    elif media_type.startswith("video/"):
        kind = AttachmentKind.VIDEO
    admitted = admit(Attachment(kind, "", File(name, media_type, len(content), content=content)))
    if isinstance(admitted, Refusal) or admitted.file is None:
        return Refusal.NO_FILE if isinstance(admitted, Attachment) else admitted
    file = admitted.file
    if file.media_type == "image/heic" or not is_what_it_says(file.media_type, content):
        return Refusal.UNREADABLE
    if file.media_type not in _WRITTEN_AS:
        return admitted
    made = await asyncio.to_thread(make_anew, file.media_type, content)
    if isinstance(made, Refusal):
        return made
    written, clean = made
    new_name = f"{PurePosixPath(file.name).stem}{TYPES[written][0]}"
    return Attachment(AttachmentKind.PHOTO, "", File(new_name, written, len(clean), content=clean))


def is_what_it_says(media_type: str, content: bytes) -> bool:
    """Whether a file begins as those of its type do."""
    signs = _SIGNS.get(media_type, _ARCHIVE)
    return any(content[at : at + len(sign)] == sign for at, sign in signs)


def make_anew(media_type: str, content: bytes) -> tuple[str, bytes] | Refusal:
    """A picture of a type in INLINE written anew, upright and not larger than can be read, without the place, time
    and names its file held: its media type then, and its bytes. Why not, where it cannot be opened."""
    try:
        with Image.open(io.BytesIO(content), formats=[_READ_AS[media_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                return Refusal.TOO_MANY_PIXELS
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            form, written = _WRITTEN_AS[media_type]
            plain = upright.convert("RGB" if form == "JPEG" else "RGBA")
            plain.info.clear()
            out = io.BytesIO()
            plain.save(out, form, quality=_QUALITY)
    except Image.DecompressionBombError:
        return Refusal.TOO_MANY_PIXELS
    # Pillow raises whatever its readers stumble over: a broken picture is nobody's fault of ours.
    except Exception:
        return Refusal.UNREADABLE
    return written, out.getvalue()

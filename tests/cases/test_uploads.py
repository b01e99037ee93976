"""Files that reach us as bytes: pictures made anew, everything else left as it is."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from bot.cases.uploads import LONGEST_SIDE, MAX_PIXELS, is_what_it_says, make_anew, take_upload
from bot.conversation.file_limits import Refusal
from bot.messages import Attachment, AttachmentKind


def picture(form: str, size: tuple[int, int] = (60, 30), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "white").save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "media_type", "becomes", "name"),
    [
        ("JPEG", "image/jpeg", "image/jpeg", "a.jpg"),
        ("WEBP", "image/webp", "image/jpeg", "a.jpg"),
        ("PNG", "image/png", "image/png", "a.png"),
        ("GIF", "image/gif", "image/png", "a.png"),
    ],
)
async def test_a_picture_is_made_anew(form: str, media_type: str, becomes: str, name: str) -> None:
    taken = await take_upload(f"a.{form.lower()}", media_type, picture(form))
    assert isinstance(taken, Attachment)
    assert taken.file is not None
    assert (taken.kind, taken.file.name, taken.file.media_type) == (AttachmentKind.PHOTO, name, becomes)
    assert taken.file.size == len(taken.file.content)
    assert Image.open(io.BytesIO(taken.file.content)).size == (60, 30)


def test_a_large_picture_becomes_readable_and_no_larger() -> None:
    made = make_anew("image/jpeg", picture("JPEG", (4000, 1000)))
    assert not isinstance(made, Refusal)
    assert Image.open(io.BytesIO(made[1])).size == (LONGEST_SIDE, 750)


def test_more_points_than_a_camera_has_are_refused() -> None:
    side = int(MAX_PIXELS**0.5) + 1
    assert make_anew("image/png", picture("PNG", (side, side), "1")) == Refusal.TOO_MANY_PIXELS


def test_a_picture_of_another_type_than_it_says_is_not_opened() -> None:
    assert make_anew("image/jpeg", picture("PNG")) == Refusal.UNREADABLE


def test_whatever_is_broken_is_only_unreadable() -> None:
    chance = random.Random(7)
    for form in ("JPEG", "PNG", "WEBP", "GIF"):
        whole = picture(form)
        for _ in range(60):
            broken = bytearray(whole)
            for _ in range(5):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            made = make_anew(f"image/{form.lower()}", bytes(broken[: chance.randrange(len(broken))]))
            assert isinstance(made, Refusal) or made[1]


def test_a_file_must_begin_as_its_type_does() -> None:
    assert is_what_it_says("application/pdf", b"%PDF-1.7")
    assert not is_what_it_says("application/pdf", b"<html>%PDF")
    assert not is_what_it_says("video/mp4", b"MZ")
    assert not is_what_it_says("audio/ogg", b"")

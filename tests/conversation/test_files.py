"""Photos, files and voice: into the open case, or a kind answer."""

from __future__ import annotations

import pytest

from bot.channels.console import show
from bot.conversation.file_limits import MAX_NAME, Refusal, admit, media_type_of, safe_name
from bot.conversation.respond import Respondent
from bot.conversation.turn import AddToCase, Decision, Turn
from bot.i18n import ENGLISH
from bot.messages import Attachment, AttachmentKind, File, Reply, SentFile
from tests.conversation.talk import ATTACK, REFERENCE, Talk, all_shown, shown

PHOTO = File("", "image/jpeg", 9, remote="{}")


def added(turn: Turn) -> list[AddToCase]:
    return [effect for effect in turn.effects if isinstance(effect, AddToCase)]


@pytest.fixture
def talk(small_respondent: Respondent) -> Talk:
    """Somebody with an open case."""
    opened = Talk(small_respondent, "en")
    opened.say("boss did not pay me in May")
    opened.hand_over()
    assert opened.state.case == REFERENCE
    return opened


@pytest.mark.parametrize(
    ("kind", "media_type", "word"),
    [
        (AttachmentKind.PHOTO, "image/jpeg", "the photo"),
        (AttachmentKind.VOICE, "audio/ogg", "your voice message"),
        (AttachmentKind.VIDEO, "video/mp4", "the video"),
        (AttachmentKind.DOCUMENT, "application/pdf", "the file"),
    ],
)
def test_it_joins_the_open_case(talk: Talk, kind: AttachmentKind, media_type: str, word: str) -> None:
    turn = talk.say(Attachment(kind, " my payslip ", File("", media_type, 9)))
    assert shown(turn.replies[0]) == f"I have added {word} to your case {REFERENCE}."
    [effect] = added(turn)
    assert (effect.reference, effect.text, effect.urgency) == (REFERENCE, "my payslip", "normal")
    assert effect.attachment is not None
    assert effect.attachment.kind == kind


def test_danger_in_its_words_comes_first_and_makes_the_case_urgent(respondent: Respondent) -> None:
    talk = Talk(respondent, "en")
    talk.hand_over()
    for number in range(2):
        turn = talk.say(Attachment(AttachmentKind.PHOTO, ATTACK["en"], PHOTO))
        assert turn.decision == Decision.URGENT
        assert "110" in shown(turn.replies[0])
        assert "added the photo" in shown(turn.replies[-1])
        [effect] = added(turn)
        assert (effect.text, effect.urgency) == (ATTACK["en"], "immediate"), number
        assert effect.attachment is not None
    assert added(talk.press("p")) == [], "the words are in the case already"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (File("a.pdf", "application/pdf", 50_000_000), "too large"),
        (File("a.exe", "application/pdf", 9), "kind of file"),
        (File("a.html", "text/html", 9), "kind of file"),
    ],
)
def test_what_is_not_let_in_is_said_and_its_words_still_answered(talk: Talk, file: File, said: str) -> None:
    turn = talk.say(Attachment(AttachmentKind.DOCUMENT, "boss did not pay me in May", file))
    assert said in shown(turn.replies[0])
    assert "The company must pay you" in all_shown(turn)
    assert not any(effect.attachment for effect in added(turn))
    assert said in all_shown(talk.say(Attachment(AttachmentKind.DOCUMENT, "", file)))


def test_a_sticker_or_place_joins_no_case(talk: Talk) -> None:
    for kind in (AttachmentKind.STICKER, AttachmentKind.LOCATION, AttachmentKind.CONTACT):
        assert added(talk.say(Attachment(kind))) == []


def test_without_a_case_it_is_said_when_it_can_be_sent(small_respondent: Respondent) -> None:
    talk = Talk(small_respondent, "en")
    turn = talk.say(Attachment(AttachmentKind.PHOTO, "", PHOTO))
    assert "When a person looks after your case, you can send it here" in all_shown(turn)
    talk.press("p")
    assert talk.state.intake is not None
    turn = talk.say(Attachment(AttachmentKind.PHOTO, "", PHOTO))
    assert "again when your case is open" in all_shown(turn)
    assert talk.state.intake is not None
    assert added(turn) == []


def test_the_consent_says_that_files_go_the_same_way(small_respondent: Respondent) -> None:
    talk = Talk(small_respondent, "en")
    talk.press("p")
    for _ in range(5):
        talk.press("i:skip")
    assert "also photos and files, goes to the same people" in all_shown(talk.turn)


@pytest.mark.parametrize(
    ("name", "declared", "media_type"),
    [
        ("a.PDF", "application/pdf", "application/pdf"),
        ("a.pdf", "", "application/pdf"),
        ("a.jpeg", "image/jpg; charset=x", "image/jpeg"),
        ("", "image/jpeg", "image/jpeg"),
        ("a.pdf", "application/octet-stream", "application/pdf"),
        ("a", "", None),
        ("a.jpg", "application/pdf", None),
        ("a.svg", "image/svg+xml", None),
        ("a.pdf.exe", "application/pdf", None),
        ("a.docm", "application/vnd.ms-word.document.macroEnabled.12", None),
    ],
)
def test_a_type_is_believed_where_the_name_agrees(name: str, declared: str, media_type: str | None) -> None:
    assert media_type_of(name, declared) == media_type


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\x\\給与 明細.pdf", "給与 明細.pdf"),
        ("a\r\nb\x00\u202e.pdf", "ab.pdf"),
        ('"<x>".pdf', "x.pdf"),
        ("...", ""),
        ("\ud800.pdf", "pdf"),
    ],
)
def test_a_name_is_only_a_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    short = safe_name("給" * 300 + ".pdf")
    assert len(short) == MAX_NAME
    assert short.endswith(".pdf")


def test_what_is_no_file_is_not_let_in() -> None:
    assert admit(Attachment(AttachmentKind.CONTACT)) == Refusal.NO_FILE
    assert admit(Attachment(AttachmentKind.STICKER, "", PHOTO)) == Refusal.NO_FILE


def test_a_terminal_names_the_file_it_cannot_show() -> None:
    file = SentFile("1", AttachmentKind.PHOTO, "image/jpeg", "photo.jpg", 9)
    assert show(Reply("", ENGLISH, file=file)) == (
        "  [photo.jpg: a terminal shows no files, and none can be sent from here]"
    )

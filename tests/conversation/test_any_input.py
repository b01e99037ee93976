"""Whatever is sent: an answer every channel can show, a state that can be stored, and the same one again."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram.translate import html_of, keyboard_of
from bot.conversation.buttons import Action
from bot.conversation.respond import Quiet, Respondent
from bot.conversation.state import ConversationState
from bot.conversation.turn import Decision, ResumeAt, Turn
from bot.i18n import LANGUAGES
from bot.markup import escape, to_plain, to_web_html
from bot.messages import Attachment, AttachmentKind, Command, Press, Text
from bot.storage.conversations import reply_from_json, reply_to_json
from tests.conversation.talk import ATTACK, NOON, REFERENCE, WAGES
from tests.servers.bot_api_text import parse_html

WHEREVER = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
SPLINTERS = (
    *WAGES.values(), *ATTACK.values(), "<script>alert(1)</script>", "**x** [y](javascript:z)", "{a|b}", "%(x)s", "%s",
    "\u202e\u2066", "\u200d\u200b", "\ud800", "\udfff", "\x00", "\x1b[2J", "👍🏽", "1", "yes", "हो", "/", "x" * 5000,
    "\U0001f1f3\U0001f1f5", "က" * 300, "\u0301" * 50, "&lt;", "' OR 1=1 --", "..\\..\\", "\r\n", "ﷺ",
)  # fmt: skip
texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=300),
    st.lists(st.sampled_from(SPLINTERS), max_size=5).map(" ".join),
)
contents = st.one_of(
    st.builds(Text, texts, st.booleans()),
    st.builds(Command, st.one_of(texts, st.sampled_from(["start", "person", "forget", "language", "menu"])), texts),
    st.builds(Press, texts),
    st.builds(
        lambda action, subject, page: Press(f"{action.value}:{subject}:{page}"),
        st.sampled_from(Action),
        st.one_of(texts, st.sampled_from(["work", "work/unpaid-wages", "ne", REFERENCE, ""])),
        st.one_of(texts, st.integers(-1, 99999)),
    ),
    st.builds(Attachment, st.sampled_from(AttachmentKind), texts),
    st.just(Quiet()),
)
hints = st.one_of(st.sampled_from(["", "ne", "my-MM", "zz"]), texts)


class Tags(HTMLParser):
    """What an inserted reply would put on the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def assert_can_be_shown(turn: Turn) -> None:
    for reply in turn.replies:
        assert reply.language in LANGUAGES
        assert reply_from_json(reply_to_json(reply)) == reply
        reply_to_json(reply).encode()
        parsed = parse_html(html_of(reply))
        assert 0 < len(parsed.text) <= 4096
        keyboard_of(reply)
        for row in reply.buttons:
            for button in row:
                assert 1 <= len(button.data.encode()) <= 64
                assert button.label.strip()
        page = Tags()
        page.feed(to_web_html(reply.text))
        assert page.tags <= {"p", "ul", "ol", "li", "strong", "em", "br", "a", "ruby", "rt", "rp"}
        assert page.attributes <= {"href", "target", "rel"}
        assert all(link.startswith(("https://", "http://", "tel:", "mailto:")) for link in page.links)


@WHEREVER
@given(st.lists(contents, min_size=1, max_size=5), st.sampled_from(["", *LANGUAGES]), hints, st.booleans())
def test_whatever_is_sent_is_answered(
    respondent: Respondent, patient: Respondent, sent: list[object], language: str, hint: str, waits: bool
) -> None:
    thinking = patient if waits else respondent
    state = ConversationState()
    if language:
        state = thinking.respond(state, Press(f"l:{language}"), NOON, reference=REFERENCE).state
    for content in sent:
        turn = thinking.respond(state, content, NOON, reference=REFERENCE, locale_hint=hint)  # type: ignore[arg-type]
        again = thinking.respond(state, content, NOON, reference=REFERENCE, locale_hint=hint)  # type: ignore[arg-type]
        assert turn == again, "the same message at the same time is answered alike"
        assert_can_be_shown(turn)
        if turn.decision == Decision.WAIT and not isinstance(content, Quiet):
            assert any(isinstance(effect, ResumeAt) for effect in turn.effects)
        elif not isinstance(content, Quiet):
            assert turn.replies
        stored = turn.state.to_json()
        stored.encode()
        assert ConversationState.from_json(stored) == turn.state
        turn.record.encode()
        state = turn.state


@WHEREVER
@given(contents, hints)
def test_even_a_fault_of_ours_is_answered(respondent: Respondent, content: object, hint: str) -> None:
    turn = respondent.respond_to_failure(
        ConversationState(),
        content,  # type: ignore[arg-type]
        NOON,
        reference=REFERENCE,
        locale_hint=hint,
    )
    assert turn.effects
    assert_can_be_shown(turn)
    turn.state.to_json().encode()
    for effect in turn.effects:
        getattr(effect, "question", "").encode()


@WHEREVER
@given(texts)
def test_words_put_into_a_text_stay_words(text: str) -> None:
    safe = text.encode("utf-8", "ignore").decode()
    page = Tags()
    page.feed(to_web_html(escape(safe)))
    assert page.tags <= {"p"}
    assert (
        to_plain(escape(safe)).split()
        == "".join(character for character in safe if character not in "\ue000\ue001\ue002")
        .replace("\x00", "\ufffd")
        .split()
    )

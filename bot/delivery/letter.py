"""A case as its partner reads it, in the partner's working language: nothing personal outside the body."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from bot.cases.case import ASKS_FOR_ANSWER
from bot.cases.relay import TAKE_BACK
from bot.cases.service import PERSON
from bot.conversation.scene import JAPAN
from bot.conversation.state import SafeContact
from bot.delivery.partner_channel import Letter
from bot.errors import BLOCKED, CHAT_GONE
from bot.i18n import Translator, translator
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.render import title_of
from bot.markup import escape
from bot.messages import LanguageCode
from bot.partners.deadlines import RunningDeadline, running_deadlines
from bot.partners.directory import Directory
from bot.partners.partner import Recipient
from bot.partners.routing import ReasonKind
from bot.storage.cases import CaseWithEvents
from bot.storage.models import AttachmentRow, CaseEventKind, CaseEventRow

# A letter says what became of the partner's message, not which event of ours that is.
_LETTER_KINDS: Final = {CaseEventKind.FAILED: "undeliverable"}


def compose(
    found: CaseWithEvents,
    event: CaseEventRow,
    partner: Recipient,
    knowledge_base: KnowledgeBase,
    directory: Directory,
    attachments: Sequence[AttachmentRow] = (),
    translations: Mapping[int, str] = MappingProxyType({}),
) -> Letter:
    """The letter about `event` of a case to `partner`. `attachments` are all files of the case, `translations` machine
    translations of what the person wrote, by the position of the event."""
    language = LanguageCode(partner.working_language)
    words = translator(language)
    case = found.case
    kind = CaseEventKind(event.kind)
    category = case.articles[0].partition("/")[0] if case.articles else ""
    subject = words("Tomoni case %(reference)s", reference=case.reference)
    if case.urgency == "immediate":
        subject = words("URGENT: %(subject)s", subject=subject)
    asker = _name_of(str((event.detail or {}).get("from", "")), directory, words)
    notices = {
        CaseEventKind.OFFERED: words("A new case is offered to you. Please take it or decline it."),
        CaseEventKind.REMINDED: words("This case still waits for your answer. Please take it or decline it."),
        CaseEventKind.NOTE: words("The person has written something more."),
        CaseEventKind.EDITED: words("The person has changed a message. It now reads:"),
        CaseEventKind.TAKEN_BACK: words("Your message was taken back. The person does not see it any more."),
        CaseEventKind.FAILED: _why_not_delivered(event, words),
        CaseEventKind.WITHDRAWN: words("The person has taken the case back. Please delete what you have of it."),
        CaseEventKind.REVOKED: words("This case has been given to somebody else. Please delete what you have of it."),
        CaseEventKind.CLOSED: words("The case is closed."),
        CaseEventKind.TRANSFER_REFUSED: words("The person does not want the case passed on. It stays with you."),
        CaseEventKind.ADVICE_ASKED: words(
            "%(name)s asks for your advice. The case stays with them, and the person does not know of you.", name=asker
        ),
        CaseEventKind.ADVICE_GIVEN: words("%(name)s answers what you asked about this case.", name=asker),
        CaseEventKind.ESCALATED: words("This case needs your attention. It stays with %(name)s.", name=asker),
    }
    files = _files(found, event, attachments)
    if kind == CaseEventKind.NOTE and files:
        notices[kind] = words("The person has sent a photo or a file.")
    body = ""
    if kind in ASKS_FOR_ANSWER:
        body = _story(found, event, words, knowledge_base, directory, translations)
    elif kind == CaseEventKind.ESCALATED:
        body = _why_escalated(event, words)
    elif kind in (CaseEventKind.FAILED, CaseEventKind.TAKEN_BACK):
        body = _lines(found.events[(event.detail or {})["of"]].text or "")
    elif kind in _WITH_TEXT and event.text:
        body = _with_translation(event, words, translations)
    return Letter(
        case.reference, _LETTER_KINDS.get(kind, str(kind)), case.urgency, category, subject, notices[kind], body,
        language, LanguageCode(case.language), files,
    )  # fmt: skip


def _name_of(partner_id: str, directory: Directory, words: Translator) -> str:
    """A partner's name; its id where it was taken out of the file meanwhile."""
    recipient = directory.recipients.get(partner_id)
    return f"**{escape(recipient.names.in_language(words.language) if recipient is not None else partner_id)}**"


def _why_escalated(event: CaseEventRow, words: Translator) -> str:
    """What a caseworker wrote, or which letter could not be delivered."""
    detail = event.detail or {}
    if "channel" not in detail:
        return _lines(event.text or "")
    return words(
        "A letter about it could not be delivered by %(channel)s: %(reason)s",
        channel=escape(str(detail["channel"])), reason=escape(str(detail.get("reason", ""))),
    )  # fmt: skip


def _files(
    found: CaseWithEvents, event: CaseEventRow, attachments: Sequence[AttachmentRow]
) -> tuple[AttachmentRow, ...]:
    """The person's files that go with a letter: with the story all that came before it, with a note its own."""
    if event.kind in ASKS_FOR_ANSWER:
        notes = {item.position for item in found.events if item.kind in WRITTEN and item.position < event.position}
    else:
        notes = {event.position} if event.kind == CaseEventKind.NOTE else set()
    return tuple(row for row in attachments if row.position in notes)


def deletion_letter(told: Mapping[str, Any]) -> Letter:
    """The letter that asks a partner to delete what it has of a case that is deleted here. `told` is what
    `bot.cases.forgetting` left of it: nothing personal."""
    language = LanguageCode(told["language"])
    words = translator(language)
    return Letter(
        told["reference"], str(CaseEventKind.WITHDRAWN), "normal", "",
        words("Tomoni case %(reference)s", reference=told["reference"]),
        words("The person has taken the case back. Please delete what you have of it."), "", language,
        LanguageCode(told["person_language"]), topic=tuple(told["topic"]) if told["topic"] else None,
    )  # fmt: skip


def _why_not_delivered(event: CaseEventRow, words: Translator) -> str:
    """What to say where a caseworker's message never reaches the person, or could not be taken back."""
    detail = event.detail or {}
    if detail.get("what") == TAKE_BACK:
        return words("Your message could not be taken back: it is too old. The person still sees it.")
    reasons = {
        BLOCKED: words("The person has blocked the bot or left."),
        CHAT_GONE: words("The person's chat does not exist any more."),
    }
    why = reasons.get(detail.get("reason", ""), "")
    return " ".join(part for part in (words("Your message could not be delivered."), why) if part)


def _story(
    found: CaseWithEvents,
    event: CaseEventRow,
    words: Translator,
    knowledge_base: KnowledgeBase,
    directory: Directory,
    translations: Mapping[int, str],
) -> str:
    """What was told, where, since when, how the person can be reached, what they were shown, and why it came here."""
    told = found.intake
    case = found.case
    prefecture = directory.prefectures.get(case.prefecture)
    titles = [
        title_of(knowledge_base.articles[article], words.language)
        for article in case.articles
        if article in knowledge_base.articles
    ]
    since = told.get("since", "")
    passed_on = next((item for item in reversed(found.events) if _passes_to(item, event)), None)
    lines = {
        words("Topic"): ", ".join(escape(title) for title in titles[:1]),
        words("When"): words.date(dt.date.fromisoformat(since)) if since else escape(told.get("since_words", "")),
        words("Where"): prefecture.in_language(words.language) if prefecture else "",
        words("Name"): escape(told.get("name", "")),
        words("Language"): words.language_name(case.language),
        words("How to reach you"): _contact(told, words),
        words("Articles shown"): ", ".join(escape(title) for title in titles),
        words("Why it comes to you"): words.list(_reasons(event, words, directory)),
        words("What they say about it"): escape(passed_on.text or "") if passed_on is not None else "",
    }
    # What was written after the event has letters of its own.
    written = [
        _with_translation(item, words, translations)
        for item in found.events
        if item.kind in WRITTEN and item.actor == PERSON and item.position < event.position and item.text
    ]
    facts = "\n".join(f"- **{label}**: {value}" for label, value in lines.items() if value)
    limits = running_deadlines(
        directory.deadlines,
        knowledge_base.facts,
        case.articles[:1],
        dt.date.fromisoformat(since) if since else None,
        event.at.astimezone(JAPAN).date(),
    )
    heading = [f"**{words('Time limits that may be running')}**"] if limits else []
    listed = ["\n".join(f"- {_deadline(limit, words)}" for limit in limits)] if limits else []
    return "\n\n".join([*written, facts, *heading, *listed])


def _deadline(limit: RunningDeadline, words: Translator) -> str:
    title = limit.rule.title.in_language(words.language)
    length = words.duration(limit.fact.value, limit.fact.unit or "day")
    source = f"[{escape(limit.fact.source.title)}]({limit.fact.source.url})"
    if limit.ends_on is None:
        return words("%(what)s: %(length)s (source: %(source)s)", what=title, length=length, source=source)
    return words(
        "%(what)s: %(length)s, until %(date)s if it counts from that day (source: %(source)s)",
        what=title, length=length, date=words.date(limit.ends_on), source=source,
    )  # fmt: skip


def _passes_to(item: CaseEventRow, offer: CaseEventRow) -> bool:
    """Whether in `item` a caseworker proposed to pass the case on to whom `offer` offers it."""
    return item.kind == CaseEventKind.TRANSFER_ASKED and item.partner_id == offer.partner_id


WRITTEN: Final = (CaseEventKind.OPENED, CaseEventKind.NOTE, CaseEventKind.EDITED)
_WITH_TEXT: Final = (*WRITTEN, CaseEventKind.ADVICE_ASKED, CaseEventKind.ADVICE_GIVEN)


def _with_translation(event: CaseEventRow, words: Translator, translations: Mapping[int, str]) -> str:
    written = _lines(event.text or "")
    translated = translations.get(event.position)
    if not translated:
        return written
    heading = words("Machine translation. Nobody has checked it; it can be wrong.")
    return f"{written}\n\n**{heading}**\n\n{_lines(translated)}"


def _lines(text: str) -> str:
    """A person's own words as they stand, paragraph by paragraph."""
    return "\n\n".join(escape(line) for line in text.splitlines() if line.strip())


def _contact(told: dict[str, Any], words: Translator) -> str:
    match told.get("contact"):
        case SafeContact.YES:
            return words("here, at any time")
        case SafeContact.TIMES:
            return words("here, only: %(times)s", times=escape(told.get("times", "")))
        case SafeContact.NO:
            return words("**not here**: nobody writes to you")
    return ""


def _reasons(event: CaseEventRow, words: Translator, directory: Directory) -> list[str]:
    """The routing reasons of an offer, in words."""
    said: list[str] = []
    for reason in (event.detail or {}).get("reasons", []):
        subject = str(reason["subject"])
        prefecture = directory.prefectures.get(subject)
        texts = {
            ReasonKind.COVERS: words(
                "you serve %(place)s", place=prefecture.in_language(words.language) if prefecture else ""
            ),
            ReasonKind.COVERS_ALL: words("you serve all of Japan"),
            ReasonKind.PREFECTURE_UNKNOWN: words("the person did not say where they live"),
            ReasonKind.READS: words("you read %(language)s", language=words.language_name(subject)),
            ReasonKind.DOES_NOT_READ: words("nobody free reads %(language)s", language=words.language_name(subject)),
            ReasonKind.TAKES_ARTICLE: words("you take this very topic"),
            ReasonKind.TAKES_CATEGORY: words("you take cases of this kind"),
            ReasonKind.TAKES_ANYTHING: words("you take any topic"),
            ReasonKind.OPEN_NOW: words("you are open now"),
            ReasonKind.CLOSED_NOW: words("you are closed now"),
            ReasonKind.LOAD: words("open cases: %(load)s", load=subject),
            ReasonKind.FULL: words("you are full, and nobody else is not: %(load)s", load=subject),
            ReasonKind.FALLBACK: words("another partner named you for it"),
            ReasonKind.TRANSFERRED: words("another partner passes it on to you, and the person agreed"),
            ReasonKind.DECLINED: words("%(name)s declined it", name=_name_of(subject, directory, words)),
            ReasonKind.UNANSWERED: words("%(name)s did not answer in time", name=_name_of(subject, directory, words)),
            ReasonKind.UNREAD: words("a fault in the program: nobody has read it yet"),
        }
        if reason["kind"] in set(ReasonKind):
            said.append(texts[ReasonKind(reason["kind"])])
    return said

"""What is passed on, to whom, and what for: shown before anything leaves, and kept as it was shown."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.conversation.buttons import Action, button, data_for
from bot.conversation.scene import Rows, Scene
from bot.conversation.state import Intake, SafeContact
from bot.conversation.turn import Consent
from bot.knowledge.render import title_of
from bot.markup import escape
from bot.messages import Reply
from bot.partners.routing import OPERATOR, Problem, Reason, ReasonKind, Route, route

# Goes up with every change of what the text says, not of how it says it.
VERSION: Final = "2"
PURPOSE: Final = "help with this case"
YES: Final = data_for(Action.CONSENT)
TRANSLATE: Final = "translate"
MACHINE_TRANSLATION: Final = "machine translation"
NO: Final = data_for(Action.INTAKE, "stop")
MAX_QUOTE: Final = 600


def best_route(scene: Scene, intake: Intake) -> Route:
    """The partner this case would go to first."""
    return _routes(scene, intake)[0]


def route_to(scene: Scene, intake: Intake) -> Route:
    """The way to the partner the consent on screen names, even if another would be better by now: no one else was
    agreed to. The operator's desk where that partner is gone."""
    routes = _routes(scene, intake)
    return next((found for found in routes if found.partner_id == intake.partner), routes[-1])


def _routes(scene: Scene, intake: Intake) -> list[Route]:
    if intake.transfer_to in scene.directory.partners:
        return [Route(intake.transfer_to, (Reason(ReasonKind.TRANSFERRED),))]
    problem = Problem(intake.articles, scene.language, intake.place)
    tried = scene.state.tried
    last = tried[-1] if tried else None
    return route(problem, scene.directory.partners, scene.open_cases, scene.now, tried=tried, after=last)


def ask(scene: Scene, intake: Intake) -> Reply:
    """The summary of what was told, and the consent to pass it on; in danger only the latter."""
    words = scene.words
    rows: Rows = (
        (button("✅ " + words("Yes, pass it on"), Action.CONSENT),),
        (button("✏️ " + words("Change something"), Action.INTAKE, "change"),),
        (button("✖️ " + words("No, pass nothing on"), Action.INTAKE, "stop"),),
    )
    if intake.immediate:
        rows = (rows[0], rows[2])
    if _may_translate(scene, intake):
        label = "✅ " + words("Yes, and translate it by machine")
        rows = (rows[0], (button(label, Action.CONSENT, TRANSLATE),), *rows[1:])
    return scene.say(text_of(scene, intake), rows)


def record(scene: Scene, intake: Intake, *, translate: bool = False) -> Consent:
    """The consent as it stands with the case: what was agreed to, in which words, language and version. `translate`
    tells that it was given to a machine translation too."""
    kinds = [*(name for name, value in _told(scene, intake).items() if value), "files"]
    if translate and _may_translate(scene, intake):
        kinds.append(MACHINE_TRANSLATION)
    return Consent(
        route_to(scene, intake).partner_id, PURPOSE, tuple(kinds), VERSION, scene.language, text_of(scene, intake)
    )


def text_of(scene: Scene, intake: Intake) -> str:
    """The exact text a person agrees to."""
    words = scene.words
    labels = {
        "what": words("What happened"),
        "topic": words("Topic"),
        "since": words("When"),
        "place": words("Where"),
        "contact": words("How to reach you"),
        "name": words("Name"),
        "language": words("Language"),
    }
    lines = [f"- {labels[name]}: {value}" for name, value in _told(scene, intake).items() if value]
    paragraphs = [
        words("**May I pass this on to people who can help?**"),
        "\n".join(lines),
        _who_reads(scene, intake) + " " + words("It is free."),
        words("What you add to your case, also photos and files, goes to the same people."),
        words(
            "They use it only to help you with this. They do not give it to your employer or to Immigration. Only a "
            "court could force them to hand it over."
        ),
        words(
            "It is deleted %(days)s days after your case is closed. You can take it back any time. If you say no, "
            "nothing changes: I go on answering you.",
            days=words.number(scene.operator.closed_cases_kept_days),
        ),
    ]
    if _may_translate(scene, intake):
        paragraphs.insert(
            3,
            words(
                "Perhaps nobody there reads your language. If you want, **%(translator)s** translates it by machine. "
                "It then sees your words too, and it makes mistakes.",
                translator=escape(scene.operator.translator),
            ),
        )
    if intake.immediate:
        paragraphs.insert(0, words("In danger now? Police 110. Ambulance and fire 119. The call is free."))
    return "\n\n".join(paragraphs)


def _may_translate(scene: Scene, intake: Intake) -> bool:
    """Whether there is a machine to translate, and a reader who needs it."""
    if not scene.operator.translator:
        return False
    partner = scene.directory.partners.get(route_to(scene, intake).partner_id)
    return partner is None or scene.language not in partner.languages


def quote(text: str) -> str:
    """A person's own words as a quotation on one line, cut where they are long."""
    shown = text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…"
    return f"“{escape(shown)}”"


def _told(scene: Scene, intake: Intake) -> dict[str, str]:
    """What is passed on, by kind, as the person reads it; empty where nothing was told."""
    words = scene.words
    articles = scene.knowledge_base.articles
    known = [article for article in intake.articles[:1] if article in articles]
    contact = {
        SafeContact.UNKNOWN: "",
        SafeContact.YES: words("here, at any time"),
        SafeContact.TIMES: words("here, only: %(times)s", times=escape(intake.times)),
        SafeContact.NO: words("**not here**: nobody writes to you"),
    }
    since = words.date(dt.date.fromisoformat(intake.since)) if intake.since else escape(intake.since_words)
    prefecture = scene.directory.prefectures.get(intake.place)
    return {
        "what": quote(intake.what) if intake.what else "",
        "topic": title_of(articles[known[0]], scene.language) if known else "",
        "since": since,
        "place": prefecture.in_language(scene.language) if prefecture else "",
        "contact": contact[intake.contact],
        "name": escape(intake.name),
        "language": words.language_name(scene.language),
    }


def _who_reads(scene: Scene, intake: Intake) -> str:
    words = scene.words
    partner_id = route_to(scene, intake).partner_id
    if partner_id == OPERATOR:
        operator = scene.operator.name
        if operator:
            return words("The people of **%(operator)s** read it.", operator=escape(operator))
        return words("The people who run this Tomoni read it.")
    partner = scene.directory.partners[partner_id]
    name = escape(partner.names.in_language(scene.language))
    return words("**%(partner)s** reads it.", partner=name) + " " + escape(partner.about.in_language(scene.language))

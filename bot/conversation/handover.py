"""The way to a person: a case is stored, its reference told, and whom to call meanwhile."""

from __future__ import annotations

from typing import Final

from bot.conversation import consent, held, intake, menu
from bot.conversation.buttons import Action, button
from bot.conversation.scene import JAPAN, Rows, Scene
from bot.conversation.state import ConversationState, Intake, IntakeStep, SafeContact
from bot.conversation.turn import AddToCase, Consent, Decision, Effect, OfferCase, OpenCase, Turn
from bot.knowledge.finding import Finding, Outcome
from bot.knowledge.render import render_contact
from bot.language.reading import Reading
from bot.messages import Reply
from bot.partners.opening import next_opening
from bot.partners.routing import OPERATOR, Route

MAX_QUESTION: Final = 4000
# Who can be called meanwhile, in the order of how many problems each can take; those the knowledge base
# knows and whose languages fit come first.
MEANWHILE: Final = ("fresc", "isa-info-center", "houterasu", "yorisoi", "local-onestop")


def hand_over(scene: Scene) -> Turn:
    """The turn after somebody wants a person: the intake of a case or, where one is open, the question added to it.

    There is one open case per conversation.
    """
    question = _question_of(scene.state)
    if not scene.state.case:
        return intake.begin(scene.with_state(_without_question(scene.state)), question)
    words, reference = scene.words, scene.state.case
    shown = f"**{reference}**"
    opening = words("Your case is open. Its number is %(reference)s.", reference=shown)
    effects: tuple[Effect, ...] = ()
    if question:
        opening = words("Your case %(reference)s is open. I have added what you wrote.", reference=shown)
        urgency = "immediate" if scene.state.in_danger else "normal"
        effects = (AddToCase(reference, question, urgency),)
    paragraphs = [opening, _what_happens_next(scene)]
    state = _without_question(scene.state).but(wants_story=not question)
    return Turn((scene.say("\n\n".join(paragraphs), _rows(scene, reference)),), state, Decision.HANDOVER, effects)


def open_case(scene: Scene, *, translate: bool = False) -> Turn | None:
    """The turn after the consent: the case is stored and offered to the partner it names. `translate` tells that a
    machine may translate it. None where no consent is on screen."""
    told = scene.state.intake
    if told is None or told.step != IntakeStep.CONSENT:
        return None
    found = consent.record(scene, told, translate=translate)
    route = consent.route_to(scene, told)
    if scene.state.case:
        return _offer_to_another(scene, found, route)
    urgency = "immediate" if told.immediate else "normal"
    effect = OpenCase(scene.reference, told, scene.language, told.articles, urgency, found, route.reasons)
    words = scene.words
    paragraphs = [
        words("I have passed it on. Your case number is %(reference)s.", reference=f"**{scene.reference}**"),
    ]
    if not told.what:
        paragraphs.append(words("Please write in a few sentences what happened. I add it to your case."))
    if told.immediate or not told.what:
        paragraphs.append(words("In danger now? Police 110. Ambulance and fire 119. The call is free."))
    if told.contact == SafeContact.NO:
        paragraphs.append(
            words("Nobody will write to you here. Call them with your case number, from a telephone that is safe.")
        )
    else:
        paragraphs += [part for part in (_when(scene, route.partner_id), _what_happens_next(scene)) if part]
        if told.contact == SafeContact.TIMES:
            paragraphs.append(
                words(
                    "I send you nothing by myself: what is new about your case I show you when you write here. Who "
                    "helps you sees your times and answers you then."
                )
            )
    state = scene.state.but(
        case=scene.reference,
        wants_story=not told.what,
        intake=None,
        passed_on=told,
        tried=(route.partner_id,),
        in_danger=False,
    )
    return Turn(
        (scene.say("\n\n".join(paragraphs), _rows(scene, scene.reference)),), state, Decision.HANDOVER, (effect,)
    )


def pass_on(scene: Scene) -> Turn | None:
    """The turn that asks whether the open case may be passed on to the next partner; None where none is open. Each
    partner needs a consent of its own."""
    told = scene.state.passed_on
    if not scene.state.case or told is None:
        return None
    if consent.best_route(scene, told).partner_id in (OPERATOR, *scene.state.tried):
        text = scene.words("There is nobody else I could pass it to. It stays with the people who run this Tomoni.")
        return Turn((scene.say(text, _rows(scene, scene.state.case)),), scene.state, Decision.NAVIGATION)
    return intake.ask_consent(scene, told.but(step=IntakeStep.CONSENT))


def pass_on_to(scene: Scene, partner_id: str) -> Turn | None:
    """The turn that asks for the consent to pass the open case on to the partner a caseworker proposed; None where no
    case is open, or that partner is gone."""
    told = scene.state.passed_on
    if not scene.state.case or told is None or partner_id not in scene.directory.partners:
        return None
    return intake.ask_consent(scene, told.but(step=IntakeStep.CONSENT, transfer_to=partner_id))


def _offer_to_another(scene: Scene, found: Consent, route: Route) -> Turn:
    reference = scene.state.case
    text = scene.words("I have passed it on. Your case number is %(reference)s.", reference=f"**{reference}**")
    state = scene.state.but(intake=None, tried=(*scene.state.tried, route.partner_id))
    paragraphs = [part for part in (text, _when(scene, route.partner_id), _what_happens_next(scene)) if part]
    effect = OfferCase(reference, found, route.reasons)
    return Turn((scene.say("\n\n".join(paragraphs), _rows(scene, reference)),), state, Decision.HANDOVER, (effect,))


def store_unread(scene: Scene, question: str) -> Turn:
    """The turn when a fault of ours stopped the thinking: the words wait at the operator's own desk."""
    if scene.state.case:
        return hand_over(scene)
    told = Intake(what=question, articles=())
    effect = OpenCase(scene.reference, told, scene.language, (), "normal")
    words = scene.words
    text = words(
        "I have kept your question for a person. Your case number is %(reference)s.", reference=f"**{scene.reference}**"
    )
    state = _without_question(scene.state).but(case=scene.reference, passed_on=told)
    paragraphs = [text, _what_happens_next(scene)]
    return Turn(
        (scene.say("\n\n".join(paragraphs), _rows(scene, scene.reference)),), state, Decision.HANDOVER, (effect,)
    )


def _what_happens_next(scene: Scene) -> str:
    words = scene.words
    promise = words(
        "A person reads it as soon as one is there and answers you here. I cannot promise when. "
        "Nothing is passed on to anyone else without asking you first."
    )
    return promise + "\n\n" + words("If you do not want to wait, call:") + "\n" + _call_meanwhile(scene)


def _when(scene: Scene, partner_id: str) -> str:
    """When somebody who reads the person's language is there next; empty where nobody knows."""
    partner = scene.directory.partners.get(partner_id)
    if partner is None:
        return ""
    words = scene.words
    opening = next_opening(partner, scene.now, scene.language)
    if opening is None:
        return words("Nobody there reads your language. They answer through prepared sentences or an interpreter.")
    if opening <= scene.now:
        return words("Somebody who reads your language is there now.")
    there = opening.astimezone(JAPAN)
    return words(
        "Somebody who reads your language is there on %(date)s from %(time)s (time in Japan).",
        date=words.date(there.date()), time=words.time(there),
    )  # fmt: skip


def _who_has_it(scene: Scene) -> tuple[str, ...]:
    """Who has the open case, since when, and when somebody is there next; nothing where that is not known."""
    standing = scene.standing
    if standing is None:
        return ()
    words, name = scene.words, held.holder_of(scene)
    since = words.date(standing.since.astimezone(JAPAN).date())
    if standing.accepted:
        text = (
            words("**%(date)s**: taken up by %(partner)s.", date=since, partner=name)
            if name
            else words("**%(date)s**: taken up by the people who run this Tomoni.", date=since)
        )
    else:
        text = (
            words("**%(date)s**: passed on to %(partner)s. Nobody has taken it up yet.", date=since, partner=name)
            if name
            else words(
                "**%(date)s**: it waits for the people who run this Tomoni. Nobody has taken it up yet.", date=since
            )
        )
    return text, _when(scene, standing.partner_id)


def _rows(scene: Scene, reference: str) -> Rows:
    words = scene.words
    return (
        (button("✔️ " + words("It is solved"), Action.SOLVED, reference),),
        (button("↩️ " + words("Take the case back"), Action.WITHDRAW, reference),),
        (scene.menu_button(),),
    )


def _without_question(state: ConversationState) -> ConversationState:
    return state.but(
        question="", kept_question="", fragments="", fragments_at=None, waiting=False, shown_in=None
    )  # fmt: skip


def _question_of(state: ConversationState) -> str:
    """What a case is to hold: the last question, and what is not answered yet."""
    waiting = state.fragments if state.waiting else ""
    if waiting and state.question and state.question not in waiting:
        return f"{state.question}\n{waiting}"[:MAX_QUESTION]
    return waiting or state.question or state.kept_question


def take_story(scene: Scene, reading: Reading, finding: Finding) -> Turn:
    """What is written after a case was opened without a question goes into it; an answer may be shown besides."""
    effects = (AddToCase(scene.state.case, reading.text[:MAX_QUESTION]),)
    state = scene.state.but(question="", fragments="", fragments_at=scene.now)
    replies = [add_story(scene)]
    if finding.outcome == Outcome.ANSWER:
        article = menu.show_article(scene, finding.articles[0].id)
        replies += [article] if article else []
    elif finding.outcome == Outcome.SUGGEST:
        replies.append(menu.suggest(scene, finding.articles))
    return Turn(tuple(replies), state, Decision.HANDOVER, effects, reading, finding.articles)


def add_story(scene: Scene) -> Reply:
    """Confirm that what was written went into the case."""
    text = scene.words("Thank you. I have added this to your case %(reference)s.", reference=f"**{scene.state.case}**")
    return scene.say(text, ((scene.menu_button(),),))


def show_case(scene: Scene) -> Reply:
    """/case: the number of the open case and what can be done with it, or that there is none."""
    words, reference = scene.words, scene.state.case
    if not reference:
        return scene.say(words("You have no open case."), ((scene.person_button(), scene.menu_button()),))
    text = words("Your case is open. Its number is %(reference)s.", reference=f"**{reference}**")
    if held.is_held(scene):
        more = words("Whatever you write here goes to them. If it is about something else, I answer.")
    else:
        more = words(
            "Whatever happens to it, I tell you here. To add something, press “Ask a person” after writing it."
        )
    paragraphs = [text, *_who_has_it(scene), more]
    return scene.say("\n\n".join(part for part in paragraphs if part), _rows(scene, reference))


def confirm_solved(scene: Scene) -> Reply:
    """Say that the case is closed because the person said it is solved."""
    text = scene.words("I am glad. Your case is closed, and its texts are deleted later. Write again any time.")
    return scene.say(text, ((scene.menu_button(), scene.person_button()),))


def confirm_withdrawn(scene: Scene) -> Reply:
    """Say that the case is taken back and its text deleted."""
    text = scene.words("Your case is taken back and what you wrote in it is deleted.")
    return scene.say(text, ((scene.menu_button(), scene.person_button()),))


def _call_meanwhile(scene: Scene) -> str:
    contacts = scene.knowledge_base.contacts
    known = [contacts[key] for key in MEANWHILE if key in contacts]
    known.sort(key=lambda contact: (scene.language not in contact.languages, not contact.shows_number))
    return "\n".join(f"- {render_contact(contact, scene.words)}" for contact in known[:2])

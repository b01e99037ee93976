"""The way to a person: a case is stored, its reference told, and whom to call meanwhile."""

from __future__ import annotations

from typing import Final

from bot.conversation import menu
from bot.conversation.buttons import Action, button
from bot.conversation.scene import Scene
from bot.conversation.state import ConversationState
from bot.conversation.turn import AddToCase, Decision, Effect, OpenCase, Turn
from bot.knowledge.finding import Finding, Outcome
from bot.knowledge.render import render_contact
from bot.language.reading import Reading
from bot.messages import Reply

MAX_QUESTION: Final = 4000
# Who can be called meanwhile, in the order of how many problems each can take; those the knowledge base
# knows and whose languages fit come first.
MEANWHILE: Final = ("fresc", "isa-info-center", "houterasu", "yorisoi", "local-onestop")


def hand_over(scene: Scene) -> tuple[Reply, ConversationState, tuple[Effect, ...]]:
    """Open a case with the last question, or add the question to the case that is open already.

    Returns the reply, the new state and the effects. There is one open case per conversation.
    """
    state = scene.state
    words = scene.words
    question = _question_of(state)
    effects: tuple[Effect, ...]
    if state.case:
        reference = state.case
        effects = (AddToCase(reference, question),) if question else ()
    else:
        reference = scene.reference
        urgency = "urgent" if state.in_danger else "normal"
        effects = (OpenCase(reference, question, scene.language, state.articles, urgency),)
    shown = f"**{reference}**"
    if not question:
        opening = words("Your case is open. Its number is %(reference)s.", reference=shown)
    elif state.case:
        opening = words("Your case %(reference)s is open. I have added what you wrote.", reference=shown)
    else:
        opening = words("I have kept your question for a person. Your case number is %(reference)s.", reference=shown)
    paragraphs = [opening]
    if not question:
        paragraphs.append(words("Please write in a few sentences what happened. I add it to your case."))
        # Nothing is known about this person yet; it may be anything.
        paragraphs.append(words("In danger now? Police 110. Ambulance and fire 119. The call is free."))
    paragraphs.append(
        words(
            "A person reads it as soon as one is there and answers you here. I cannot promise when. "
            "Nothing is passed on to anyone else without asking you first."
        )
    )
    paragraphs.append(words("If you do not want to wait, call:") + "\n" + _call_meanwhile(scene))
    rows = (
        (button("↩️ " + words("Take the case back"), Action.WITHDRAW, reference),),
        (scene.menu_button(),),
    )
    new_state = state.but(
        case=reference,
        wants_story=not question,
        question="",
        kept_question="",
        fragments="",
        fragments_at=None,
        waiting=False,
        shown_in=None,
        in_danger=False,
    )
    return scene.say("\n\n".join(paragraphs), rows), new_state, effects


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


def confirm_withdrawn(scene: Scene) -> Reply:
    """Say that the case is taken back and its text deleted."""
    text = scene.words("Your case is taken back and what you wrote in it is deleted.")
    return scene.say(text, ((scene.menu_button(), scene.person_button()),))


def _call_meanwhile(scene: Scene) -> str:
    contacts = scene.knowledge_base.contacts
    known = [contacts[key] for key in MEANWHILE if key in contacts]
    known.sort(key=lambda contact: (scene.language not in contact.languages, not contact.shows_number))
    return "\n".join(f"- {render_contact(contact, scene.words)}" for contact in known[:2])

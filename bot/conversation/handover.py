"""The way to a person: a case is stored, its reference told, and whom to call meanwhile."""

from __future__ import annotations

from typing import Final

from bot.conversation.buttons import Action, button
from bot.conversation.scene import Scene
from bot.conversation.state import ConversationState
from bot.conversation.turn import AddToCase, Effect, OpenCase
from bot.knowledge.render import render_contact
from bot.messages import Reply

# Who can be called meanwhile, in the order of how many problems each can take; those the knowledge base
# knows and whose languages fit come first.
MEANWHILE: Final = ("fresc", "isa-info-center", "houterasu", "yorisoi", "local-onestop")


def hand_over(scene: Scene, *, urgency: str = "normal") -> tuple[Reply, ConversationState, tuple[Effect, ...]]:
    """Open a case with the last question, or add the question to the case that is open already.

    Returns the reply, the new state and the effects. There is one open case per conversation.
    """
    state = scene.state
    words = scene.words
    effects: tuple[Effect, ...]
    if state.case:
        effects = (AddToCase(state.case, state.question),) if state.question else ()
        opening = words("Your case %(reference)s is open. I have added what you wrote.", reference=f"**{state.case}**")
        reference = state.case
    else:
        reference = scene.reference
        effects = (OpenCase(reference, state.question, scene.language, state.articles, urgency),)
        opening = words(
            "I have kept your question for a person. Your case number is %(reference)s.",
            reference=f"**{reference}**",
        )
    wants_story = not state.question
    paragraphs = [opening]
    if wants_story:
        paragraphs.append(words("Please write in a few sentences what happened. I add it to your case."))
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
    new_state = state.but(case=reference, wants_story=wants_story, question="", fragments="")
    return scene.say("\n\n".join(paragraphs), rows), new_state, effects


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

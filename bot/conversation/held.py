"""While a caseworker has the case: what is written goes to them, and the bot is silent about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Final

from bot.conversation import typed, welcome
from bot.conversation.buttons import Action, button
from bot.conversation.scene import Scene
from bot.conversation.state import MAX_KEPT
from bot.conversation.turn import AddToCase, Decision, Turn
from bot.knowledge.finding import Finding, Outcome
from bot.language.reading import OTHER, Reading
from bot.markup import escape
from bot.messages import Reply

# Longer than anybody types; what is pasted beyond it nobody would read in a letter.
MAX_NOTE: Final = 20_000
EMERGENCY: Final = "emergency"
CONFIRMED_EVERY: Final = dt.timedelta(minutes=10)
# Small talk that wants no answer: the caseworker sees it, and nobody is told so.
_WANTS_NO_ANSWER: Final = ("thanks", "acknowledgement", "farewell", "compliment")


def is_held(scene: Scene) -> bool:
    """Whether a caseworker has accepted the open case."""
    return bool(scene.state.case) and scene.standing is not None and scene.standing.accepted


def answers_a_person(scene: Scene) -> bool:
    """Whether the caseworker wrote last: a number, a yes or a no is then for them and presses no button of ours."""
    return is_held(scene) and scene.standing is not None and scene.standing.answered


def is_for_the_bot(scene: Scene, reading: Reading, finding: Finding) -> bool:
    """Whether words are surely not for the caseworker: they ask what Tomoni is, or are about quite another topic than
    the case, one that there is an answer to."""
    if finding.outcome == Outcome.SMALLTALK:
        return finding.smalltalk == "identity" and not answers_a_person(scene)
    topics = scene.standing.articles if scene.standing is not None else ()
    if finding.outcome != Outcome.ANSWER or reading.language == OTHER or not topics:
        return False
    return _category(finding.articles[0].id) not in {_category(article) for article in topics}


def relay(scene: Scene, reading: Reading, finding: Finding, *, edited: bool) -> Turn:
    """The turn that puts words into the case. The person is told so once in a while, with a button for the question
    that was not for the caseworker after all."""
    kind = finding.smalltalk if finding.outcome == Outcome.SMALLTALK else ""
    effects = (AddToCase(scene.state.case, reading.text[:MAX_NOTE], edited=edited),)
    state = scene.state.but(fragments="", fragments_at=None, waiting=False, wants_story=False, choices=())
    turn = Turn((), state, Decision.HANDOVER, effects, reading, finding.articles)
    if kind in _WANTS_NO_ANSWER or (not reading.normal_form and typed.is_thanks(reading.text)):
        return turn
    if kind == "greeting" and not answers_a_person(scene):
        return turn.but(replies=(welcome.small_talk(scene, kind),))
    state = state.but(relayed=reading.text[:MAX_KEPT])
    replies: tuple[Reply, ...] = ()
    if len(reading.text) > MAX_NOTE:
        replies = (scene.say(scene.words("That is very long. I could read only the beginning.")),)
    if not replies and state.relayed_at is not None and abs(scene.now - state.relayed_at) < CONFIRMED_EVERY:
        return turn.but(state=state)
    return turn.but(replies=(*replies, _confirm(scene)), state=state.but(relayed_at=scene.now))


def beside_the_case(scene: Scene, turn: Turn, reading: Reading) -> Turn:
    """The turn that answers something else than the case, with a button that puts the words into it all the same.
    What has an emergency for an answer goes into it at once: who helps must know."""
    if turn.decision != Decision.ANSWER:
        return turn
    if _category(turn.found[0].id) == EMERGENCY:
        effect = AddToCase(scene.state.case, reading.text[:MAX_NOTE])
        return turn.but(replies=(*turn.replies, _confirm(scene, asks=False)), effects=(*turn.effects, effect))
    *before, last = turn.replies
    add = button("➕ " + scene.in_language(last.language).words("Add this to my case"), Action.ADD_TO_CASE)
    return turn.but(replies=(*before, replace(last, buttons=(*last.buttons, (add,)))))


def add_question(scene: Scene) -> Turn | None:
    """The turn after that button: the last question goes into the case. None where there is none, or no case."""
    state = scene.state
    if not state.case or not state.question:
        return None
    effects = (AddToCase(state.case, state.question),)
    return Turn((_confirm(scene, asks=False),), state.but(question=""), Decision.HANDOVER, effects)


def holder_of(scene: Scene) -> str:
    """The name of the partner that has the case, as Markdown; empty where it is the operator, who gave no name."""
    partner_id = scene.standing.partner_id if scene.standing is not None else ""
    partner = scene.directory.partners.get(partner_id)
    name = partner.names.in_language(scene.language) if partner is not None else scene.operator.name
    return f"**{escape(name)}**" if name else ""


def _confirm(scene: Scene, *, asks: bool = True) -> Reply:
    words, name = scene.words, holder_of(scene)
    text = (
        words("Passed on to %(partner)s.", partner=name)
        if name
        else words("Passed on to the people who run this Tomoni.")
    )
    new = button("❓ " + words("It is a new question"), Action.NEW_QUESTION)
    return scene.say(text, ((new,),) if asks else ())


def _category(article: str) -> str:
    return article.partition("/")[0]

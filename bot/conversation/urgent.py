"""Danger: the numbers and the emergency article at once, before anything else is asked."""

from __future__ import annotations

from bot.conversation import handover, held, menu
from bot.conversation.safety import Urgency
from bot.conversation.scene import Scene
from bot.conversation.state import MAX_KEPT, Step
from bot.conversation.turn import AddToCase, Decision, Turn
from bot.i18n import LANGUAGES
from bot.language.reading import Reading


def respond_to_danger(scene: Scene, reading: Reading, urgency: Urgency) -> Turn:
    """The turn that shows numbers, the first emergency article, the others as buttons, and offers a person."""
    # What was told to an intake that is now skipped goes along.
    before = f"{scene.state.intake.what}\n" if scene.state.intake and scene.state.intake.what else ""
    state = scene.state.but(
        question=(before + reading.text)[-MAX_KEPT:],
        articles=tuple(item.id for item in urgency.articles),
        fragments="",
        fragments_at=None,
        waiting=False,
        kept_question="",
        shown_in=scene.language,
        in_danger=True,
        intake=None,
    )
    if state.language is None and reading.certain and reading.language in LANGUAGES:
        state = state.but(language=scene.language, step=Step.READY)
    elif state.step == Step.NEW:
        state = state.but(step=Step.CHOOSING_LANGUAGE)
    known = [item.id for item in urgency.articles if item.id in scene.knowledge_base.articles]
    rows = tuple((menu.article_button(scene, article_id),) for article_id in known[1:3])
    numbers = scene.words("🆘 In danger now: **police 110**, **ambulance and fire 119**. Free, day and night.")
    first = scene.say(numbers, (*rows, (scene.person_button(), scene.language_button())))
    article = menu.show_article(scene, known[0]) if known else None
    replies = (first, article) if article else (first,)
    turn = Turn(replies, state, Decision.URGENT, reading=reading, found=urgency.articles)
    if not (state.case and (state.wants_story or held.is_held(scene))):
        return turn
    # The person was telling a case what happened: that belongs into it more than anything.
    effects = (AddToCase(state.case, reading.text[: held.MAX_NOTE], "immediate"),)
    told = state.but(question="", fragments_at=scene.now)
    return turn.but(replies=(*replies, handover.add_story(scene)), state=told, effects=effects)


def show_numbers_above(scene: Scene, turn: Turn, articles: tuple[str, ...]) -> Turn:
    """The turn with the emergency numbers said first, for words that may speak of one of these emergency
    `articles`; as it is where it shows an emergency article anyway."""
    known = [article_id for article_id in articles if article_id in scene.knowledge_base.articles]
    shown = turn.found[0].id if turn.decision == Decision.ANSWER else ""
    if not known or shown.startswith("emergency/"):
        return turn
    numbers = scene.words("In danger now? Police 110. Ambulance and fire 119. The call is free.")
    return turn.after(scene.say(numbers, ((menu.article_button(scene, known[0]),),)))

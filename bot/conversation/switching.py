"""Someone who chose one language and writes another is answered in it, and asked once whether to switch."""

from __future__ import annotations

from bot.conversation.buttons import Action, button
from bot.conversation.scene import Scene
from bot.conversation.turn import Turn
from bot.i18n import LANGUAGES, NATIVE_NAMES
from bot.language.reading import Reading


def offer_switch(scene: Scene, turn: Turn, reading: Reading) -> Turn:
    """The turn with the question added, where it is due."""
    state = turn.state
    chosen, new = state.language, reading.language
    known = chosen is not None and new in LANGUAGES and new != chosen
    if chosen is None or not known or not reading.certain or new in state.switch_declined:
        return turn
    there = scene.in_language(new)
    words = there.words
    yes = button(words("Yes, switch"), Action.LANGUAGE, new)
    no = button(NATIVE_NAMES[chosen], Action.KEEP_LANGUAGE, new)
    question = words("You wrote in %(language)s. Shall I go on in it?", language=NATIVE_NAMES[new])
    asked = state.but(yes=yes.data, no=no.data, switch_declined=(*state.switch_declined, new))
    return turn.but(replies=(*turn.replies, there.say(question, ((yes, no),))), state=asked)

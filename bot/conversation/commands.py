"""Slash commands."""

from __future__ import annotations

from bot.conversation import handover, menu, pressed, welcome
from bot.conversation.scene import Scene
from bot.conversation.state import Step
from bot.conversation.turn import Decision, Turn
from bot.language.folding import clean
from bot.messages import Command


def respond_to_command(scene: Scene, command: Command) -> Turn:
    """The turn after a command; an unknown one gets the list of those there are."""
    match command.name:
        case "start":
            return _start(scene, command.argument)
        case "language":
            return _turn(scene, welcome.ask_language(scene))
        case "menu":
            return _turn(scene, menu.show_menu(scene))
        case "person":
            if command.argument:
                return handover.hand_over(scene.with_state(scene.state.but(question=clean(command.argument))))
            return handover.hand_over(scene)
        case "case":
            return _turn(scene, handover.show_case(scene))
        case "help":
            return _turn(scene, welcome.explain_commands(scene))
        case "about":
            return _turn(scene, welcome.tell_about(scene))
        case "forget":
            return pressed.ask_to_forget(scene)
    sorry = scene.say(scene.words("I do not know this command."))
    return Turn((sorry, welcome.explain_commands(scene)), scene.state, Decision.NAVIGATION)


def _turn(scene: Scene, *replies: object) -> Turn:
    return Turn(tuple(replies), scene.state, Decision.NAVIGATION)  # type: ignore[arg-type]


def _start(scene: Scene, argument: str) -> Turn:
    """/start, perhaps with a deep link to an article (work-unpaid-wages for work/unpaid-wages)."""
    article_id = argument.replace("-", "/", 1)
    greeting = welcome.greet_in_all(scene)
    state = scene.state
    if state.language is None:
        state = state.but(step=Step.CHOOSING_LANGUAGE)
    article = menu.show_article(scene, article_id) if argument else None
    if article is None:
        return Turn((greeting,), state, Decision.NAVIGATION)
    state = state.but(articles=(article_id,), question="", kept_question="", shown_in=scene.language)
    replies = (article,) if scene.state.language else (greeting, article)
    return Turn(replies, state, Decision.NAVIGATION)

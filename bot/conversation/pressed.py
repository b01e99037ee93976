"""What a tapped button, or the number typed in its place, leads to."""

from __future__ import annotations

from bot.conversation import handover, held, intake, menu, welcome
from bot.conversation.buttons import Action, button, parse_data
from bot.conversation.consent import TRANSLATE
from bot.conversation.scene import Scene
from bot.conversation.state import Step
from bot.conversation.turn import Decision, ForgetConversation, SolveCase, Turn, WithdrawCase
from bot.i18n import is_offered
from bot.messages import LanguageCode, Reply


def stale(scene: Scene) -> Turn:
    """A button that leads nowhere any more gets a kind answer and the menu."""
    sorry = scene.say(scene.words("This button is old. Here are the topics."))
    return Turn((sorry, menu.show_menu(scene)), scene.state, Decision.NAVIGATION)


def respond_to_press(scene: Scene, data: str) -> Turn:
    """The turn after a press. Choosing a language with a question kept is the caller's business."""
    pressed = parse_data(data)
    if pressed is None:
        return stale(scene)
    state, words = scene.state, scene.words
    reply: Reply | None = None
    match pressed.action:
        case Action.LANGUAGE if is_offered(pressed.subject):
            return choose_language(scene, LanguageCode(pressed.subject))
        case Action.KEEP_LANGUAGE:
            declined = state.switch_declined
            if is_offered(pressed.subject) and pressed.subject not in declined:
                declined = (*declined, LanguageCode(pressed.subject))
            reply = scene.say(words("Good, we stay with this language."), ((scene.menu_button(),),))
            return Turn((reply,), state.but(switch_declined=declined), Decision.NAVIGATION)
        case Action.LANGUAGES:
            reply = welcome.ask_language(scene)
        case Action.MENU:
            reply = menu.show_menu(scene)
        case Action.CATEGORY:
            reply = menu.show_category(scene, pressed.subject, pressed.page)
        case Action.ARTICLE:
            reply = menu.show_article(scene, pressed.subject)
            if reply is not None:
                state = state.but(articles=(pressed.subject,), shown_in=scene.language)
        case Action.RELATED:
            reply = menu.show_related(scene, pressed.subject)
        case Action.COUNTER_CARD:
            reply = menu.show_counter_card(scene, pressed.subject)
        case Action.HELPED:
            state = state.but(question="", fragments="", fragments_at=None, in_danger=False)
            reply = scene.say(words("I am glad. Write again any time."), ((scene.menu_button(),),))
        case Action.NOT_HELPED | Action.NONE_OF_THESE | Action.PERSON:
            return handover.hand_over(scene)
        case Action.INTAKE:
            return intake.respond_to_press(scene, pressed.subject) or stale(scene)
        case Action.CONSENT:
            return handover.open_case(scene, translate=pressed.subject == TRANSLATE) or stale(scene)
        case Action.TO_ANOTHER:
            return handover.pass_on(scene) or stale(scene)
        case Action.TRANSFER:
            return handover.pass_on_to(scene, pressed.subject) or stale(scene)
        case Action.KEEP_CASE if state.case:
            return intake.keep_case(scene, pressed.subject)
        case Action.ADD_TO_CASE:
            return held.add_question(scene) or stale(scene)
        case Action.SOLVED:
            return solve(scene, pressed.subject)
        case Action.WITHDRAW:
            return withdraw(scene, pressed.subject)
        case Action.FORGET:
            return forget(scene)
        case Action.KEEP:
            reply = scene.say(words("Nothing was deleted."), ((scene.menu_button(),),))
    if reply is None:
        return stale(scene)
    return Turn((reply,), state, Decision.NAVIGATION)


def choose_language(scene: Scene, language: LanguageCode) -> Turn:
    """Remember the language and say in it what Tomoni can do."""
    chosen = scene.in_language(language)
    state = scene.state.but(language=language, step=Step.READY, switch_declined=())
    return Turn((welcome.introduce(chosen),), state, Decision.NAVIGATION)


def solve(scene: Scene, reference: str) -> Turn:
    """The turn after the person says it is solved; only the conversation's own open case can be."""
    if not scene.state.case or reference not in ("", scene.state.case):
        return stale(scene)
    state = scene.state.without_case()
    return Turn((handover.confirm_solved(scene),), state, Decision.NAVIGATION, (SolveCase(scene.state.case),))


def withdraw(scene: Scene, reference: str) -> Turn:
    """The turn that takes a case back; only the conversation's own open case can be."""
    if not scene.state.case or reference not in ("", scene.state.case):
        return stale(scene)
    state = scene.state.without_case()
    return Turn((handover.confirm_withdrawn(scene),), state, Decision.NAVIGATION, (WithdrawCase(scene.state.case),))


def ask_to_forget(scene: Scene) -> Turn:
    """/forget asks once, because it cannot be undone."""
    words = scene.words
    yes = button("🗑️ " + words("Yes, delete everything"), Action.FORGET)
    no = button(words("No, keep it"), Action.KEEP)
    reply = scene.say(words("Shall I delete everything about you, also your open case?"), ((yes,), (no,)))
    state = scene.state.but(yes=yes.data, no=no.data)
    return Turn((reply,), state, Decision.NAVIGATION)


def forget(scene: Scene) -> Turn:
    """The turn that deletes everything and says so."""
    text = scene.words("Everything about you is deleted. If you write again, we start anew.")
    return Turn((scene.say(text),), type(scene.state)(), Decision.NAVIGATION, (ForgetConversation(),))

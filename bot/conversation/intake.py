"""The few questions before a case: only what routing and the caseworker need, each skipped with one tap.

What happened (what was written already is offered, not asked again), since when, where, whether it is safe to write
here, what to be called. Then the summary with the consent, where everything can be changed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final

from bot.conversation import consent, typed
from bot.conversation.buttons import Action, button
from bot.conversation.scene import Rows, Scene
from bot.conversation.state import Intake, IntakeStep, SafeContact
from bot.conversation.turn import AddToCase, Decision, RefuseTransfer, Turn
from bot.language.folding import clean, fold
from bot.messages import Button, Reply

MAX_STORY: Final = 4000
MAX_NAME: Final = 60
MAX_TIMES: Final = 200
_ORDER: Final = (IntakeStep.WHAT, IntakeStep.SINCE, IntakeStep.PLACE, IntakeStep.CONTACT, IntakeStep.NAME)
_DAYS_AGO: Final = {"today": 0, "week": 7, "month": 30}
_MONTH_AND_DAY: Final = re.compile(r"(?:(20\d\d)\D{1,3})?(\d{1,2})\D{1,3}(\d{1,2})\D{0,2}")


def begin(scene: Scene, question: str) -> Turn:
    """Start an intake with what was written so far. In danger every question is skipped."""
    immediate = scene.state.in_danger
    intake = Intake(what=question[:MAX_STORY], articles=scene.state.articles, immediate=immediate)
    if immediate:
        return _ask(scene, intake.but(step=IntakeStep.CONSENT))
    return _ask(scene, intake)


def respond_to_text(scene: Scene, text: str, normal_form: str) -> Turn:
    """The turn after words typed in answer to the open question."""
    intake = _intake_of(scene)
    match intake.step:
        case IntakeStep.WHAT:
            return _next(scene, intake.but(what=_joined(intake, text), told=True))
        case IntakeStep.SINCE:
            day = _day_in(normal_form, scene.today)
            return _next(scene, intake.but(since=day.isoformat() if day else "", since_words=text[:MAX_TIMES]))
        case IntakeStep.PLACE:
            return _place(scene, intake, text)
        case IntakeStep.CONTACT:
            return _contact(scene, intake, text, normal_form)
        case IntakeStep.NAME:
            return _next(scene, intake.but(name=text[:MAX_NAME]))
        case IntakeStep.CONSENT:
            # Whatever else is written here belongs to the story; consent is given by its own button or a plain yes.
            turn = _ask(scene, intake.but(what=_joined(intake, text)))
            if scene.state.case:
                # The case is open, and this asks whether another may have it: who has it now reads this in any case.
                return turn.but(effects=(AddToCase(scene.state.case, text[:MAX_STORY]),))
            return turn


def respond_to_press(scene: Scene, choice: str) -> Turn | None:
    """The turn after a button of the intake; None where no intake is open, or the button belongs to none."""
    if scene.state.intake is None:
        return None
    intake = scene.state.intake
    kind, _, value = choice.partition("-")
    match kind:
        case "skip":
            return _next(scene, intake)
        case "new":
            return _ask(scene, intake.but(what="", step=IntakeStep.WHAT))
        case "since" if value in _DAYS_AGO:
            day = scene.today - dt.timedelta(days=_DAYS_AGO[value])
            return _next(scene, intake.but(since=day.isoformat(), since_words=""))
        case "since":
            return _next(scene, intake.but(since="", since_words=scene.words("more than a month ago")))
        case "place" if value in scene.directory.prefectures:
            return _next(scene, intake.but(place=value))
        case "safe" if value in set(SafeContact):
            if value == SafeContact.TIMES:
                return _ask(scene, intake.but(step=IntakeStep.CONTACT, contact=SafeContact.TIMES))
            return _next(scene, intake.but(contact=SafeContact(value), times=""))
        case "change":
            return Turn((_what_to_change(scene),), scene.state, Decision.NAVIGATION)
        case "edit" if value in set(IntakeStep):
            return _ask(scene, intake.but(step=IntakeStep(value), changing=True, told=False))
        case "stop":
            return stop(scene)
    return None


def stop(scene: Scene) -> Turn:
    """The turn that ends an intake without a case: nothing was passed on, nothing of it is kept."""
    words = scene.words
    if scene.state.intake is not None and scene.state.intake.transfer_to:
        return keep_case(scene, scene.state.intake.transfer_to)
    reply = scene.say(
        words("Good. I pass nothing on. Nothing changes for you, and you can ask me anything."),
        ((scene.menu_button(), scene.person_button()),),
    )
    return Turn((reply,), scene.state.but(intake=None), Decision.NAVIGATION)


def keep_case(scene: Scene, partner_id: str) -> Turn:
    """The turn after the person does not want their case passed on to a partner that was proposed."""
    text = scene.words("Good. Your case stays where it is.")
    effects = (RefuseTransfer(scene.state.case, partner_id),) if scene.state.case else ()
    reply = scene.say(text, ((scene.menu_button(),),))
    return Turn((reply,), scene.state.but(intake=None), Decision.NAVIGATION, effects)


def _next(scene: Scene, intake: Intake) -> Turn:
    """The question after the one just answered or skipped; the summary after the last, and after a change."""
    if intake.changing or intake.step == IntakeStep.CONSENT:
        return _ask(scene, intake.but(step=IntakeStep.CONSENT, changing=False))
    place = _ORDER.index(intake.step) + 1
    return _ask(scene, intake.but(step=_ORDER[place] if place < len(_ORDER) else IntakeStep.CONSENT))


def _ask(scene: Scene, intake: Intake) -> Turn:
    state = scene.state.but(intake=intake)
    if intake.step == IntakeStep.CONSENT:
        return ask_consent(scene, intake)
    return Turn((_QUESTIONS[intake.step](scene, intake),), state, Decision.HANDOVER)


def ask_consent(scene: Scene, intake: Intake) -> Turn:
    """The turn that shows what is passed on and asks for the consent of the partner it would go to now."""
    intake = intake.but(partner=consent.best_route(scene, intake).partner_id)
    reply = consent.ask(scene, intake)
    return Turn(
        (reply,), scene.state.but(intake=intake, yes=consent.YES, no=consent.NO), Decision.HANDOVER
    )  # fmt: skip


def _ask_what(scene: Scene, intake: Intake) -> Reply:
    words = scene.words
    if intake.what and not intake.changing:
        text = words("May I use what you wrote?") + "\n\n" + consent.quote(intake.what)
        rows: Rows = (
            (_choice("✅ " + words("Yes, use this"), "skip"),),
            (_choice("✏️ " + words("I write it anew"), "new"),),
        )
        return scene.say(text, (*rows, _ways_out(scene, skippable=False)))
    text = words("What happened? Write it in your own words, in any language. A few sentences are enough.")
    return scene.say(text, (_ways_out(scene),))


def _ask_since(scene: Scene, _intake: Intake) -> Reply:
    words = scene.words
    rows: Rows = (
        (_choice(words("Today"), "since-today"), _choice(words("This week"), "since-week")),
        (_choice(words("This month"), "since-month"), _choice(words("Longer ago"), "since-longer")),
    )
    text = words("When did it happen, or when did it begin? Some time limits depend on it. You can also write the day.")
    return scene.say(text, (*rows, _ways_out(scene)))


def _ask_place(scene: Scene, _intake: Intake) -> Reply:
    text = scene.words("In which prefecture do you live? Write its name, in any language. I look for help near you.")
    skip = (_choice(scene.words("I do not want to say"), "skip"),)
    return scene.say(text, (skip, _ways_out(scene, skippable=False)))


def _ask_contact(scene: Scene, intake: Intake) -> Reply:
    words = scene.words
    if intake.contact == SafeContact.TIMES:
        return scene.say(words("When is it safe? Write it, for example: after 20:00, on Sundays."), (_ways_out(scene),))
    text = words(
        "Is it safe if a person writes to you here? Think of who else looks at this phone: partner, boss, roommate."
    )
    rows: Rows = (
        (_choice(words("Yes, any time"), "safe-yes"),),
        (_choice(words("Only at certain times"), "safe-times"),),
        (_choice(words("No"), "safe-no"),),
    )
    return scene.say(text, (*rows, _ways_out(scene)))


def _ask_name(scene: Scene, _intake: Intake) -> Reply:
    text = scene.words("What may the person call you? A nickname will do.")
    return scene.say(text, (_ways_out(scene),))


_QUESTIONS: Final[dict[IntakeStep, Callable[[Scene, Intake], Reply]]] = {
    IntakeStep.WHAT: _ask_what,
    IntakeStep.SINCE: _ask_since,
    IntakeStep.PLACE: _ask_place,
    IntakeStep.CONTACT: _ask_contact,
    IntakeStep.NAME: _ask_name,
}


def _what_to_change(scene: Scene) -> Reply:
    words = scene.words
    names = {
        IntakeStep.WHAT: words("What happened"),
        IntakeStep.SINCE: words("When"),
        IntakeStep.PLACE: words("Where"),
        IntakeStep.CONTACT: words("How to reach you"),
        IntakeStep.NAME: words("Name"),
    }
    rows = tuple((_choice(name, f"edit-{step}"),) for step, name in names.items())
    back = (_choice("◀️ " + words("Back"), f"edit-{IntakeStep.CONSENT}"),)
    return scene.say(words("What shall I change?"), (*rows, back))


def _place(scene: Scene, intake: Intake, text: str) -> Turn:
    found = scene.directory.finder.find(text)
    if len(found) == 1:
        return _next(scene, intake.but(place=found[0]))
    words = scene.words
    skip = (_choice(words("I do not want to say"), "skip"),)
    if not found:
        text = words("I do not know this place. Please write the prefecture, for example Tokyo or Saitama.")
        return Turn((scene.say(text, (skip, _ways_out(scene, skippable=False))),), scene.state, Decision.HANDOVER)
    names = [(key, scene.directory.prefectures[key].in_language(scene.language)) for key in found]
    rows = tuple((_choice(name, f"place-{key}"),) for key, name in names)
    return Turn((scene.say(words("Do you mean one of these?"), (*rows, skip)),), scene.state, Decision.HANDOVER)


def _contact(scene: Scene, intake: Intake, text: str, normal_form: str) -> Turn:
    if intake.contact == SafeContact.TIMES:
        return _next(scene, intake.but(times=text[:MAX_TIMES]))
    if typed.is_yes(normal_form):
        return _next(scene, intake.but(contact=SafeContact.YES))
    if typed.is_no(normal_form):
        return _next(scene, intake.but(contact=SafeContact.NO))
    return _next(scene, intake.but(contact=SafeContact.TIMES, times=text[:MAX_TIMES]))


def _intake_of(scene: Scene) -> Intake:
    assert scene.state.intake is not None  # noqa: S101 - the caller looked
    return scene.state.intake


def _joined(intake: Intake, text: str) -> str:
    """The story so far with what was just written; while changing it, only the latter."""
    if intake.what and not (intake.changing and not intake.told):
        return f"{intake.what}\n{text}"[-MAX_STORY:]
    return text[:MAX_STORY]


def _day_in(normal_form: str, today: dt.date) -> dt.date | None:
    """The day that words such as 2026-11-03, 11/3 or 11月3日 name; the last such day, not one to come."""
    match = _MONTH_AND_DAY.fullmatch(fold(clean(normal_form)).strip())
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        found = dt.date(int(year or today.year), int(month), int(day))
        if year is None and found > today:
            found = found.replace(year=today.year - 1)
    except ValueError:
        return None
    return found if found <= today else None


def _choice(label: str, value: str) -> Button:
    return button(label, Action.INTAKE, value)


def _ways_out(scene: Scene, *, skippable: bool = True) -> tuple[Button, ...]:
    leave = _choice("✖️ " + scene.words("Stop"), "stop")
    return (_choice("⏭️ " + scene.words("Skip"), "skip"), leave) if skippable else (leave,)

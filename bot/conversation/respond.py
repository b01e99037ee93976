"""The order of thought for one message: danger, command, button, open step, search, way out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.conversation import (
    attachments,
    commands,
    handover,
    held,
    intake,
    pressed,
    switching,
    typed,
    urgent,
    welcome,
)
from bot.conversation.answering import answer, decision_of, find_joined
from bot.conversation.buttons import Action, data_for
from bot.conversation.safety import Safety, Urgency
from bot.conversation.scene import Operator, Scene, Standing, remember_choices
from bot.conversation.state import MAX_KEPT, ConversationState, Step
from bot.conversation.turn import Decision, ResumeAt, Turn
from bot.i18n import ENGLISH, LANGUAGES
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.finding import Finding, Outcome
from bot.knowledge.search import Search
from bot.language.folding import clean
from bot.language.reading import MAX_READ, OTHER, Reader, Reading
from bot.messages import Attachment, Command, Content, LanguageCode, Press, Reply, Text
from bot.partners.directory import Directory
from bot.partners.prefectures import PrefectureFinder

NO_PARTNERS: Final = Directory({}, {}, PrefectureFinder({}))
FRAGMENT_WORDS: Final = 5
FRAGMENT_LETTERS: Final = 24
# How long after a fragment what follows still belongs to it.
FRAGMENT_LIFE: Final = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing more was written for a while: answer what has been written so far."""


class Respondent:
    """Thinks. Built once over an immutable knowledge base; holds no conversation, does no input or output."""

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        reader: Reader,
        search: Search,
        safety: Safety,
        operator: Operator = Operator(),  # noqa: B008 - frozen
        directory: Directory = NO_PARTNERS,
        *,
        quiet: dt.timedelta = dt.timedelta(0),
        max_text_length: int = 4000,
    ) -> None:
        """`quiet` is how long to wait for more after a short message nothing was found for; 0 answers at
        once. `max_text_length` is how many characters of one message are read for a question."""
        self.knowledge_base = knowledge_base
        self.reader = reader
        self.search = search
        self.safety = safety
        self.operator = operator
        self.directory = directory
        self.quiet = quiet
        self.max_text_length = max_text_length

    def respond(
        self,
        state: ConversationState,
        content: Content | Quiet,
        now: dt.datetime,
        *,
        reference: str,
        locale_hint: str = "",
        open_cases: Mapping[str, int] = MappingProxyType({}),
        standing: Standing | None = None,
    ) -> Turn:
        """One step of a conversation.

        `now` is an aware time; `reference` a fresh case reference, used if a case is opened; `locale_hint`
        the language of the person's app; `open_cases` how many each partner has now; `standing` how the open case
        stands. The same arguments always give the same turn.
        """
        hint = LanguageCode(locale_hint.partition("-")[0].lower())
        # A yes counts right after its question only: it must not delete or change anything later.
        current = state if isinstance(content, Quiet) else state.but(yes="", no="")
        scene = self._scene(current, now, state.speaks(hint), reference, open_cases, standing)
        match content:
            case Text():
                turn = self._text(scene, content, state)
            case Command():
                turn = self._command(scene, content)
            case Press():
                turn = self._press(scene, content.data)
            case Attachment():
                turn = self._attachment(scene, content)
            case Quiet():
                turn = self._quiet(scene)
        if state.step == turn.state.step == Step.NEW and welcome.is_due(content):
            turn = turn.after(welcome.greet_in_all(scene)).but(state=turn.state.but(step=Step.CHOOSING_LANGUAGE))
        return turn.but(state=remember_choices(turn.state, turn.replies))

    def respond_to_failure(
        self,
        state: ConversationState,
        content: Content | Quiet,
        now: dt.datetime,
        *,
        reference: str,
        locale_hint: str = "",
    ) -> Turn:
        """The turn when thinking itself failed: the words go to a person, with the emergency numbers."""
        language = state.speaks(LanguageCode(locale_hint.partition("-")[0].lower()))
        question = clean(content.text) if isinstance(content, Text) else state.question
        state = state.but(question=question[:MAX_KEPT], fragments="", fragments_at=None, waiting=False)
        scene = self._scene(state, now, language, reference, {})
        words = scene.words
        sorry = scene.say(
            words("Something went wrong here, and I could not read your message.")
            + "\n\n"
            + words("In danger now? Police 110. Ambulance and fire 119. The call is free.")
        )
        return handover.store_unread(scene, question[:MAX_KEPT]).after(sorry)

    def _scene(
        self,
        state: ConversationState,
        now: dt.datetime,
        language: LanguageCode,
        reference: str,
        open_cases: Mapping[str, int],
        standing: Standing | None = None,
    ) -> Scene:
        return Scene(
            self.knowledge_base, state, now, language, reference, self.operator, self.directory, open_cases, standing
        )  # fmt: skip

    def _command(self, scene: Scene, content: Command) -> Turn:
        words = f"{content.name} {content.argument}"
        if content.argument and content.name != "start":
            reading = self.reader.read(words, scene.state.language)
            urgency = self.safety.look_through(self.reader, words, reading)
            if urgency is not None:
                return self._search(scene, reading, urgency)
        return commands.respond_to_command(scene, content)

    def _press(self, scene: Scene, data: str) -> Turn:
        if data == Action.NEW_QUESTION and scene.state.relayed:
            turn = self._answer_in_chosen_language(scene.with_state(scene.state.but(relayed="")), scene.state.relayed)
            # The case has these words already.
            return turn.but(state=turn.state.but(question=""))
        turn = pressed.respond_to_press(scene, data)
        language = turn.state.language
        if language is None or not data.startswith(Action.LANGUAGE.value):
            return turn
        chosen = scene.in_language(language).with_state(turn.state)
        if turn.state.kept_question:
            return self._answer_kept(chosen)
        return self._answer_again(chosen) or turn

    def _answer_kept(self, scene: Scene) -> Turn:
        """After the language is chosen: answer what was asked before it."""
        question = scene.state.kept_question
        scene = scene.with_state(scene.state.but(kept_question=""))
        return self._answer_in_chosen_language(scene, question)

    def _answer_again(self, scene: Scene) -> Turn | None:
        """The last answer once more, if it was given in another language than the one chosen now."""
        state = scene.state
        if state.shown_in in (None, scene.language):
            return None
        if len(state.articles) == 1 and not state.in_danger:
            return pressed.respond_to_press(scene, data_for(Action.ARTICLE, state.articles[0]))
        return self._answer_in_chosen_language(scene, state.question) if state.question else None

    def _answer_in_chosen_language(self, scene: Scene, question: str) -> Turn:
        reading = self.reader.read(question, scene.language)
        scene = scene.with_state(scene.state.but(fragments="", fragments_at=None, waiting=False))
        return self._search(
            scene, reading, self.safety.look_through(self.reader, question, reading), may_wait=False, chosen=True
        )

    def _attachment(self, scene: Scene, content: Attachment) -> Turn:
        admitted = attachments.for_case(scene, content)
        if isinstance(admitted, Attachment):
            reading = self.reader.read(content.caption[: self.max_text_length], scene.state.language)
            urgency = self.safety.look_through(self.reader, content.caption, reading)
            return attachments.add_to_case(scene, admitted, self._search(scene, reading, urgency) if urgency else None)
        turn = self._text(scene, Text(content.caption), scene.state) if content.caption.strip() else None
        return attachments.respond(scene, content.kind, admitted, turn)

    def _quiet(self, scene: Scene) -> Turn:
        state = scene.state
        if not state.waiting or not state.fragments or state.fragments_at is None:
            return Turn((), state.but(waiting=False), Decision.WAIT)
        due = state.fragments_at + self.quiet
        if scene.now < due:
            # Something was written since this occasion was set.
            return Turn((), state, Decision.WAIT, (ResumeAt(due),))
        reading = self.reader.read(state.fragments, state.language)
        return self._search(scene.with_state(state.but(fragments="")), reading, None, may_wait=False)

    def _text(self, scene: Scene, content: Text, before: ConversationState) -> Turn:
        """`before` is the state with the questions of ours that a yes, no or number may answer."""
        state = scene.state
        text = content.text
        is_held = held.is_held(scene)
        reading = self.reader.read(text if is_held else text[: self.max_text_length], state.language)
        urgency = self.safety.look_through(self.reader, text, reading)
        if urgency is None and is_held and reading.text:
            return self._while_held(scene, content, reading, before)
        if urgency is None:
            turn = (
                self._open_step(scene, reading, before)
                or self._in_intake(scene, reading)
                or welcome.respond_without_words(scene, reading)
            )
            if turn is not None:
                return turn
        turn = self._search(scene, reading, urgency)
        notes: list[Reply] = []
        if content.edited:
            notes.append(scene.say(scene.words("You changed your message, so I look again.")))
        if len(text) > min(self.max_text_length, MAX_READ):
            notes.append(scene.say(scene.words("That is very long. I could read only the beginning.")))
        if not notes or turn.decision == Decision.URGENT:
            return turn
        return turn.after(*notes)

    def _in_intake(self, scene: Scene, reading: Reading) -> Turn | None:
        """What is typed while a question of the intake is open answers it."""
        if scene.state.intake is None or not reading.text:
            return None
        return intake.respond_to_text(scene, reading.text, reading.normal_form).but(reading=reading)

    def _while_held(self, scene: Scene, content: Text, reading: Reading, before: ConversationState) -> Turn:
        """A caseworker has the case: what is written goes to them, but for what is surely for the bot."""
        turn = None if held.answers_a_person(scene) else self._answer_to_us(scene, reading.normal_form, before)
        if turn is not None:
            return turn
        finding = self.search.find(reading)
        if held.is_for_the_bot(scene, reading, finding):
            alone = scene.with_state(scene.state.but(wants_story=False, fragments="", fragments_at=None))
            return held.beside_the_case(alone, self._search(alone, reading, None, may_wait=False), reading)
        turn = held.relay(scene, reading, finding, edited=content.edited)
        return urgent.show_numbers_above(scene, turn, self.safety.may_be_danger(reading))

    def _answer_to_us(self, scene: Scene, form: str, before: ConversationState) -> Turn | None:
        """A number, a yes or no, a language's name, where one was asked for."""
        language = typed.language_in(form)
        if language is not None:
            return self._press(scene, data_for(Action.LANGUAGE, language))
        number = typed.number_in(form)
        if number is not None and 1 <= number <= len(before.choices):
            return self._press(scene, before.choices[number - 1])
        if before.yes and typed.is_yes(form):
            return self._press(scene, before.yes)
        return self._press(scene, before.no) if before.no and typed.is_no(form) else None

    def _open_step(self, scene: Scene, reading: Reading, before: ConversationState) -> Turn | None:
        """What answers a question of ours; a bare no; a bare call for help."""
        form = reading.normal_form
        turn = self._answer_to_us(scene, form, before)
        if turn is not None:
            return turn
        if scene.state.intake is not None:
            return None
        if typed.is_no(form) and scene.state.step != Step.NEW and not before.wants_story:
            reply = welcome.small_talk(scene, "acknowledgement")
            return Turn((reply,), scene.state, Decision.SMALLTALK, reading=reading)
        if typed.asks_for_help(form) and not before.wants_story:
            here = scene.in_language(reading.language) if reading.language in LANGUAGES else scene
            return Turn((welcome.introduce(here),), scene.state, Decision.SMALLTALK, reading=reading)
        return None

    def _search(
        self,
        scene: Scene,
        reading: Reading,
        urgency: Urgency | None,
        *,
        may_wait: bool = True,
        chosen: bool = False,
    ) -> Turn:
        """`chosen`: the person has just chosen the scene's language; the words' own language does not count."""
        state = scene.state
        stranger = state.step == Step.NEW
        answering = scene.language
        if reading.language in LANGUAGES and (reading.certain or state.language is None or urgency) and not chosen:
            answering = reading.language
        if urgency is not None:
            return urgent.respond_to_danger(scene.in_language(answering), reading, urgency)
        recent = state.fragments_at is not None and scene.now - state.fragments_at < FRAGMENT_LIFE
        telling = state.wants_story and bool(state.case) and (recent or state.fragments_at is None)
        if reading.language == OTHER and telling:
            return handover.take_story(scene, reading, Finding(Outcome.UNKNOWN))
        if reading.language == OTHER:
            reply = welcome.apologise_in_all(scene.in_language(ENGLISH))
            step = Step.CHOOSING_LANGUAGE if state.language is None else state.step
            return Turn((reply,), state.but(step=step), Decision.UNKNOWN, reading=reading)
        joined = f"{state.fragments} {reading.text}" if recent and state.fragments else reading.text
        together = reading
        if joined != reading.text:
            together = self.reader.read(joined, state.language)
            urgency = self.safety.check(together)
            if urgency is not None:
                return urgent.respond_to_danger(scene.in_language(answering), together, urgency)
        finding, reading_for_search = find_joined(self.search, reading, together)
        here = scene.in_language(answering)
        if telling and finding.outcome not in (Outcome.SMALLTALK, Outcome.PERSON):
            return handover.take_story(here, reading, finding)
        if stranger and not reading.certain and finding.outcome in (Outcome.UNKNOWN, Outcome.SUGGEST):
            kept = state.but(
                step=Step.CHOOSING_LANGUAGE,
                kept_question=joined[:MAX_KEPT],
                fragments=joined[-MAX_KEPT:],
                fragments_at=scene.now,
            )
            greeting = welcome.greet_in_all(here)
            return Turn((greeting,), kept, decision_of(finding), reading=reading, found=finding.articles)
        short = len(reading.text) <= FRAGMENT_LETTERS or len(reading.text.split()) <= FRAGMENT_WORDS
        unsure = finding.outcome in (Outcome.UNKNOWN, Outcome.SUGGEST)
        if may_wait and self.quiet and short and unsure and not stranger:
            at = scene.now + self.quiet
            waiting = state.but(
                fragments=joined[-MAX_KEPT:],
                fragments_at=scene.now,
                waiting=True,
                kept_question=joined[:MAX_KEPT] if state.kept_question else "",
            )
            return Turn((), waiting, Decision.WAIT, (ResumeAt(at),), reading=reading)
        turn = answer(here, reading, joined, finding)
        turn = urgent.show_numbers_above(here, turn, self.safety.may_be_danger(reading_for_search))
        if not chosen:
            turn = switching.offer_switch(here, turn, reading)
        if not stranger:
            return turn
        greeted = turn.but(replies=()) if turn.decision == Decision.SMALLTALK else turn
        return greeted.after(welcome.greet_in_all(here))

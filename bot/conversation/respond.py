"""The order of thought for one message: danger, command, button, open step, search, way out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from bot.conversation import attachments, commands, handover, menu, pressed, switching, typed, urgent, welcome
from bot.conversation.buttons import Action
from bot.conversation.safety import Safety, Urgency
from bot.conversation.scene import Operator, Scene, remember_choices
from bot.conversation.state import ConversationState, Step
from bot.conversation.turn import AddToCase, Decision, Effect, ResumeAt, Turn
from bot.i18n import ENGLISH, LANGUAGES
from bot.knowledge.article import KnowledgeBase
from bot.knowledge.finding import Finding, Outcome
from bot.knowledge.search import Search
from bot.language.reading import OTHER, Reader, Reading
from bot.messages import Attachment, Command, Content, LanguageCode, Press, Reply, Text

MAX_KEPT: Final = 2000
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
    ) -> Turn:
        """One step of a conversation.

        `now` is an aware time; `reference` a fresh case reference, used if a case is opened; `locale_hint`
        the language of the person's app. The same arguments always give the same turn.
        """
        hint = LanguageCode(locale_hint.partition("-")[0].lower())
        scene = Scene(self.knowledge_base, state, now, state.speaks(hint), reference, self.operator)
        match content:
            case Text():
                turn = self._text(scene, content)
            case Command():
                turn = commands.respond_to_command(scene, content)
            case Press():
                turn = self._press(scene, content.data)
            case Attachment():
                turn = self._attachment(scene, content)
            case Quiet():
                turn = self._quiet(scene)
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
        question = content.text if isinstance(content, Text) else state.question
        state = state.but(question=question[:MAX_KEPT], fragments="", fragments_at=None, waiting=False)
        scene = Scene(self.knowledge_base, state, now, language, reference, self.operator)
        words = scene.words
        sorry = scene.say(
            words("Something went wrong here, and I could not read your message.")
            + "\n\n"
            + words("In danger now? Police 110. Ambulance and fire 119. The call is free.")
        )
        return pressed.hand_over(scene).after(sorry)

    def _press(self, scene: Scene, data: str) -> Turn:
        turn = pressed.respond_to_press(scene, data)
        language = turn.state.language
        if language is not None and turn.state.kept_question and data.startswith(Action.LANGUAGE.value):
            return self._answer_kept(scene.in_language(language), turn)
        return turn

    def _answer_kept(self, scene: Scene, chosen: Turn) -> Turn:
        """After the language is chosen: answer what was asked before it."""
        question = chosen.state.kept_question
        state = chosen.state.but(kept_question="")
        scene = scene.with_state(state)
        if question.startswith("/start "):
            return commands.respond_to_command(scene, Command("start", question.removeprefix("/start ")))
        reading = self.reader.read(question, scene.language)
        return self._search(scene, reading, self.safety.check(reading))

    def _attachment(self, scene: Scene, content: Attachment) -> Turn:
        if content.caption.strip():
            return attachments.add_note(scene, self._text(scene, Text(content.caption)))
        return attachments.respond_to_attachment(scene, content.kind)

    def _quiet(self, scene: Scene) -> Turn:
        state = scene.state
        if not state.waiting or not state.fragments:
            return Turn((), state.but(waiting=False), Decision.WAIT)
        reading = self.reader.read(state.fragments, state.language)
        return self._search(scene, reading, None, may_wait=False)

    def _text(self, scene: Scene, content: Text) -> Turn:
        state = scene.state
        text = content.text
        reading = self.reader.read(text, state.language)
        urgency = self.safety.check(reading)
        if urgency is None and len(text) > self.max_text_length:
            urgency = self._danger_further_on(text)
        if urgency is None:
            turn = self._open_step(scene, reading)
            if turn is not None:
                return turn
        if not reading.text:
            reply = scene.say(
                scene.words("Your message is empty. Please write your question."), ((scene.menu_button(),),)
            )
            return Turn((reply,), state, Decision.UNKNOWN, reading=reading)
        turn = self._search(scene, reading, urgency)
        notes: list[Reply] = []
        if content.edited:
            notes.append(scene.say(scene.words("You changed your message, so I look again.")))
        if len(text) > self.max_text_length:
            notes.append(scene.say(scene.words("That is very long. I could read only the beginning.")))
        if not notes or turn.decision == Decision.URGENT:
            return turn
        return turn.after(*notes)

    def _danger_further_on(self, text: str) -> Urgency | None:
        """Danger anywhere in a long text, looked for piece by piece, as far as the limit of what is taken in."""
        step = 500
        for start in range(0, min(len(text), 20_000), step):
            urgency = self.safety.check(self.reader.read(text[start : start + step + 100]))
            if urgency is not None:
                return urgency
        return None

    def _open_step(self, scene: Scene, reading: Reading) -> Turn | None:
        """A number, a yes or no, a language's name, where one was asked for."""
        state = scene.state
        form = reading.normal_form
        language = typed.language_in(form)
        if language is not None:
            return self._press(scene, f"{Action.LANGUAGE}:{language}")
        number = typed.number_in(form)
        if number is not None and 1 <= number <= len(state.choices):
            return self._press(scene, state.choices[number - 1])
        answered = scene.with_state(state.but(yes="", no=""))
        if state.yes and typed.is_yes(form):
            return self._press(answered, state.yes)
        if state.no and typed.is_no(form):
            return self._press(answered, state.no)
        return None

    def _search(self, scene: Scene, reading: Reading, urgency: Urgency | None, *, may_wait: bool = True) -> Turn:
        state = scene.state
        stranger = state.step == Step.NEW
        if reading.language in LANGUAGES and (reading.certain or state.language is None or urgency):
            answering = reading.language
        else:
            answering = scene.language
        if urgency is not None:
            return urgent.respond_to_danger(scene.in_language(answering), reading, urgency)
        if reading.language == OTHER:
            reply = welcome.apologise_in_all(scene.in_language(ENGLISH))
            step = Step.CHOOSING_LANGUAGE if state.language is None else state.step
            return Turn((reply,), state.but(step=step), Decision.UNKNOWN, reading=reading)
        recent = state.fragments_at is not None and scene.now - state.fragments_at < FRAGMENT_LIFE
        joined = f"{state.fragments} {reading.text}" if recent and state.fragments else reading.text
        finding, reading_for_search = self._find(reading, joined, state.language)
        if urgency is None and joined != reading.text:
            urgency = self.safety.check(reading_for_search)
            if urgency is not None:
                return urgent.respond_to_danger(scene.in_language(answering), reading_for_search, urgency)
        here = scene.in_language(answering)
        if state.wants_story and state.case and finding.outcome not in (Outcome.SMALLTALK, Outcome.PERSON):
            return self._story(here, reading, finding)
        if stranger and not reading.certain and finding.outcome in (Outcome.UNKNOWN, Outcome.SUGGEST):
            kept = state.but(step=Step.CHOOSING_LANGUAGE, kept_question=joined[:MAX_KEPT])
            greeting = welcome.greet_in_all(here)
            return Turn((greeting,), kept, _decision(finding), reading=reading, found=finding.articles)
        short = len(reading.text) <= FRAGMENT_LETTERS or len(reading.text.split()) <= FRAGMENT_WORDS
        unsure = finding.outcome in (Outcome.UNKNOWN, Outcome.SUGGEST)
        if may_wait and self.quiet and short and unsure and not stranger:
            at = scene.now + self.quiet
            waiting = state.but(fragments=joined[-MAX_KEPT:], fragments_at=scene.now, waiting=True)
            return Turn((), waiting, Decision.WAIT, (ResumeAt(at),), reading=reading)
        turn = self._answer(here, reading, joined, finding)
        if not stranger:
            return turn
        greeted = turn.but(replies=()) if turn.decision == Decision.SMALLTALK else turn
        return greeted.after(welcome.greet_in_all(here))

    def _find(self, reading: Reading, joined: str, prior: LanguageCode | None) -> tuple[Finding, Reading]:
        """Search for the message alone and together with the fragments before it; the surer one counts."""
        alone = self.search.find(reading)
        if joined == reading.text:
            return alone, reading
        together_reading = self.reader.read(joined, prior)
        together = self.search.find(together_reading)
        best_alone = alone.articles[0].confidence if alone.articles else 0.0
        best_together = together.articles[0].confidence if together.articles else 0.0
        if alone.outcome in (Outcome.SMALLTALK, Outcome.PERSON) or best_alone > best_together:
            return alone, reading
        return together, together_reading

    def _answer(self, scene: Scene, reading: Reading, question: str, finding: Finding) -> Turn:
        state = scene.state.but(step=Step.READY if scene.state.language else Step.CHOOSING_LANGUAGE, waiting=False)
        if state.language is None and reading.certain:
            state = state.but(language=scene.language, step=Step.READY)
        replies: tuple[Reply, ...]
        effects: tuple[Effect, ...] = ()
        record = ""
        decision = _decision(finding)
        asked = state.but(question=question[:MAX_KEPT], articles=tuple(item.id for item in finding.articles[:3]))
        match finding.outcome:
            case Outcome.ANSWER:
                article = menu.show_article(scene, finding.articles[0].id)
                assert article is not None  # noqa: S101 - search knows only articles of this knowledge base
                replies = (article,)
                state = asked.but(fragments="", fragments_at=None)
            case Outcome.SUGGEST:
                replies = (menu.suggest(scene, finding.articles),)
                state = asked.but(fragments=question[-MAX_KEPT:], fragments_at=scene.now)
            case Outcome.SMALLTALK:
                replies = (welcome.small_talk(scene, finding.smalltalk),)
            case Outcome.PERSON:
                reply, state, effects = handover.hand_over(scene.with_state(state))
                replies = (reply,)
            case Outcome.UNKNOWN:
                replies = (menu.admit_not_knowing(scene),)
                state = asked.but(fragments=question[-MAX_KEPT:], fragments_at=scene.now)
                record = question
        turn = Turn(replies, state, decision, effects, reading, finding.articles, record)
        return switching.offer_switch(scene, turn, reading)

    def _story(self, scene: Scene, reading: Reading, finding: Finding) -> Turn:
        """Words written after a case was opened without a question go into it; an answer may follow."""
        effects = (AddToCase(scene.state.case, reading.text[:MAX_KEPT]),)
        state = scene.state.but(wants_story=False, question="", fragments="", fragments_at=None)
        replies = [handover.add_story(scene)]
        if finding.outcome == Outcome.ANSWER:
            article = menu.show_article(scene, finding.articles[0].id)
            replies += [article] if article else []
        elif finding.outcome == Outcome.SUGGEST:
            replies.append(menu.suggest(scene, finding.articles))
        return Turn(tuple(replies), state, Decision.HANDOVER, effects, reading, finding.articles)


def _decision(finding: Finding) -> Decision:
    return Decision.HANDOVER if finding.outcome == Outcome.PERSON else Decision(finding.outcome.value)

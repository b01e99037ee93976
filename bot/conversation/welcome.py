"""The first words: greeting, choice of language, what Tomoni can do, who runs it, small talk."""

from __future__ import annotations

from bot.conversation import typed
from bot.conversation.buttons import Action, button
from bot.conversation.scene import Rows, Scene
from bot.conversation.state import Step
from bot.conversation.turn import Decision, Turn
from bot.i18n import LANGUAGES, NATIVE_NAMES, Translator, translator
from bot.knowledge.render import render_contact
from bot.language.reading import Reading
from bot.markup import escape
from bot.messages import Attachment, Command, Reply, Text


def language_rows() -> Rows:
    """One button a language, each in its own script."""
    names = [button(NATIVE_NAMES[code], Action.LANGUAGE, code) for code in LANGUAGES]
    return (tuple(names[:2]), tuple(names[2:]))


def greet_in_all(scene: Scene) -> Reply:
    """The greeting a stranger gets: all four languages, and a button for each."""
    lines = [
        words("Hello, this is Tomoni. Ask me anything about living in Japan. Which language?")
        for words in map(translator, LANGUAGES)
    ]
    return scene.say("\n\n".join(lines), language_rows())


def is_due(content: object) -> bool:
    """Whether a stranger who sends this is still to be greeted: not for a press, and not where the answer itself
    is in all languages or says goodbye."""
    if isinstance(content, Command):
        return content.name not in ("start", "language", "forget")
    return isinstance(content, Text | Attachment)


def ask_language(scene: Scene) -> Reply:
    """The same choice for someone who is no stranger."""
    lines = [words("Which language shall I write in?") for words in map(translator, LANGUAGES)]
    return scene.say("\n\n".join(lines), language_rows())


def introduce(scene: Scene) -> Reply:
    """What Tomoni can do, in one bubble."""
    words = scene.words
    text = "\n\n".join(
        (
            words("I know about work, visa, health, money, housing and emergencies in Japan."),
            words("Write your problem in your own words, or choose a topic below."),
            words("In danger now? Police 110. Ambulance and fire 119. The call is free."),
        )
    )
    return scene.say(text, ((scene.menu_button(), scene.person_button()),))


def commands_in(words: Translator) -> dict[str, str]:
    """The commands a person may want to know of, and what each does."""
    return {
        "menu": words("show all topics"),
        "person": words("ask a person for help"),
        "case": words("see your open case"),
        "language": words("change the language"),
        "help": words("how to use this"),
        "about": words("who runs this, and what is stored"),
        "forget": words("delete everything about you"),
    }


def explain_commands(scene: Scene) -> Reply:
    """/help."""
    words = scene.words
    opening = words("Write your question in your own words. Short or long, with mistakes: all is fine.")
    lines = "\n".join(f"- /{name} {meaning}" for name, meaning in commands_in(words).items())
    return scene.say(f"{opening}\n\n{lines}", ((scene.menu_button(), scene.person_button()),))


def tell_about(scene: Scene) -> Reply:
    """/about: who runs this, what is stored and for how long."""
    words = scene.words
    operator = scene.operator
    if operator.name:
        who = words("%(operator)s runs this service.", operator=escape(operator.name))
    else:
        who = words("This Tomoni is a test installation; no organisation stands behind it yet.")
    paragraphs = [
        words(
            "Tomoni never makes up an answer. It shows only prepared texts, each with its source, and says "
            "whether a person has reviewed the text."
        ),
        who + (" " + escape(operator.contact) if operator.contact else ""),
        words("It is free. Tomoni is no public office, and does not report you to one."),
        words(
            "Stored: your language and where our talk stands, encrypted. A question is kept only when "
            "nobody could answer it (without telephone numbers and addresses) or when you open a case."
        ),
        words(
            "The texts of a closed case are deleted after %(cases)s days, a talk in which nothing was said after "
            "%(talks)s days.",
            cases=words.number(operator.closed_cases_kept_days),
            talks=words.number(operator.silent_conversations_kept_days),
        ),
        words("Write /forget and everything about you is deleted at once."),
    ]
    return scene.say("\n\n".join(paragraphs), ((scene.menu_button(),),))


def small_talk(scene: Scene, kind: str) -> Reply:
    """A friendly answer to hello, thanks, goodbye and the like."""
    words = scene.words
    texts = {
        "greeting": words("Hello! How can I help you? Write your problem, or choose a topic."),
        "thanks": words("You are welcome. Write again any time."),
        "identity": words(
            "I am Tomoni, a computer program and no person. I show prepared answers and say where they come "
            "from. If you want, I pass your question to a person."
        ),
        "farewell": words("Take care. I am here day and night."),
        "acknowledgement": words("Good. If there is anything else, just write."),
        "compliment": words("Thank you, that is kind. Is there anything I can help with?"),
    }
    return scene.say(texts.get(kind, texts["greeting"]), ((scene.menu_button(), scene.person_button()),))


def respond_without_words(scene: Scene, reading: Reading) -> Turn | None:
    """The turn after a thumb, a heart, a lone question mark, or nothing at all; None after words."""
    if reading.normal_form:
        return None
    if typed.is_thanks(reading.text):
        # A stranger is greeted, and that is all.
        replies = () if scene.state.step == Step.NEW else (small_talk(scene, "thanks"),)
        return Turn(replies, scene.state, Decision.SMALLTALK, reading=reading)
    empty = scene.words("Your message is empty. Please write your question.")
    reply = scene.say(empty, ((scene.menu_button(), scene.person_button()),))
    return Turn((reply,), scene.state, Decision.UNKNOWN, reading=reading)


def apologise_in_all(scene: Scene) -> Reply:
    """For someone who writes a language Tomoni does not speak: the four it speaks, and who speaks more."""
    lines = [
        words(
            "Sorry, I cannot read this language. I speak Nepali, Burmese, Japanese and English. "
            "In danger now? Police 110, ambulance and fire 119."
        )
        for words in map(translator, LANGUAGES)
    ]
    contacts = [contact for contact in scene.knowledge_base.contacts.values() if len(contact.languages) > 4]
    contacts.sort(key=lambda contact: (not contact.shows_number, -len(contact.languages)))
    services = "\n".join(f"- {render_contact(contact, scene.words)}" for contact in contacts[:3])
    return scene.say("\n\n".join([*lines, services]), language_rows())

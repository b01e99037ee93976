"""Stickers, voice, pictures, places and files: a helpful answer, and nothing of them kept."""

from __future__ import annotations

from bot.conversation.scene import Scene
from bot.conversation.turn import Decision, Turn
from bot.messages import AttachmentKind


def respond_to_attachment(scene: Scene, kind: AttachmentKind) -> Turn:
    """The turn after something that is not words."""
    words = scene.words
    match kind:
        case AttachmentKind.STICKER:
            text = words("Nice sticker! I can only read words. Please write your question.")
        case AttachmentKind.VOICE:
            text = words("I cannot listen to voice messages. Please write a few words, or ask for a person.")
        case AttachmentKind.LOCATION:
            text = words("I cannot use your location, and have not kept it. Please write what you need.")
        case _:
            text = words("I cannot look at pictures or files, and have not kept it. Please write what it is about.")
    emergency = words("In danger now? Police 110. Ambulance and fire 119. The call is free.")
    rows = ((scene.menu_button(), scene.person_button()),)
    return Turn((scene.say(f"{text}\n\n{emergency}", rows),), scene.state, Decision.UNKNOWN)


def add_note(scene: Scene, turn: Turn) -> Turn:
    """The turn on a caption's words, with a word about the picture; in danger that comes last."""
    note = scene.say(scene.words("I cannot look at pictures or files, I read only the words with it."))
    if turn.decision == Decision.URGENT:
        return turn.but(replies=(*turn.replies, note))
    return turn.after(note)

"""Photos, files, voice, stickers, places: into the open case what people can look at, a helpful answer to the rest."""

from __future__ import annotations

from dataclasses import replace

from bot.conversation.file_limits import Refusal, admit, refusal_text
from bot.conversation.scene import Rows, Scene
from bot.conversation.turn import AddToCase, Decision, Effect, Turn
from bot.language.folding import clean
from bot.messages import Attachment, AttachmentKind

_MAX_CAPTION = 4000


def for_case(scene: Scene, content: Attachment) -> Attachment | Refusal | None:
    """What is to be added to the open case, or why it cannot be; None where no case is open, or it is nothing that
    one could add: a sticker, a place."""
    if not scene.state.case:
        return None
    admitted = admit(content)
    return None if admitted == Refusal.NO_FILE else admitted


def add_to_case(scene: Scene, admitted: Attachment, danger: Turn | None) -> Turn:
    """The turn after a file for the open case. `danger` is the turn on its caption, where that speaks of danger:
    its numbers come first, and the case becomes urgent."""
    words, reference = scene.words, scene.state.case
    shown = f"**{reference}**"
    match admitted.kind:
        case AttachmentKind.PHOTO:
            text = words("I have added the photo to your case %(reference)s.", reference=shown)
        case AttachmentKind.VOICE:
            text = words("I have added your voice message to your case %(reference)s.", reference=shown)
        case AttachmentKind.VIDEO:
            text = words("I have added the video to your case %(reference)s.", reference=shown)
        case _:
            text = words("I have added the file to your case %(reference)s.", reference=shown)
    confirmed = scene.say(text, ((scene.menu_button(),),))
    caption = clean(admitted.caption)[:_MAX_CAPTION]
    effect = AddToCase(reference, caption, attachment=replace(admitted, caption=""))
    if danger is None:
        return Turn((confirmed,), scene.state, Decision.HANDOVER, (effect,))
    effects: tuple[Effect, ...] = tuple(item for item in danger.effects if not isinstance(item, AddToCase))
    # The words went into the case with the file: asking for a person must not add them again.
    return danger.but(
        replies=(*danger.replies, confirmed),
        state=danger.state.but(question=""),
        effects=(*effects, replace(effect, urgency="immediate")),
    )


def respond(scene: Scene, kind: AttachmentKind, refusal: Refusal | None, turn: Turn | None) -> Turn:
    """The turn after something that no case takes: not let in for `refusal`, or there is none. `turn` is that on its
    caption, if it had one; where that speaks of danger, it comes first."""
    words = scene.words
    if refusal is not None:
        text = refusal_text(words, refusal) + " " + words("I have not kept it.")
    elif turn is not None:
        text = words("I cannot look at pictures or files, I read only the words with it.")
        text = f"{text} {_when_it_can_be_sent(scene)}".strip()
    else:
        return _alone(scene, kind)
    if turn is None:
        return Turn((scene.say(text, _ways_on(scene)),), scene.state, Decision.UNKNOWN)
    note = scene.say(text)
    return turn.but(replies=(*turn.replies, note)) if turn.decision == Decision.URGENT else turn.after(note)


def _alone(scene: Scene, kind: AttachmentKind) -> Turn:
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
            text = f"{text} {_when_it_can_be_sent(scene)}".strip()
    emergency = words("In danger now? Police 110. Ambulance and fire 119. The call is free.")
    return Turn((scene.say(f"{text}\n\n{emergency}", _ways_on(scene)),), scene.state, Decision.UNKNOWN)


def _ways_on(scene: Scene) -> Rows:
    return ((scene.menu_button(), scene.person_button()),)


def _when_it_can_be_sent(scene: Scene) -> str:
    words = scene.words
    if scene.state.case:
        return ""
    if scene.state.intake is not None:
        return words("Please send it again when your case is open. I add it to the case then.")
    return words("When a person looks after your case, you can send it here, and they see it.")

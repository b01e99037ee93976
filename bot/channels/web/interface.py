"""The words of the web chat page, for its script to show."""

from __future__ import annotations

from bot.conversation.file_limits import Refusal, refusal_text
from bot.i18n import Translator
from bot.markup import without_ruby


def interface_words(words: Translator) -> dict[str, str]:
    """Every text the page itself shows, in the reader's language."""
    return {
        "title": words("Tomoni chat"),
        "placeholder": words("Write your message…"),
        "send": words("Send"),
        "you": words("You"),
        "leave": words("Leave this page quickly"),
        "waiting": words("Tomoni is writing…"),
        "retrying": words("No connection. Your message is kept and sent again.")
        + " "
        + words("In danger now? Police 110. Ambulance and fire 119. The call is free."),
        "refused": words("This message could not be sent. Please write it again, shorter."),
        "attach": words("Send a photo or a file"),
        "too_large": without_ruby(refusal_text(words, Refusal.TOO_LARGE)),
        "file_failed": words("The file was not sent. Please choose it again."),
        "file_gone": words("This file is not there any more."),
        "log": words("Conversation"),
        "intro": words("Free and anonymous. Close this page and the conversation disappears from this phone."),
        "script_needed": words("This chat needs JavaScript. Please turn it on in your browser."),
    }

"""The words of the web chat page, for its script to show."""

from __future__ import annotations

from bot.i18n import Translator


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
        "log": words("Conversation"),
        "intro": words("Free and anonymous. Close this page and the conversation disappears from this phone."),
        "script_needed": words("This chat needs JavaScript. Please turn it on in your browser."),
    }

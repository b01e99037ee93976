"""What a browser did wrong."""

from bot.errors import TomoniError


class BadRequest(TomoniError):
    """The request is not of the form the chat page sends; the text says what is wrong with it."""

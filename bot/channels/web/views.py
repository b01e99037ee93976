"""The web chat: one page, one address to post to, one to fetch late replies from."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.cases.files import CaseFiles
from bot.channels.web.errors import BadRequest
from bot.channels.web.files import WebFiles
from bot.channels.web.interface import interface_words
from bot.channels.web.language import preferred_language
from bot.channels.web.translate import key_from, message_from, reply_to_json
from bot.conversation.file_limits import MAX_SIZE, accepted_files
from bot.errors import StorageUnavailable
from bot.helpline import Helpline
from bot.i18n import LANGUAGES, NATIVE_NAMES, translator

HERE: Final = Path(__file__).parent
MAX_BODY: Final = 512 * 1024


class WebChat:
    """The routes of the web chat over one helpline."""

    def __init__(self, helpline: Helpline, widget_origins: str, files: CaseFiles) -> None:
        """`widget_origins`: the sites that may embed the chat, separated by spaces; `files` reads those of cases."""
        self._helpline = helpline
        self._files = files
        self._frame_ancestors = " ".join(["'self'", *widget_origins.split()])
        templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True))
        self._page = templates.get_template("chat.html")

    def routes(self) -> list[BaseRoute]:
        """`/`, `/chat/messages`, `/chat/replies`, `/chat/attachments`, `/widget.js`, `/static/…`."""
        return [
            Route("/", self.page),
            Route("/chat/messages", self.post_message, methods=["POST"]),
            Route("/chat/replies", self.get_replies, methods=["POST"]),
            *WebFiles(self._helpline, self._files, self._headers()).routes(),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    async def page(self, request: Request) -> Response:
        """The chat page in the browser's language; its script greets."""
        language = preferred_language(request.headers.get("accept-language", ""))
        words = translator(language)
        html = self._page.render(
            language=language,
            words=interface_words(words),
            all_words=json.dumps({code: interface_words(translator(code)) for code in LANGUAGES}),
            start=request.query_params.get("start", "")[:64],
            names=NATIVE_NAMES,
            accept=",".join(accepted_files()),
            most_bytes=MAX_SIZE,
        )
        return HTMLResponse(html, headers=self._headers())

    async def post_message(self, request: Request) -> Response:
        """Take a message in; answers with the replies, and whether more may follow in a moment."""
        try:
            body = await read_json(request)
            hint = preferred_language(request.headers.get("accept-language", ""))
            message = message_from(request.headers.get("x-conversation", ""), body, hint)
            receipt = await self._helpline.receive(message, pulled=True)
        except BadRequest as error:
            return JSONResponse({"error": str(error)}, status_code=400, headers=self._headers())
        except StorageUnavailable:
            return JSONResponse(
                {"error": "try again"}, status_code=503, headers={**self._headers(), "Retry-After": "2"}
            )
        replies = [reply_to_json(item) for item in receipt.replies]
        return JSONResponse({"replies": replies, "waiting": receipt.waiting or not replies}, headers=self._headers())

    async def get_replies(self, request: Request) -> Response:
        """Acknowledge the replies in `received`; answers with those not acknowledged yet."""
        try:
            body = await read_json(request)
            key = key_from(request.headers.get("x-conversation", ""))
            received = [uuid.UUID(item) for item in body.get("received", [])[:200]]
            if received:
                await self._helpline.acknowledge(key, received)
            waiting = await self._helpline.waiting_replies(key)
        except (BadRequest, ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)[:200]}, status_code=400, headers=self._headers())
        except StorageUnavailable:
            return JSONResponse({"error": "try again"}, status_code=503, headers=self._headers())
        return JSONResponse({"replies": [reply_to_json(item) for item in waiting]}, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
                f"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {self._frame_ancestors}"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }


async def read_json(request: Request) -> Any:
    """The JSON body of a request of at most MAX_BODY bytes. Raises BadRequest."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise BadRequest(f"the message is too long; at most {MAX_BODY // 1024} kB")
        chunks.append(chunk)
    try:
        # A lone surrogate may come as an escape; it is taken out when the text is read.
        return json.loads(b"".join(chunks).decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is no JSON") from error

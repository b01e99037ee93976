"""A Bot API server of our own on loopback, behaving as the real one where it matters to us.

It checks what the real one checks (text, HTML, lengths, callback data), delivers by long poll or webhook with the
real one's order and retries, and fails when told to.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.servers.bot_api_files import Files, SentFile
from tests.servers.bot_api_forum import Group, Refused
from tests.servers.bot_api_text import BadText, parse_caption, parse_html

TOKEN = "123456:TEST-token"
BOT = {"id": 123456, "is_bot": True, "first_name": "Tomoni", "username": "tomoni_test_bot",
       "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}  # fmt: skip


@dataclass
class Sent:
    """A message the bot sent."""

    chat: int
    id: int
    text: str
    html: str
    links: tuple[str, ...]
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    silent: bool = False
    thread: int | None = None
    answers: int | None = None
    asks: str = ""
    file: SentFile | None = None

    def button(self, part: str) -> str:
        """The data of the first button whose label holds `part`."""
        return next(item["callback_data"] for row in self.buttons for item in row if part in item["text"])


class ApiError(Exception):
    def __init__(self, code: int, description: str, **parameters: object) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


class BotApiServer:
    """Runs in a thread; the methods below are the test's side of it."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.blocked: set[int] = set()
        self.too_old: set[int] = set()
        self.groups: dict[int, Group] = {}
        self.files = Files()
        self.delivered: list[int] = []
        self.webhook: dict[str, Any] = {}
        self._faults: deque[tuple[str, str, float]] = deque()
        self._updates: list[dict[str, Any]] = []
        self._next_update = 1000
        self._next_message = 1
        self._arrived: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._server: uvicorn.Server
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> BotApiServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)

    # --- what a person does

    def send_text(self, chat: int, text: str, **extra: object) -> dict[str, Any]:
        return self._say(chat, text=text, **extra)

    def send(self, chat: int, **content: object) -> dict[str, Any]:
        """Send anything: sticker={…}, voice={…}, photo=[…], location={…}, caption="…"."""
        return self._say(chat, **content)

    def edit_text(self, update: dict[str, Any], text: str) -> dict[str, Any]:
        edited = {**update["message"], "text": text, "edit_date": int(time.time())}
        return self._add({"edited_message": edited})

    def press(self, chat: int, data: str, message_id: int = 1) -> dict[str, Any]:
        query = {
            "id": str(self._next_update), "from": self._person(chat), "chat_instance": str(chat), "data": data,
            "message": {"message_id": message_id, "date": int(time.time()), "text": "…",
                        "chat": {"id": chat, "type": "private"}, "from": BOT},
        }  # fmt: skip
        return self._add({"callback_query": query})

    def in_group(self, update: dict[str, Any]) -> dict[str, Any]:
        """Let something happen in a group: what `Group.says`, `Group.edits` or `Group.presses` returned."""
        return self._add(update)

    def repeat(self, update: dict[str, Any]) -> None:
        """Deliver an update once more, as happens when an acknowledgement is lost."""
        self._call(lambda: self._enqueue(update))

    def fail_next(self, method: str, kind: str, times: int = 1, seconds: float = 1.0) -> None:
        """Let the next calls of `method` fail: 429, 500, slow, lost (done, but the answer is lost)."""
        self._faults.extend([(method, kind, seconds)] * times)

    # --- what the test looks at

    def messages(self, chat: int) -> list[Sent]:
        return [message for message in list(self.sent) if message.chat == chat]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in list(self.calls) if name == method]

    def wait_for(self, chat: int, holds: Callable[[list[Sent]], object], timeout_s: float = 15) -> list[Sent]:
        """Wait until what was sent to `chat` fulfils `holds`; fails with what was sent."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if holds(self.messages(chat)):
                return self.messages(chat)
            time.sleep(0.02)
        raise AssertionError(
            f"not within {timeout_s} s; sent so far: {[item.text[:80] for item in self.messages(chat)]}"
        )

    def wait_until_taken(self, timeout_s: float = 15) -> None:
        """Wait until every update was acknowledged."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self._updates and all(queue.empty() for queue in list(self._queues.values())):
                return
            time.sleep(0.02)
        raise AssertionError("updates were left unacknowledged")

    # --- inside

    def _person(self, chat: int, language: str = "en") -> dict[str, Any]:
        return {"id": chat, "is_bot": False, "first_name": "x", "language_code": language}

    def _say(self, chat: int, language: str = "en", **content: object) -> dict[str, Any]:
        message = {
            "message_id": self._take_message_id(), "date": int(time.time()), "chat": {"id": chat, "type": "private"},
            "from": self._person(chat, language), **content,
        }  # fmt: skip
        return self._add({"message": message})

    def _take_message_id(self) -> int:
        self._next_message += 1
        return self._next_message

    def _add(self, content: dict[str, Any]) -> dict[str, Any]:
        update = {"update_id": self._next_update, **content}
        self._next_update += 1
        self._call(lambda: self._enqueue(update))
        return update

    def _call(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)

    def _enqueue(self, update: dict[str, Any]) -> None:
        if not self.webhook.get("url"):
            self._updates.append(update)
            self._updates.sort(key=lambda item: item["update_id"])
            self._arrived.set()
            return
        query = update.get("callback_query")
        said = update.get("message") or update.get("edited_message") or {}
        # Messages wait for one another within a chat, presses within a person, and not one kind for the other.
        name = f"press {query['from']['id']}" if query else f"chat {said['chat']['id']}"
        if name not in self._queues:
            self._queues[name] = asyncio.Queue()
            task = asyncio.create_task(self._deliver(self._queues[name]))
            self._tasks.add(task)
        self._queues[name].put_nowait(update)

    async def _deliver(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                update = await queue.get()
                pause = 0.05
                while True:
                    try:
                        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
                        async with session.post(self.webhook["url"], json=update, headers=headers) as response:
                            await response.read()
                            if response.status < 300:
                                self.delivered.append(update["update_id"])
                                break
                    except aiohttp.ClientError:
                        pass
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 1.0)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        download = Route(f"/file/bot{TOKEN}/{{path:path}}", self.files.download)
        app = Starlette(routes=[download, Route("/bot{token}/{method}", self._handle, methods=["GET", "POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 (uvicorn offers no event)
            await asyncio.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        self._ready.set()
        await serving
        for task in self._tasks:
            task.cancel()

    async def _handle(self, request: Request) -> Response:
        method = request.path_params["method"]
        form = {key: value for key, value in (await request.form()).items()}  # noqa: C416
        parameters = {key: _decode(value) for key, value in {**dict(request.query_params), **form}.items()}
        if request.path_params["token"] != TOKEN:
            return _error(ApiError(401, "Unauthorized"))
        self.calls.append((method, parameters))
        fault = self._take_fault(method)
        if fault is not None:
            kind, seconds = fault
            if kind == "429":
                error = ApiError(429, f"Too Many Requests: retry after {int(seconds)}", retry_after=int(seconds))
                return _error(error)
            if kind == "500":
                return HTMLResponse("<html><body>502 Bad Gateway</body></html>", status_code=502)
            if kind == "slow":
                await asyncio.sleep(seconds)
        try:
            result = await self._do(method, parameters)
        except ApiError as error:
            return _error(error)
        if fault is not None and fault[0] == "lost":
            return HTMLResponse("", status_code=504)
        return JSONResponse({"ok": True, "result": result})

    def _take_fault(self, method: str) -> tuple[str, float] | None:
        for fault in self._faults:
            if fault[0] == method:
                self._faults.remove(fault)
                return fault[1], fault[2]
        return None

    async def _do(self, method: str, parameters: dict[str, Any]) -> Any:
        if method == "getMe":
            return BOT
        if method == "getUpdates":
            return await self._get_updates(parameters)
        if method == "setWebhook":
            self.webhook = parameters
            waiting, self._updates = self._updates, []
            for update in waiting:
                self._enqueue(update)
            return True
        if method == "deleteWebhook":
            self.webhook = {}
            return True
        try:
            if method == "sendMessage":
                return self._send_message(parameters)
            if method == "getFile":
                return self.files.get(str(parameters["file_id"]))
            if (file := await self.files.sent_with(method, parameters)) is not None:
                return self._send_message(parameters, file)
            if method == "editMessageText":
                return self._edit_message(parameters)
            if method == "deleteMessage":
                return self._delete_message(parameters)
            if method == "createForumTopic":
                return self._group(parameters).create(str(parameters["name"]))
            if method == "deleteForumTopic":
                thread = int(parameters["message_thread_id"])
                deleted = self._group(parameters).delete(thread)
                chat = int(parameters["chat_id"])
                self.sent[:] = [sent for sent in self.sent if (sent.chat, sent.thread) != (chat, thread)]
                return deleted
            if method == "closeForumTopic":
                return self._group(parameters).close(int(parameters["message_thread_id"]))
        except Refused as refused:
            raise ApiError(refused.code, str(refused)) from refused
        if method in ("sendChatAction", "setMyCommands", "answerCallbackQuery"):
            return True
        raise ApiError(501, f"{method} is not modelled")

    async def _get_updates(self, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook.get("url"):
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(parameters.get("offset") or 0)
        acknowledged = [update for update in self._updates if update["update_id"] < offset]
        self.delivered += [update["update_id"] for update in acknowledged]
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._arrived.clear()
            try:
                async with asyncio.timeout(min(float(parameters.get("timeout") or 0), 2.0)):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        return self._updates[: int(parameters.get("limit") or 100)]

    def _group(self, parameters: dict[str, Any]) -> Group:
        group = self.groups.get(int(parameters["chat_id"]))
        if group is None:
            raise ApiError(400, "Bad Request: chat not found")
        return group

    def _send_message(self, parameters: dict[str, Any], file: SentFile | None = None) -> dict[str, Any]:
        chat = int(parameters["chat_id"])
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        thread = int(parameters["message_thread_id"]) if "message_thread_id" in parameters else None
        if chat <= 0:
            self._group(parameters).let_write(thread)
        html = str(parameters["text"] if file is None else parameters.get("caption", ""))
        try:
            parsed = parse_html(html) if file is None else parse_caption(html)
        except BadText as error:
            raise ApiError(400, f"Bad Request: {error}") from error
        markup = parameters.get("reply_markup") or {}
        keyboard = markup.get("inline_keyboard", [])
        placeholder = str(markup.get("input_field_placeholder", ""))
        if len(placeholder) > 64:
            raise ApiError(400, "Bad Request: reply markup placeholder is too long")
        for row in keyboard:
            for button in row:
                if not 1 <= len(button["callback_data"].encode()) <= 64:
                    raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
                if not button["text"].strip():
                    raise ApiError(400, "Bad Request: Text buttons are unallowed in the inline keyboard")
        message_id = self._take_message_id() if chat > 0 else self._group(parameters).next_id()
        silent = bool(parameters.get("disable_notification"))
        answers = (parameters.get("reply_parameters") or {}).get("message_id")
        sent = Sent(
            chat, message_id, parsed.text, html, parsed.links, keyboard, silent, thread, answers, placeholder, file
        )
        self.sent.append(sent)
        if chat <= 0:
            return self._group(parameters).message(message_id, thread) | {"text": parsed.text}
        return {"message_id": message_id, "date": int(time.time()), "chat": {"id": chat, "type": "private"},
                "from": BOT, "text": parsed.text}  # fmt: skip

    def _sent_before(self, parameters: dict[str, Any], verb: str) -> Sent:
        chat, message_id = int(parameters["chat_id"]), int(parameters["message_id"])
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        found = next((sent for sent in self.sent if (sent.chat, sent.id) == (chat, message_id)), None)
        if found is None:
            raise ApiError(400, f"Bad Request: message to {verb} not found")
        if message_id in self.too_old:
            suffix = " for everyone" if verb == "delete" else ""
            raise ApiError(400, f"Bad Request: message can't be {verb.rstrip('e')}ed{suffix}")
        return found

    def _edit_message(self, parameters: dict[str, Any]) -> dict[str, Any]:
        sent = self._sent_before(parameters, "edit")
        html = str(parameters["text"])
        try:
            parsed = parse_html(html)
        except BadText as error:
            raise ApiError(400, f"Bad Request: {error}") from error
        if html == sent.html:
            raise ApiError(400, "Bad Request: message is not modified")
        sent.text, sent.html, sent.links = parsed.text, html, parsed.links
        return {"message_id": sent.id, "date": int(time.time()), "chat": {"id": sent.chat, "type": "private"},
                "from": BOT, "text": parsed.text}  # fmt: skip

    def _delete_message(self, parameters: dict[str, Any]) -> bool:
        self.sent.remove(self._sent_before(parameters, "delete"))
        return True


def _decode(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in "[{tf" else value
    except ValueError:
        return value


def _error(error: ApiError) -> JSONResponse:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return JSONResponse(body, status_code=error.code)

"""A bare echo bot on python-telegram-bot as it ships (httpx), fed by webhook through Starlette and uvicorn.

`python -m benchmarks.peers.ptb_echo API_URL PORT TOKEN`
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.request import HTTPXRequest

SECRET = "echo"
# As many as Telegram posts at once; with PTB's smaller default, sends would time out waiting for a connection.
CONNECTIONS = 40


async def main(api_url: str, port: int, token: str) -> None:
    """Serve until killed."""
    bot = Bot(token, base_url=f"{api_url}/bot", request=HTTPXRequest(connection_pool_size=CONNECTIONS))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with bot:
            await bot.set_webhook(f"http://127.0.0.1:{port}/webhook", secret_token=SECRET)
            yield

    async def receive(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != SECRET:
            return PlainTextResponse("forbidden", status_code=403)
        await echo(bot, Update.de_json(await request.json(), bot))
        return PlainTextResponse("ok")

    app = Starlette(routes=[Route("/webhook", receive, methods=["POST"])], lifespan=lifespan)
    await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False)).serve()


async def echo(bot: Bot, update: Update) -> None:
    """Say a text, or a pressed button's data, back."""
    if update.callback_query and update.callback_query.message:
        await bot.answer_callback_query(update.callback_query.id)
        await bot.send_message(update.callback_query.message.chat.id, update.callback_query.data or "")
    elif update.message and update.message.text:
        await bot.send_message(update.message.chat.id, update.message.text)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))

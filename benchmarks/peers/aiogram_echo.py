"""A bare echo bot on aiogram 3, fed by webhook through the handler it ships for aiohttp.

`python -m benchmarks.peers.aiogram_echo API_URL PORT TOKEN`
"""

from __future__ import annotations

import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import CallbackQuery, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

SECRET = "echo"


def main(api_url: str, port: int, token: str) -> None:
    """Serve until killed."""
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
    dispatcher = Dispatcher()

    @dispatcher.startup()
    async def set_webhook() -> None:
        await bot.set_webhook(f"http://127.0.0.1:{port}/webhook", secret_token=SECRET)

    @dispatcher.message()
    async def echo_text(message: Message) -> None:
        await bot.send_message(message.chat.id, message.text or "")

    @dispatcher.callback_query()
    async def echo_press(query: CallbackQuery) -> None:
        await query.answer()
        if query.message is not None:
            await bot.send_message(query.message.chat.id, query.data or "")

    app = web.Application()
    # In the foreground, so that 200 means "done", as it does at the others.
    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=SECRET)
    handler.register(app, "/webhook")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])

"""aiogram's echo bot, by webhook."""

import logging
import sys
from os import getenv

from aiogram import Bot, Dispatcher, Router, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters import CommandStart
from aiogram.methods import SendMessage
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

TOKEN = getenv("BOT_TOKEN", "")
WEB_SERVER_HOST = "127.0.0.1"
WEB_SERVER_PORT = int(getenv("WEB_SERVER_PORT", "0"))
WEBHOOK_PATH = "/webhook"
WEBHOOK_SECRET = "my-secret"
BASE_WEBHOOK_URL = f"http://{WEB_SERVER_HOST}:{WEB_SERVER_PORT}"

router = Router()


@router.message(CommandStart())
async def command_start_handler(message: Message) -> None:
    """Receive messages with the `/start` command."""
    assert message.from_user is not None
    await message.answer(f"Hello, {html.bold(message.from_user.full_name)}!")


@router.message()
async def echo_handler(message: Message) -> SendMessage:
    """Answer in the webhook's own answer."""
    return message.answer(message.text or "")


async def on_startup(bot: Bot) -> None:
    """Set the webhook."""
    await bot.set_webhook(f"{BASE_WEBHOOK_URL}{WEBHOOK_PATH}", secret_token=WEBHOOK_SECRET)


def main() -> None:
    """Begin to listen."""
    dp = Dispatcher()
    dp.include_router(router)
    dp.startup.register(on_startup)
    session = AiohttpSession(api=TelegramAPIServer.from_base(getenv("API_URL", "")))
    bot = Bot(token=TOKEN, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
    app = web.Application()
    handler = SimpleRequestHandler(dispatcher=dp, bot=bot, handle_in_background=False, secret_token=WEBHOOK_SECRET)
    handler.register(app, path=WEBHOOK_PATH)
    setup_application(app, dp, bot=bot)
    web.run_app(app, host=WEB_SERVER_HOST, port=WEB_SERVER_PORT)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    main()

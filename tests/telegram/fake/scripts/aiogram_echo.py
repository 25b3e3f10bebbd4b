"""aiogram's echo bot, by polling."""

import asyncio
import logging
import sys
from os import getenv

from aiogram import Bot, Dispatcher, F, html
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.filters import Command, CommandStart
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    Message,
    ReactionTypeEmoji,
)

TOKEN = getenv("BOT_TOKEN", "")

dp = Dispatcher()


@dp.message(CommandStart())
async def command_start_handler(message: Message) -> None:
    """Receive messages with the `/start` command."""
    assert message.from_user is not None
    await message.answer(f"Hello, {html.bold(message.from_user.full_name)}!")


@dp.message(Command("everything"))
async def everything(message: Message, bot: Bot) -> None:
    """Use what else a bot needs; the library checks every answer's shape."""
    chat = message.chat.id
    await bot.get_me()
    full = await bot.get_chat(chat)
    assert full.id == chat
    assert await bot.get_chat_member_count(chat) > 0
    member = await bot.get_chat_member(chat, bot.id)
    assert member.status == "administrator"
    assert len(await bot.get_chat_administrators(chat)) == 2
    await bot.send_chat_action(chat, "typing")
    await message.react([ReactionTypeEmoji(emoji="👍")])
    topic = await bot.create_forum_topic(chat, "Konu")
    sent = await bot.send_document(
        chat,
        BufferedInputFile(b"merhaba", "a.txt"),
        caption="dosya",
        message_thread_id=topic.message_thread_id,
    )
    assert sent.document is not None
    content = await bot.download(sent.document.file_id)
    assert content is not None
    assert content.read() == b"merhaba"
    await bot.edit_message_caption(chat_id=chat, message_id=sent.message_id, caption="yeni")
    await bot.send_media_group(
        chat, [InputMediaDocument(media=BufferedInputFile(name, f"{name!r}.txt")) for name in (b"bir", b"iki")]
    )
    await bot.forward_message(chat, chat, sent.message_id)
    await bot.copy_message(chat, chat, sent.message_id)
    await bot.pin_chat_message(chat, sent.message_id)
    await bot.unpin_chat_message(chat)
    await bot.close_forum_topic(chat, topic.message_thread_id)
    await bot.delete_message(chat, sent.message_id)
    buttons = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Evet", callback_data="evet")]])
    await message.answer("Hepsi oldu", reply_markup=buttons)


@dp.callback_query(F.data == "evet")
async def pressed(query: CallbackQuery) -> None:
    """Answer a pressed button."""
    await query.answer("Tamam")
    assert isinstance(query.message, Message)
    await query.message.edit_text("Basıldı")


@dp.message()
async def echo_handler(message: Message) -> None:
    """Send a copy of the received message back."""
    try:
        await message.send_copy(chat_id=message.chat.id)
    except TypeError:
        await message.answer("Nice try!")


async def main() -> None:
    """Begin to poll."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(getenv("API_URL", "")))
    bot = Bot(token=TOKEN, session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML))
    await dp.start_polling(bot)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    asyncio.run(main())

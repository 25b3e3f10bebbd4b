"""python-telegram-bot's echo bot."""

import logging
from os import getenv

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

logging.basicConfig(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s", level=logging.INFO)
TOKEN = getenv("BOT_TOKEN", "")
API_URL = getenv("API_URL", "")


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Send a message when the command /start is issued."""
    assert update.effective_user is not None
    assert update.message is not None
    name = update.effective_user.mention_html()
    await update.message.reply_html(f"Hi {name}!", reply_markup=ForceReply(selective=True))


async def everything(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Use what else a bot needs; the library checks every answer's shape."""
    assert update.message is not None
    chat = update.message.chat_id
    full = await context.bot.get_chat(chat)
    assert full.id == chat
    assert len(await context.bot.get_chat_administrators(chat)) == 2
    sent = await context.bot.send_document(chat, b"merhaba", filename="a.txt", caption="dosya")
    assert sent.document is not None
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"merhaba"
    await update.message.set_reaction("👍")
    await sent.pin()
    await sent.unpin()
    await sent.delete()
    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Evet", callback_data="evet")]])
    await update.message.reply_text("Hepsi oldu", reply_markup=buttons)


async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a pressed button."""
    assert update.callback_query is not None
    await update.callback_query.answer("Tamam")
    await update.callback_query.edit_message_text("Basıldı")


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Echo the user message."""
    assert update.message is not None
    await update.message.reply_text(update.message.text or "")


def main() -> None:
    """Begin to poll."""
    builder = Application.builder().token(TOKEN).base_url(f"{API_URL}/bot").base_file_url(f"{API_URL}/file/bot")
    application = builder.rate_limiter(AIORateLimiter()).build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CommandHandler("everything", everything))
    application.add_handler(CallbackQueryHandler(pressed))
    application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))
    application.run_polling(allowed_updates=Update.ALL_TYPES)


if __name__ == "__main__":
    main()

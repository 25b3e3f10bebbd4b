"""The Telegram client module: accounts and bots over MTProto. Telethon is known here alone."""

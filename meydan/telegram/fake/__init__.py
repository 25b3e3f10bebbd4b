"""A Telegram to try bots with: a Bot API server on the loopback, with Telegram's limits and a page to write from."""

"""Bots as the documentation of aiogram and python-telegram-bot shows them; only the server's address is given."""

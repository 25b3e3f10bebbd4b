"""Telegram: a fleet of Bot API bots behind an outbox, a fake Telegram to try it with, and a client module."""

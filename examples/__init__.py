"""Short programs to start from; `docs/telegram-client.md` explains them."""

"""Listen and answer until Ctrl+C: `python -m examples.telegram_listen`."""

import asyncio
import contextlib
from typing import Any

from meydan.telegram import ClientConfig, TelegramClientManager


async def main(manager: TelegramClientManager, stop: asyncio.Event) -> None:
    """Answer every message that asks for the time of day."""

    async def answer(message: Any) -> None:
        if message.message == "Saat kaç?":
            await manager.send_message(message.chat_id, f"{message.date:%H:%M} UTC")

    manager.add_message_handler(answer)
    await manager.initialize()
    try:
        await stop.wait()
    finally:
        await manager.disconnect()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(TelegramClientManager(ClientConfig.from_env()), asyncio.Event()))

"""Send one message: `python -m examples.telegram_send me "Merhaba"`."""

import asyncio
import sys

from meydan.telegram import ClientConfig, TelegramClientManager


async def main(manager: TelegramClientManager, to: str, text: str) -> bool:
    """Send `text` to a username, a phone number of a contact, or `me`; tell whether it arrived."""
    await manager.initialize()
    try:
        sent = await manager.send_message(to, text)
    finally:
        await manager.disconnect()
    print(f"sent as {sent.message_id}" if sent.success else f"{sent.result}: {sent.error}")
    return sent.success


if __name__ == "__main__":
    _, to, text = sys.argv
    sys.exit(not asyncio.run(main(TelegramClientManager(ClientConfig.from_env()), to, text)))

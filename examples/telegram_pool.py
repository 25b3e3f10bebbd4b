"""Send lines through several accounts in turn: `python -m examples.telegram_pool me ana yedek < lines.txt`."""

import asyncio
import sys
from collections.abc import Iterable

from meydan.telegram import ClientConfig, TelegramClientPool


async def main(pool: TelegramClientPool, configs: Iterable[ClientConfig], to: str, lines: Iterable[str]) -> int:
    """Send each line by the account whose turn it is; return how many arrived."""
    arrived = 0
    try:
        for config in configs:
            await pool.add_client(config)
        for line in lines:
            sent = await pool.send_message(to, line.strip())
            arrived += sent.success
        stats = pool.get_pool_stats()
        print(f"{arrived} sent by {stats['connected_clients']} of {stats['total_clients']} clients")
    finally:
        await pool.shutdown()
    return arrived


if __name__ == "__main__":
    _, to, *names = sys.argv
    asyncio.run(main(TelegramClientPool(), [ClientConfig.from_env(name) for name in names], to, sys.stdin))

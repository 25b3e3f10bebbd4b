"""One sender in a process of its own, which prints its CPU per send: `… benchmarks.telegram.senders KIND URL TOKEN`.

A library is imported by the sender that uses it, so that none pays for what the others load.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import orjson
import uvloop

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Role
from meydan.app.composition import open_accounts
from meydan.app.fleet import Fleet, open_fleet
from meydan.app.running import tune
from meydan.platform import migrate
from meydan.platform.settings import load_settings
from meydan.telegram.orders import Order

SENDS, WARM, AT_ONCE, CHATS = 4_000, 400, 32, 64
_OWNER = Actor("olcum", "Ölçüm", Role.OWNER, "benchmark")
# What the square bounds itself: the fake bounds nothing here.
UNBOUND = {"chat_count": 100, "chat_seconds": 0.01, "bot_per_second": 10_000}

Send = Callable[[int], Awaitable[object]]


async def bare(url: str, token: str) -> float:
    """Send with aiohttp and orjson alone."""
    async with aiohttp.ClientSession() as session:

        async def send(number: int) -> None:
            body = orjson.dumps({"chat_id": _chat(number), "text": _text(number)})
            headers = {"Content-Type": "application/json"}
            async with session.post(f"{url}/bot{token}/sendMessage", data=body, headers=headers) as answer:
                orjson.loads(await answer.read())

        return await _measured(send)


async def aiogram(url: str, token: str) -> float:
    """Send with aiogram, as its documentation shows."""
    from aiogram import Bot  # noqa: PLC0415
    from aiogram.client.session.aiohttp import AiohttpSession  # noqa: PLC0415
    from aiogram.client.telegram import TelegramAPIServer  # noqa: PLC0415

    async with Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url))) as bot:
        return await _measured(lambda number: bot.send_message(_chat(number), _text(number)))


async def ptb(url: str, token: str) -> float:
    """Send with python-telegram-bot, as its documentation shows."""
    from telegram import Bot  # noqa: PLC0415
    from telegram.request import HTTPXRequest  # noqa: PLC0415

    async with Bot(token, base_url=f"{url}/bot", request=HTTPXRequest(connection_pool_size=AT_ONCE)) as bot:
        return await _measured(lambda number: bot.send_message(_chat(number), _text(number)))


async def meydan(url: str, token: str) -> float:
    """Go the whole way: an order, a durable row, the budget, a claim, the request, the result."""
    tune()  # as `meydan up` does
    with tempfile.TemporaryDirectory(prefix="meydan-bench-") as folder:
        settings = load_settings(
            _env_file=None, MEYDAN_DATA_DIR=Path(folder), TELEGRAM_API_URL=url, DATABASE_URL="", REDIS_URL=""
        )
        await asyncio.to_thread(migrate.upgrade, settings.database)
        async with open_accounts(settings) as accounts, open_fleet(accounts, node="bench") as fleet:
            await accounts.live.start()
            services = fleet.services(worker=True)
            running = {service.name: asyncio.create_task(service.run()) for service in services}
            await accounts.live.change("telegram", UNBOUND, by="benchmark")
            bot = await fleet.bots.add(_OWNER, token)
            try:
                await _through(fleet, bot.id, 0, WARM)
                started = time.process_time()
                await _through(fleet, bot.id, WARM, SENDS)
                return (time.process_time() - started) / SENDS
            finally:
                for service in reversed(services):
                    await service.drain()
                    await running[service.name]


async def _through(fleet: Fleet, bot_id: str, first: int, count: int) -> None:
    """Order `count` sends, as many at once as the others have under way, and wait until all are sent."""
    goal = fleet.runner.stats.sent + count

    async def order(lane: int) -> None:
        for number in range(first + lane, first + count, AT_ONCE):
            await fleet.outbox.send(_OWNER, Order(bot_ids=(bot_id,), chat_id=_chat(number), text=_text(number)))

    await asyncio.gather(*(order(lane) for lane in range(AT_ONCE)))
    while fleet.runner.stats.sent < goal:
        await fleet.journal.settled()
        await asyncio.sleep(0.005)
    await fleet.journal.settled()


async def _measured(send: Send) -> float:
    """Return the CPU seconds of one send, after some that do not count."""

    async def lane(first: int, start: int, count: int) -> None:
        for number in range(start + first, start + count, AT_ONCE):
            await send(number)

    await asyncio.gather(*(lane(first, 0, WARM) for first in range(AT_ONCE)))
    started = time.process_time()
    await asyncio.gather(*(lane(first, WARM, SENDS) for first in range(AT_ONCE)))
    return (time.process_time() - started) / SENDS


def _chat(number: int) -> int:
    return 1_000 + number % CHATS


def _text(number: int) -> str:
    return f"{number:08d} " + "x" * 91


KINDS = {"bare": bare, "aiogram": aiogram, "ptb": ptb, "meydan": meydan}

if __name__ == "__main__":
    kind, url, token = sys.argv[1:]
    print(uvloop.run(KINDS[kind](url, token)))

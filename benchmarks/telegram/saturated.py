"""One sender against the fake Telegram in virtual time; `… benchmarks.telegram.saturated KIND SECONDS` prints it."""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramRetryAfter
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from benchmarks.telegram.crowd import OWNER, WARM, Lane, feed, judged, people
from benchmarks.telegram.virtual_time import VirtualLoop
from benchmarks.telegram_limits import Outcome
from meydan.app.composition import open_accounts
from meydan.app.fleet import open_fleet
from meydan.platform import migrate
from meydan.platform.settings import load_settings
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram


class LoopClock:
    """The virtual loop's time as a clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._start = datetime.now(UTC) - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        """Return the virtual moment, in UTC."""
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Return the loop's time."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual seconds."""
        await asyncio.sleep(seconds)


async def meydan(fake: FakeTelegram, lanes: list[Lane], until: float) -> None:
    """Keep every chat's queue filled; the fleet does the rest."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="meydan-bench-"))
        settings = load_settings(
            _env_file=None, MEYDAN_DATA_DIR=Path(folder), TELEGRAM_API_URL=fake.url, DATABASE_URL="", REDIS_URL=""
        )
        await asyncio.to_thread(migrate.upgrade, settings.database)
        accounts = await stack.enter_async_context(open_accounts(settings, clock=LoopClock(loop)))
        fleet = await stack.enter_async_context(open_fleet(accounts, node="bench"))
        await accounts.live.start()
        services = fleet.services(worker=True)
        running = {service.name: asyncio.create_task(service.run()) for service in services}
        bots = {token: (await fleet.bots.add(OWNER, token)).id for token in dict.fromkeys(token for token, _ in lanes)}
        await feed(fleet, [(bots[token], chat) for token, chat in lanes], until)
        for service in reversed(services):
            await service.drain()
            await running[service.name]


async def aiogram(fake: FakeTelegram, lanes: list[Lane], until: float) -> None:
    """Run a loop for each chat that waits as long as it is told after a 429."""
    loop = asyncio.get_running_loop()
    session = AiohttpSession(api=TelegramAPIServer.from_base(fake.url), limit=1_000)
    bots = {token: AiogramBot(token, session=session) for token, _ in lanes}

    async def talk(token: str, chat: int) -> None:
        for number in itertools.count():
            if loop.time() >= until:
                return
            try:
                await bots[token].send_message(chat, f"{number:08d} " + "x" * 91)
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)

    await asyncio.gather(*(talk(token, chat) for token, chat in lanes))
    await session.close()


async def ptb(fake: FakeTelegram, lanes: list[Lane], until: float) -> None:
    """Run a loop for each chat over python-telegram-bot's own rate limiter, with its own numbers."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        bots: dict[str, ExtBot[Any]] = {}
        for token in dict.fromkeys(token for token, _ in lanes):
            bot: ExtBot[Any] = ExtBot(
                token,
                base_url=f"{fake.url}/bot",
                request=HTTPXRequest(connection_pool_size=64, pool_timeout=600),
                rate_limiter=AIORateLimiter(max_retries=20),
            )
            await bot.initialize()
            stack.push_async_callback(bot.shutdown)
            bots[token] = bot

        async def talk(token: str, chat: int) -> None:
            for number in itertools.count():
                if loop.time() >= until:
                    return
                with suppress(RetryAfter):  # after twenty tries; the next message has its own
                    await bots[token].send_message(chat, f"{number:08d} " + "x" * 91)

        tasks = [asyncio.create_task(talk(token, chat)) for token, chat in lanes]
        await asyncio.sleep(until - loop.time())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def saturate(kind: str, seconds: float) -> Outcome:
    """Run one sender past its warm-up and judge the time after it by what the fake Telegram saw arrive."""
    loop = asyncio.get_running_loop()
    fake = FakeTelegram(clock=loop.time, limits=FakeLimits(), keep_arrivals=True)
    await fake.start()
    lanes = people(fake)
    senders: dict[str, Callable[[FakeTelegram, list[Lane], float], Awaitable[None]]] = {
        "meydan": meydan, "aiogram": aiogram, "ptb": ptb,
    }  # fmt: skip
    begin, end = loop.time() + WARM, loop.time() + WARM + seconds
    cpu = time.process_time()
    await senders[kind](fake, lanes, end)
    cpu = time.process_time() - cpu
    outcome = judged(fake, begin, end, cpu)
    await fake.stop()
    return outcome


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        print(msgspec.json.encode(runner.run(saturate(sys.argv[1], float(sys.argv[2])))).decode())

"""Several workers that share PostgreSQL and Redis against the fake Telegram, in real time.

`… benchmarks.telegram.shared PROCESSES SECONDS POSTGRES REDIS` prints the outcome; its CPU is the workers' alone.
"""

import asyncio
import os
import resource
import sys
import tempfile
import threading
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import msgspec
import uvloop
from redis import Redis

from benchmarks.processes import GENERATOR_CORE, ROOT, SERVER_CORE, BenchmarkError, on_core, postgres_database
from benchmarks.telegram.crowd import OWNER, WARM, Lane, feed, judged, people
from benchmarks.telegram_limits import Outcome
from meydan.app.composition import open_accounts
from meydan.app.fleet import open_fleet
from meydan.app.running import tune
from meydan.platform import migrate
from meydan.platform.logging import configure_logging
from meydan.platform.settings import Settings, load_settings
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram


class Task(msgspec.Struct):
    """What a worker is to do: keep these lanes filled until a moment of the machine's clock."""

    lanes: list[Lane]
    until: float


def measure(processes: int, seconds: float, postgres: str, redis: str) -> Outcome:
    """Run the workers and judge what the fake Telegram saw; the Redis database is emptied before and after."""
    with ExitStack() as stack:
        stack.enter_context(on_core(GENERATOR_CORE))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meydan-bench-")))
        database = stack.enter_context(postgres_database(postgres))
        migrate.upgrade(database)
        store = stack.enter_context(Redis.from_url(redis))
        store.flushdb()
        stack.callback(store.flushdb)
        fake = FakeTelegram(limits=FakeLimits(), keep_arrivals=True)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        url = asyncio.run_coroutine_threadsafe(fake.start(), loop).result(10)
        env = {
            "MEYDAN_DATA_DIR": str(folder), "TELEGRAM_API_URL": url, "DATABASE_URL": database, "REDIS_URL": redis,
            "LOG_LEVEL": "warning",
        }  # fmt: skip
        lanes = asyncio.run_coroutine_threadsafe(_people(fake), loop).result(30)
        task = Task(asyncio.run(_added(load_settings(_env_file=None, **env), lanes)), time.monotonic() + WARM + seconds)
        asyncio.run(_work(processes, task, {**os.environ, **env}))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        outcome = judged(fake, task.until - seconds, task.until, used.ru_utime + used.ru_stime)
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        return outcome


async def _people(fake: FakeTelegram) -> list[Lane]:
    return people(fake)


async def _added(settings: Settings, lanes: list[Lane]) -> list[Lane]:
    """Add the bots to the square, and return the lanes with their ids there."""
    async with open_accounts(settings) as accounts, open_fleet(accounts, node="bench") as fleet:
        await accounts.live.start()
        ids = {token: (await fleet.bots.add(OWNER, token)).id for token in dict.fromkeys(token for token, _ in lanes)}
    return [(ids[token], chat) for token, chat in lanes]


async def _work(processes: int, task: Task, env: dict[str, str]) -> None:
    """Start the workers, and wait until all have ended."""
    with on_core(SERVER_CORE):
        workers = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.telegram.shared", stdin=-1, stderr=-1, cwd=ROOT, env=env
            )
            for _ in range(processes)
        ]
    for worker, (_, errors) in zip(
        workers, await asyncio.gather(*(worker.communicate(msgspec.json.encode(task)) for worker in workers)),
        strict=True,
    ):  # fmt: skip
        if worker.returncode:
            raise BenchmarkError(errors.decode()[-2000:])


async def work(task: Task) -> None:
    """Be one worker: run bots as `meydan worker` does, and keep their chats' queues filled."""
    tune()
    configure_logging(level="warning")
    async with AsyncExitStack() as stack:
        accounts = await stack.enter_async_context(open_accounts(load_settings(_env_file=None)))
        fleet = await stack.enter_async_context(open_fleet(accounts, node=f"bench-{os.getpid()}"))
        await accounts.live.start()
        services = fleet.services(worker=True)
        running = {service.name: asyncio.create_task(service.run()) for service in services}
        await feed(fleet, task.lanes, task.until)
        for service in reversed(services):
            await service.drain()
            await running[service.name]


if __name__ == "__main__":
    if len(sys.argv) == 1:
        uvloop.run(work(msgspec.json.decode(sys.stdin.buffer.read(), type=Task)))
    else:
        count, length, *servers = sys.argv[1:]
        print(msgspec.json.encode(measure(int(count), float(length), *servers)).decode())

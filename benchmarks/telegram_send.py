"""CPU per message sent to the fake Telegram, its limits off: ours with outbox and budget, bare aiohttp, and peers."""

import argparse
import asyncio
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from benchmarks.processes import GENERATOR_CORE, ROOT, SERVER_CORE, BenchmarkError, on_core
from benchmarks.telegram.senders import CHATS, KINDS
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram

SUMMARY = "CPU per Telegram message, outbox and limits included, against bare aiohttp"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--rounds", type=int, default=3, help="repeat each sender and keep the median")


def run(options: argparse.Namespace) -> None:
    """Measure the senders in turn."""
    costs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with on_core(GENERATOR_CORE), _fake() as (url, token):
        for _ in range(options.rounds):
            for kind in KINDS:
                costs[kind].append(_measure(kind, url, token))
    table = Table(title="CPU per message sent, 100-byte texts, 32 at once")
    for heading in ("sender", "µs of CPU", "× bare"):
        table.add_column(heading, justify="left" if heading == "sender" else "right")
    bare = statistics.median(costs["bare"])
    for kind, values in costs.items():
        cost = statistics.median(values)
        table.add_row(
            "bare aiohttp + orjson" if kind == "bare" else kind,
            f"{cost * 1e6:,.0f}",
            f"{cost / bare:.1f}",
            style="bold" if kind == "meydan" else "",
        )
    Console().print(table)


def _measure(kind: str, url: str, token: str) -> float:
    with on_core(SERVER_CORE):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.telegram.senders", kind, url, token],
            cwd=ROOT, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(f"{kind}: {done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


@contextmanager
def _fake() -> Iterator[tuple[str, str]]:
    """Run the fake Telegram in a thread of this process, with a bot that everybody has written to."""
    fake = FakeTelegram(limits=FakeLimits(enforced=False))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    url = asyncio.run_coroutine_threadsafe(fake.start(), loop).result(10)

    async def people() -> str:
        token = fake.make_bot(name="Ölçüm", username="olcum_bot")
        bot = int(token.split(":")[0])
        for number in range(CHATS):
            fake.people.start(bot, _person(fake, 1_000 + number))
        return token

    yield url, asyncio.run_coroutine_threadsafe(people(), loop).result(10)
    asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def _person(fake: FakeTelegram, number: int) -> int:
    """Make a person whose chat has this number."""
    person = fake.people.make_person(f"Kişi {number}")
    people = fake.office.world.people
    del people[person.id]
    person.id = number
    people[number] = person
    return number

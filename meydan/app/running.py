"""A process of the square: a node, or the background work alone, until a signal says stop."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from meydan.accounts import console
from meydan.accounts.signins import SWEEP_EVERY
from meydan.app.composition import Accounts, Square, open_accounts, open_square
from meydan.app.fleet import Fleet, open_fleet
from meydan.app.server import HttpServer
from meydan.chat import erasures
from meydan.chat.hub import new_node_name
from meydan.platform.db import file_of
from meydan.platform.settings import Settings
from meydan.platform.tasks import Periodic, Service, Supervisor

if TYPE_CHECKING:
    from meydan.telegram.fake.service import FakeTelegramService

_SWITCH_SECONDS = 0.001
_COLLECTING = (2_000, 5, 2_000)  # the young in lots of a millisecond, everything seldom


async def serve(
    settings: Settings, *, worker: bool, on_listening: Callable[[str, str | None, str | None], Awaitable[None]]
) -> None:
    """Run one node until a signal says stop; with `worker` also the work that one process of a square does.

    `on_listening` gets the address that people open, the one-time key to it while the square has no owner, and the page
    of the fake Telegram where one runs.
    """
    tune()
    stop = _stop_on_signals()
    async with (
        _alone(settings) as alone,
        _trial_world(settings, wanted=worker and settings.fake_telegram_runs) as world,
        open_square(settings, world=world) as square,
    ):
        owner_key = await square.accounts.service.ensure_owner_link()

        async def listening(address: str) -> None:
            await on_listening(address, owner_key, square.fleet.trial.page)

        if world is not None:
            square.supervisor.add(world)
        square.supervisor.add(
            *alone,
            *node_services(square, worker=worker),
            HttpServer(square.app, square.hub, settings, gate=square.gate, on_listening=listening),
        )
        await square.supervisor.run(stop)


async def work(settings: Settings) -> None:
    """Run only the work that one process of a square does, until a signal says stop."""
    stop = _stop_on_signals()
    async with (
        open_accounts(settings) as accounts,
        open_fleet(accounts, node=new_node_name()) as fleet,
    ):
        await accounts.live.start()
        await accounts.service.start()
        supervisor = Supervisor(accounts.clock, limit=settings.drain_seconds)
        supervisor.add(*worker_services(accounts, fleet))
        await supervisor.run(stop)


def node_services(square: Square, *, worker: bool) -> list[Service]:
    """Return what runs in a node besides HTTP, the last to drain first."""
    accounts = square.accounts
    news = Periodic("console-news", accounts.service.console.look, every=console.EVERY)
    return [
        *(_housekeeping(accounts) if worker else ()),
        *(() if accounts.engines.bus.shared else (news,)),  # with Redis the command tells the nodes itself
        square.message_log,
        *square.fleet.services(worker=worker),
        square.hub,
        square.sampler,
        square.indexer,
        accounts.live,
    ]


def worker_services(accounts: Accounts, fleet: Fleet) -> list[Service]:
    """Return what runs in a process that only works, the last to drain first."""
    return [*_housekeeping(accounts), accounts.live, *fleet.services(worker=True)]


def _housekeeping(accounts: Accounts) -> list[Service]:
    """Return what one process of a square does for the database."""
    engines = accounts.engines
    ends = erasures.Erasures(engines.db, engines.search, accounts.clock)
    return [
        Periodic("sign-ins", accounts.service.sign_ins.sweep, every=SWEEP_EVERY),
        Periodic("erasures", ends.turn, every=erasures.EVERY),
    ]


@contextlib.asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[Sequence[Service]]:
    """Have a database on PostgreSQL alone when there is no Redis; a file of SQLite the command has kept already."""
    if file_of(settings.database) is not None or settings.redis_url.get_secret_value():
        yield ()
        return
    from meydan.platform.sole_node import SoleNode  # noqa: PLC0415  # PostgreSQL's driver is not needed on SQLite

    node = SoleNode(settings.database)
    try:
        await node.start()
        yield (node,)
    finally:
        await node.close()


@contextlib.asynccontextmanager
async def _trial_world(settings: Settings, *, wanted: bool) -> AsyncIterator["FakeTelegramService | None"]:
    """Start the fake Telegram, which keeps its world in the data folder; whatever follows, it does not stay behind."""
    if not wanted:
        yield None
        return
    from meydan.telegram.fake.service import FakeTelegramService  # noqa: PLC0415  # only where it runs

    world = FakeTelegramService(state_path=settings.data_dir / "fake-telegram.json")
    await world.start()
    try:
        yield world
    finally:
        await world.fake.stop()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def tune() -> None:
    """Give the database's thread its turn soon; collect in short pauses, and never what start-up made."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTING)

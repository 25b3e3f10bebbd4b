"""Long-running parts: each is a `Service`, all live in one task group, and they leave in order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)


class Service(Protocol):
    """A part that runs until it is told to drain."""

    name: str

    async def run(self) -> None:
        """Work until `drain` has been called and what was taken is finished; an exception stops the program."""
        ...

    async def drain(self) -> None:
        """Take nothing new, finish what was taken, and let `run` return."""
        ...


class Periodic:
    """A service that does one thing, rests for `every` seconds, and does it again.

    While the database is away it is put off to the next turn; `drain` waits for the turn that runs.
    """

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], *, every: float) -> None:
        self.name = name
        self._work = work
        self._every = every
        self._draining = asyncio.Event()

    async def run(self) -> None:
        """Work and rest, until drained."""
        while not self._draining.is_set():
            try:
                await self._work()
            except Unavailable:
                log.warning("periodic.put_off", service=self.name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), self._every)

    async def drain(self) -> None:
        """Stop after the turn that runs now."""
        self._draining.set()


async def run_services(services: Sequence[Service], stop: asyncio.Event, *, limit: float) -> None:
    """Run `services` until `stop` is set or one of them fails, then drain them, last started first.

    `limit` is the time in seconds that all of them together get to drain; after it they are cancelled.
    """
    async with asyncio.TaskGroup() as group:
        running = {service.name: group.create_task(service.run(), name=service.name) for service in services}
        await stop.wait()
        try:
            async with asyncio.timeout(limit):
                for service in reversed(services):
                    await service.drain()
                    await asyncio.wait([running[service.name]])
        except TimeoutError:
            late = [name for name, task in running.items() if not task.done()]
            log.warning("services.drain_timeout", services=late, limit=limit)
            for task in running.values():
                task.cancel()

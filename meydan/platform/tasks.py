"""Long-running parts: each is a `Service`, all live in one task group, and they leave in order."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

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

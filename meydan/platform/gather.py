"""Calls that gather while one is on its way, and then go together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Gatherer(Generic[T]):
    """Hands things to `deliver`, one call at a time, in the order they came.

    An error of `deliver` reaches all whose things went with that call. Whoever gives up waiting takes nothing along:
    what was handed over is delivered.
    """

    def __init__(self, deliver: Callable[[list[T]], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._waiting: list[tuple[Sequence[T], asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def add(self, things: Sequence[T]) -> None:
        """Hand these over, and return when they have been delivered."""
        delivered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((things, delivered))
        if self._work is None:
            self._work = asyncio.create_task(self._deliver_all())
        await delivered

    async def _deliver_all(self) -> None:
        while self._waiting:
            going, self._waiting = self._waiting, []
            error: Exception | None = None
            try:
                await self._deliver([thing for things, _ in going for thing in things])
            except Exception as broken:  # noqa: BLE001  # it goes to those who wait
                error = broken
            for _, delivered in going:
                if delivered.done():
                    continue
                if error is None:
                    delivered.set_result(None)
                else:
                    delivered.set_exception(error)
        self._work = None

"""Calls that gather while one is on its way, and then go together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Gatherer(Generic[T]):
    """Hands things to `deliver`, one call at a time, in the order they came; `deliver` deals with its own errors."""

    def __init__(self, deliver: Callable[[list[T]], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._waiting: list[T] = []
        self._turn = asyncio.Lock()

    async def add(self, things: Sequence[T]) -> None:
        """Hand these over, and return when they have been delivered."""
        self._waiting += things
        async with self._turn:
            if self._waiting:  # else they went with somebody else's
                going, self._waiting = self._waiting, []
                await self._deliver(going)

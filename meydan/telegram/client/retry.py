"""How often and how soon something is tried again."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from meydan.platform.clock import Clock


class Random(Protocol):
    """Where chance comes from; `random.Random` is one."""

    def random(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        ...


@dataclass(frozen=True)
class RetryConfig:
    """What is tried again, and how far apart; times are seconds.

    The n-th pause is at most `base_delay * exponential_base ** n`, never more than `max_delay`. With `jitter` it is
    anything from 0 to that, so that many clients which failed together do not come back together.
    """

    max_retries: int = 5
    base_delay: float = 1.0
    max_delay: float = 60.0
    exponential_base: float = 2.0
    jitter: bool = True
    retry_on_flood: bool = True
    retry_on_server_error: bool = True
    retry_on_network_error: bool = True

    def __post_init__(self) -> None:
        if min(self.max_retries, self.base_delay, self.max_delay) < 0 or self.exponential_base < 1:
            raise ValueError("retries and delays cannot be below 0, nor the exponential base below 1")

    def longest(self, attempt: int) -> float:
        """Return the longest pause after the attempt of this number, from 0."""
        try:
            return min(self.max_delay, self.base_delay * self.exponential_base**attempt)
        except OverflowError:
            return self.max_delay

    def pause(self, attempt: int, chance: Random) -> float:
        """Return the pause after the attempt of this number, from 0."""
        return self.longest(attempt) * (chance.random() if self.jitter else 1.0)


class ReconnectBudget:
    """How often all clients together may try to connect: at most `attempts` in any `seconds`."""

    def __init__(self, clock: Clock, *, attempts: int = 10, seconds: float = 10.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._taken: deque[float] = deque(maxlen=attempts)
        self._turn = asyncio.Lock()

    async def take(self) -> None:
        """Wait for a turn. Turns are given in the order in which they were asked for."""
        async with self._turn:
            if len(self._taken) == self._taken.maxlen:
                while (left := self._taken[0] + self._seconds - self._clock.monotonic()) > 0:
                    await self._clock.sleep(left)
            self._taken.append(self._clock.monotonic())


def chance() -> Random:
    """Return the chance of every day."""
    return random.SystemRandom()

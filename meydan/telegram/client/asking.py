"""Asks Telegram until there is an answer: waits for the connection, for the peer's turn, and tries again."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import TypeVar

from meydan.platform.clock import Clock
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.connection import Connection
from meydan.telegram.client.errors import NotConnected
from meydan.telegram.client.floods import Floods
from meydan.telegram.client.results import Again, Hold, MessageResult, Verdict, classify
from meydan.telegram.client.retry import Random, RetryConfig
from meydan.telegram.client.seam import Telethon
from meydan.telegram.client.status import ConnectionStatus
from meydan.telegram.client.within import within

T = TypeVar("T")

NOT_CONNECTED = Verdict(MessageResult.FAILED, "NOT_CONNECTED")


class Ended(Exception):
    """It was given up. `retry_after`: when it may be tried again, if it is worth it."""

    def __init__(self, verdict: Verdict, *, retry_after: float | None) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict
        self.retry_after = retry_after


class Asking:
    """How one client asks. `retry` and `pace` may be changed at any time."""

    def __init__(
        self, config: ClientConfig, connection: Connection, floods: Floods, *, clock: Clock, chance: Random
    ) -> None:
        self.retry = RetryConfig()
        self.pace = 1.0
        self.flood_waits = 0
        self._config = config
        self._connection = connection
        self._floods = floods
        self._clock = clock
        self._chance = chance

    async def ask(self, work: Callable[[Telethon], Awaitable[T]], *, peer: int | None = None) -> T:
        """Return what `work` gives, which is called for each try; take the turn of `peer` before. Raises `Ended`."""
        for attempt in itertools.count():
            if peer is not None:
                await self._turn(peer)
            try:
                client = await self._connection.ready()
                return await within(self._clock, self._config.timeout, work(client))
            except Exception as error:  # noqa: BLE001  # `classify` knows them all
                await self._judge(error, attempt, peer)
        raise AssertionError("counting has no end")

    async def held(self, peer: int) -> float:
        """Return for how many seconds Telegram wants nothing sent to the peer."""
        return await self._floods.held(peer)

    async def _turn(self, peer: int) -> None:
        while wait := await self._floods.take(peer, pace=self.pace):
            if wait.asked and (wait.seconds > self._config.flood_sleep_threshold or not self.retry.retry_on_flood):
                held = Verdict(MessageResult.FLOOD_WAIT, "FLOOD_WAIT", Again.FLOOD, Hold.PEER, wait.seconds)
                raise Ended(held, retry_after=wait.seconds)
            await self._clock.sleep(wait.seconds)

    async def _judge(self, error: Exception, attempt: int, peer: int | None) -> None:
        """Wait until the next try is due, or raise `Ended`."""
        verdict = self._verdict(error)
        if verdict.dead:
            await self._connection.died(verdict.code)
        if verdict.hold is not Hold.NOBODY:
            self.flood_waits += 1
            if peer is not None:
                await self._floods.hold(peer, verdict.seconds, verdict.hold)
        pause = verdict.seconds or self.retry.pause(attempt, self._chance)
        if (
            attempt >= self.retry.max_retries
            or not verdict.may_retry(self.retry)
            or verdict.seconds > self._config.flood_sleep_threshold
        ):
            later = verdict.seconds or self.retry.longest(attempt)
            raise Ended(verdict, retry_after=None if verdict.again is Again.NO else later) from error
        if peer is None or verdict.hold is Hold.NOBODY:
            await self._clock.sleep(pause)

    def _verdict(self, error: Exception) -> Verdict:
        if not isinstance(error, NotConnected):
            return classify(error)
        coming = self._connection.status in (ConnectionStatus.CONNECTING, ConnectionStatus.RECONNECTING)
        return NOT_CONNECTED._replace(again=Again.NETWORK if coming else Again.NO)


class Lanes:
    """One at a time under each key, in the order in which they came."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for those before, and hold up those behind."""
        lock, users = self._lanes.get(key, (asyncio.Lock(), 0))
        self._lanes[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._lanes.pop(key)
            if users > 1:
                self._lanes[key] = lock, users - 1

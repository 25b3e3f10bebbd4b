"""How much of a node's work one caller has at a time, so that who asks a lot waits for themselves."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from meydan.platform.clock import Clock, SystemClock

_AT_ONCE: Final = 2
_LONGEST: Final = 1.0  # seconds
_LONGEST_PAUSE: Final = 0.05
_mine: ContextVar["_Permit | None"] = ContextVar("permit", default=None)


class CallerLimit:
    """Lets `at_once` requests of one caller be worked at a time; further ones wait in order, and none is refused.

    What is counted is work. A request that waits for its peer, or for its turn elsewhere, is at `rest`; one that has
    been worked for `longest` seconds waits for something too, whatever it may be, and is counted no more.
    Between two requests of a caller who has more in line the node is left to others for as long as the first one was
    worked, 50 ms at most.
    """

    def __init__(self, *, at_once: int = _AT_ONCE, longest: float = _LONGEST, clock: Clock | None = None) -> None:
        self.at_once = at_once
        self.longest = longest
        self.clock = clock or SystemClock()
        self._lines: dict[str, _Line] = {}
        self._pauses: set[asyncio.Task[None]] = set()

    def callers(self) -> Mapping[str, int]:
        """Return how many requests are worked of each caller."""
        return {caller: line.taken for caller, line in self._lines.items()}

    @contextlib.asynccontextmanager
    async def work(self, caller: str) -> AsyncIterator[None]:
        """Work on something for a caller, when it is its turn among what they asked for."""
        permit = _Permit(self, caller)
        await permit.acquire()
        before = _mine.set(permit)
        try:
            yield
        finally:
            _mine.reset(before)
            permit.release()

    async def acquire(self, caller: str) -> None:
        """Wait until one more of the caller's requests may be worked."""
        line = self._lines.setdefault(caller, _Line())
        if line.taken < self.at_once:
            line.taken += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release(caller)  # its turn came in the moment that it gave up
            raise

    def release(self, caller: str, *, worked: float = 0.0) -> None:
        """Let the caller's next request go on, after a pause when this one was `worked` for some seconds."""
        if worked > 0 and self._lines[caller].waiting:
            pause = asyncio.get_running_loop().create_task(self._later(caller, min(worked, _LONGEST_PAUSE)))
            self._pauses.add(pause)
            pause.add_done_callback(self._pauses.discard)
        else:
            self._next(caller)

    async def _later(self, caller: str, seconds: float) -> None:
        try:
            await self.clock.sleep(seconds)
        finally:
            self._next(caller)

    def _next(self, caller: str) -> None:
        line = self._lines[caller]
        while line.waiting:
            if not (place := line.waiting.popleft()).done():
                place.set_result(None)
                return
        line.taken -= 1
        if not line.taken:
            del self._lines[caller]


@dataclass
class _Line:
    """What is worked for one caller, and what waits for that."""

    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class _Permit:
    """One request's."""

    __slots__ = ("_began", "_caller", "_late", "_limit")

    def __init__(self, limit: CallerLimit, caller: str) -> None:
        self._limit = limit
        self._caller = caller
        self._late: asyncio.TimerHandle | None = None
        self._began = 0.0

    @property
    def is_held(self) -> bool:
        """Whether the request is counted."""
        return self._late is not None

    async def acquire(self) -> None:
        """Wait in line; what is held for too long is given back by itself."""
        await self._limit.acquire(self._caller)
        self._late = asyncio.get_running_loop().call_later(self._limit.longest, self.release)
        self._began = self._limit.clock.monotonic()

    def release(self) -> None:
        """Leave; a second call does nothing."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
            self._limit.release(self._caller, worked=self._limit.clock.monotonic() - self._began)


@contextlib.asynccontextmanager
async def rest() -> AsyncIterator[None]:
    """Wait for something without a permit to work; behind it the request stands in line again."""
    permit = _mine.get()
    if permit is None or not permit.is_held:
        yield
        return
    permit.release()
    yield  # what raises here is answered, and that is little
    await permit.acquire()

"""How much of a node's work one caller has at a time, so that who asks a lot waits for themselves."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from meydan.platform.clock import Clock, SystemClock

_AT_ONCE: Final = 2
_LONGEST: Final = 1.0  # seconds
_SHARE: Final = 0.2  # of the time
_BURST: Final = 0.08  # seconds of work: somebody who opens the panel
_DEBT: Final = 0.2  # seconds of work beyond that
_REMEMBERED: Final = 10_000
_mine: ContextVar["_Permit | None"] = ContextVar("permit", default=None)


def _never() -> bool:
    return False


class CallerLimit:
    """Lets `at_once` requests of one caller be worked at a time, and all of them for a fifth of the time.

    Further ones wait in order, and none is refused. What is counted is the time from a request's turn to its end, but
    not what it is at `rest`, as while it waits for its peer; and no more than `longest` seconds, for what takes longer
    waits for something too, whatever it may be. Of their fifth a caller may use 80 ms ahead, and owe 200 ms more:
    nobody is held for more than a second between two requests, and who asks for what takes long each time gets more
    than a fifth. While the caller is `alone`, which the gate knows, there is nobody to leave the time to, and all of it
    is theirs.
    """

    def __init__(
        self,
        *,
        at_once: int = _AT_ONCE,
        longest: float = _LONGEST,
        most_remembered: int = _REMEMBERED,
        clock: Clock | None = None,
    ) -> None:
        self.at_once = at_once
        self.longest = longest
        self.clock = clock or SystemClock()
        self.alone: Callable[[], bool] = _never
        self._lines: dict[str, _Line] = {}
        self._pauses: set[asyncio.Task[None]] = set()
        self._most_remembered = self._sweep_at = most_remembered

    def callers(self) -> Mapping[str, int]:
        """Return how many requests are worked of each caller."""
        return {caller: line.taken for caller, line in self._lines.items() if line.taken}

    @property
    def remembered(self) -> int:
        """Of how many callers it is known what they have used."""
        return len(self._lines)

    @contextlib.asynccontextmanager
    async def work(self, caller: str, *, at_least: float = 0.0) -> AsyncIterator[None]:
        """Work on something for a caller, when it is its turn; it counts as `at_least` so many seconds."""
        permit = _Permit(self, caller, at_least)
        await permit.acquire()
        before = _mine.set(permit)
        try:
            yield
        finally:
            _mine.reset(before)
            permit.release()

    async def acquire(self, caller: str) -> None:
        """Wait until one more of the caller's requests may be worked."""
        line = self._lines.get(caller) or self._new(caller)
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
        """Let the caller's next request go on, as soon as the seconds that this one was `worked` are made up for."""
        pause = self._lines[caller].pay(worked, self.clock.monotonic())
        if pause > 0 and not self.alone():
            paused = asyncio.get_running_loop().create_task(self._later(caller, pause))
            self._pauses.add(paused)
            paused.add_done_callback(self._pauses.discard)
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

    def _new(self, caller: str) -> "_Line":
        if len(self._lines) >= self._sweep_at:
            now = self.clock.monotonic()
            self._lines = {caller: line for caller, line in self._lines.items() if line.taken or line.even_at > now}
            self._sweep_at = max(self._most_remembered, 2 * len(self._lines))
        line = self._lines[caller] = _Line()
        return line


@dataclass
class _Line:
    """What is worked for one caller, and what waits for that."""

    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    even_at: float = 0.0  # when all that was worked will have been a fifth of the time

    def pay(self, worked: float, now: float) -> float:
        """Count seconds of work and return how many seconds the next has to wait."""
        self.even_at = min(max(self.even_at, now) + worked / _SHARE, now + (_BURST + _DEBT) / _SHARE)
        return self.even_at - now - _BURST / _SHARE


class _Permit:
    """One request's."""

    __slots__ = ("_at_least", "_began", "_caller", "_late", "_limit")

    def __init__(self, limit: CallerLimit, caller: str, at_least: float) -> None:
        self._at_least = at_least
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
            worked = max(self._at_least, self._limit.clock.monotonic() - self._began)
            self._limit.release(self._caller, worked=worked)


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

"""Shares: how much of a node's work one caller has at a time, so that who asks a lot waits for themselves."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

_AT_ONCE: Final = 2
_LONGEST: Final = 1.0  # seconds
_COURTESY: Final = 1.0
_LONGEST_PAUSE: Final = 0.05
_mine: ContextVar["_Share | None"] = ContextVar("share", default=None)


class Shares:
    """Lets `at_once` requests of one caller be worked at a time; further ones wait in order, and none is refused.

    What is counted is work. A request that waits for its peer, or for its turn elsewhere, is at `rest`; one that has
    been worked for `longest` seconds waits for something too, whatever it may be, and is counted no more.
    A caller with requests in line leaves the node to others between two of them: for `courtesy` times as long as the
    last one was worked.
    """

    def __init__(self, *, at_once: int = _AT_ONCE, longest: float = _LONGEST, courtesy: float = _COURTESY) -> None:
        self.at_once = at_once
        self.longest = longest
        self._courtesy = courtesy
        self._lines: dict[str, _Line] = {}

    def callers(self) -> Mapping[str, int]:
        """Return how many requests are worked of each caller."""
        return {caller: line.taken for caller, line in self._lines.items()}

    @contextlib.asynccontextmanager
    async def share(self, caller: str) -> AsyncIterator[None]:
        """Work on something for a caller, when it is its turn among what they asked for."""
        share = _Share(self, caller)
        await share.take()
        before = _mine.set(share)
        try:
            yield
        finally:
            _mine.reset(before)
            share.give_back()

    async def take(self, caller: str) -> None:
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
                self.give_back(caller)  # its turn came in the moment that it gave up
            raise

    def give_back(self, caller: str, *, worked: float = 0.0) -> None:
        """Let the caller's next request go on, soon after one that was `worked` for so many seconds."""
        pause = min(worked * self._courtesy, _LONGEST_PAUSE)
        if pause and self._lines[caller].waiting:
            asyncio.get_running_loop().call_later(pause, self._next, caller)
        else:
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

    def later(self, share: "_Share") -> asyncio.TimerHandle:
        """Count a share no more once it has been held for long."""
        return asyncio.get_running_loop().call_later(self.longest, share.give_back)


@dataclass
class _Line:
    """What is worked for one caller, and what waits for that."""

    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class _Share:
    """One request's."""

    __slots__ = ("_began", "_caller", "_late", "_shares")

    def __init__(self, shares: Shares, caller: str) -> None:
        self._shares = shares
        self._caller = caller
        self._late: asyncio.TimerHandle | None = None
        self._began = 0.0

    @property
    def is_held(self) -> bool:
        """Whether the request is counted."""
        return self._late is not None

    async def take(self) -> None:
        """Wait in line."""
        await self._shares.take(self._caller)
        self._late = self._shares.later(self)
        self._began = asyncio.get_running_loop().time()

    def give_back(self) -> None:
        """Leave; a second call does nothing."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
            self._shares.give_back(self._caller, worked=asyncio.get_running_loop().time() - self._began)


@contextlib.asynccontextmanager
async def rest() -> AsyncIterator[None]:
    """Wait for something without a share of the work; behind it the request stands in line again."""
    share = _mine.get()
    if share is None or not share.is_held:
        yield
        return
    share.give_back()
    yield  # what raises here is answered, and that is little
    await share.take()

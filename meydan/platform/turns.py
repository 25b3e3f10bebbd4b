"""Turns: a few slots that many callers share, so that who asks the most waits the most."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from meydan.platform.errors import MeydanError, Unavailable

Gone = Callable[[], Awaitable[bool]]


async def never_gone() -> bool:
    """Say of a caller who cannot hang up that they are still there."""
    return False


class Turns:
    """Gives `at_once` slots to callers in turn: one of each who waits, then the next of each.

    A caller is a path of groups, the widest first (a network, a household in it): each level takes turns of its own,
    so that a whole network counts as one among networks. Of one widest group at most `per_caller` wait. When `waiting`
    wait in all, a newcomer takes the place of the last of whoever has the most. Who is turned away gets `refusal`.
    """

    def __init__(
        self, *, at_once: int, waiting: int, per_caller: int, refusal: Callable[[], MeydanError] = Unavailable
    ) -> None:
        self._free = at_once
        self._most = waiting
        self._per_caller = per_caller
        self._refusal = refusal
        self._line = _Line()
        self._counts: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def turn(self, caller: Sequence[str], *, gone: Gone = never_gone) -> AsyncIterator[None]:
        """Hold a slot. Raise `Unavailable` when the caller has gone before it was their turn."""
        await self._wait(tuple(caller) or ("",))
        try:
            if await gone():
                raise Unavailable
            yield
        finally:
            self._release()

    async def _wait(self, caller: tuple[str, ...]) -> None:
        if self._free:
            self._free -= 1
            return
        self._make_room(caller[0])
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.add(caller, place)
        self._counts[caller[0]] += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._release()  # it was given a slot in the moment that it gave up
            raise
        finally:
            self._counts[caller[0]] -= 1
            if not self._counts[caller[0]]:
                del self._counts[caller[0]]

    def _make_room(self, caller: str) -> None:
        if self._counts[caller] >= self._per_caller:
            raise self._refusal()
        if self._counts.total() < self._most:
            return
        largest, count = self._counts.most_common(1)[0]
        if count <= self._counts[caller] + 1 or (last := self._line.groups[largest].last()) is None:
            raise self._refusal()
        last.set_exception(self._refusal())

    def _release(self) -> None:
        place = self._line.next()
        if place is None:
            self._free += 1
        else:
            place.set_result(None)


class _Line:
    """Who waits: groups within groups, each of which has its turn and then stands behind the others of its level."""

    def __init__(self) -> None:
        self.groups: dict[str, _Line] = {}
        self._places: deque[asyncio.Future[None]] = deque()

    def __bool__(self) -> bool:
        return bool(self.groups or self._places)

    def add(self, path: tuple[str, ...], place: asyncio.Future[None]) -> None:
        if path:
            self.groups.setdefault(path[0], _Line()).add(path[1:], place)
        else:
            self._places.append(place)

    def next(self) -> asyncio.Future[None] | None:
        """Take out whose turn it is; who gave up is passed over."""
        while self.groups:
            name = next(iter(self.groups))
            group = self.groups.pop(name)
            found = group.next()
            if group:
                self.groups[name] = group
            if found is not None:
                return found
        while self._places:
            if not (place := self._places.popleft()).done():
                return place
        return None

    def last(self) -> asyncio.Future[None] | None:
        """Return who came last of those who still wait."""
        for group in reversed(self.groups.values()):
            if (found := group.last()) is not None:
                return found
        return next((place for place in reversed(self._places) if not place.done()), None)

"""The last ten minutes of a few numbers, one row a second, for the charts of the system page."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from meydan.platform.clock import Clock

INTERVAL: Final = 1.0
ROWS: Final = 600

Read = Callable[[], float]
Row = tuple[float, ...]


class Sampler:
    """Reads its columns once a second; a row is the Unix time and then each column in the order it was added."""

    name = "sampler"
    vital = False

    def __init__(self, clock: Clock, *, interval: float = INTERVAL, rows: int = ROWS) -> None:
        self.interval = interval
        self._clock = clock
        self._columns: dict[str, Read] = {}
        self._rows: deque[Row] = deque(maxlen=rows)
        self._stop = asyncio.Event()

    def gauge(self, name: str, read: Read) -> None:
        """Add a column that shows what `read` returns."""
        self._columns[name] = read

    def rate(self, name: str, read: Read) -> None:
        """Add a column that shows how much `read` rises per second."""
        self._columns[name] = _Rate(read, self._clock)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, the time's first."""
        return ("t", *self._columns)

    def rows(self, since: float = 0.0) -> list[Row]:
        """Return the rows of after the Unix time `since`, oldest first."""
        return [row for row in self._rows if row[0] > since]

    def sample(self) -> None:
        """Write one row now."""
        time = round(self._clock.now().timestamp(), 3)
        self._rows.append((time, *(round(read(), 3) for read in self._columns.values())))

    async def run(self) -> None:
        """Sample until drained."""
        stopped = asyncio.create_task(self._stop.wait())
        next_time = self._clock.monotonic()
        try:
            while not stopped.done():
                self.sample()
                next_time = max(next_time + self.interval, self._clock.monotonic())
                pause = asyncio.create_task(self._clock.sleep(next_time - self._clock.monotonic()))
                try:
                    await asyncio.wait({pause, stopped}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    pause.cancel()
        finally:
            stopped.cancel()

    async def drain(self) -> None:
        """Stop sampling; what was sampled stays readable."""
        self._stop.set()


class _Rate:
    def __init__(self, read: Read, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._before = read(), clock.monotonic()

    def __call__(self) -> float:
        value, now = self._read(), self._clock.monotonic()
        before, then = self._before
        self._before = value, now
        return max(0.0, value - before) / (now - then) if now > then else 0.0

"""The end of deleted texts: for a moment whoever deleted a message may bring it back, and then it is gone for good."""

import asyncio
import contextlib
from typing import Final

import structlog

from meydan.chat.log_repository import LogRepository
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)

_EVERY: Final = 5.0


class Erasures:
    """Deletes for good, every few seconds, the texts that nobody may bring back any more."""

    name = "erasures"

    def __init__(self, db: Database, clock: Clock, *, every: float = _EVERY) -> None:
        self._db = db
        self._clock = clock
        self._every = every
        self._draining = asyncio.Event()

    async def sweep(self) -> int:
        """Delete what is over and return of how many messages; when nothing is, only look."""
        now = self._clock.now()
        if not await self._db.read(lambda session: LogRepository(session).has_expired_texts(now)):
            return 0
        return await self._db.write(lambda session: LogRepository(session).sweep(now))

    async def run(self) -> None:
        """Sweep, then rest, until drained."""
        while not self._draining.is_set():
            try:
                await self.sweep()
            except Unavailable:
                log.warning("erasures.sweep_put_off")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), self._every)

    async def drain(self) -> None:
        """Stop after the sweep that runs now."""
        self._draining.set()

"""The end of deleted texts: for a moment whoever deleted a message may bring it back, and then it is gone for good."""

import asyncio
import contextlib
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from meydan.chat.log_repository import LogRepository
from meydan.chat.search import SearchIndex
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)

_EVERY: Final = 5.0
_PURGE_EVERY: Final = timedelta(minutes=10)  # it writes the whole index anew
_LONG_AGO: Final = timedelta(days=1)
_PAGES: Final = 64  # at once: senders get their turn


class Erasures:
    """Deletes for good, every few seconds, the texts that nobody may bring back any more.

    Their words leave the search index some minutes later, all that have come together by then at once.
    """

    name = "erasures"

    def __init__(self, db: Database, search: SearchIndex, clock: Clock, *, every: float = _EVERY) -> None:
        self._db = db
        self._search = search
        self._purged = clock.now() - _LONG_AGO
        self._clock = clock
        self._every = every
        self._draining = asyncio.Event()

    async def sweep(self) -> int:
        """Delete what is over and return of how many messages; when nothing is, only look."""
        now = self._clock.now()
        if not await self._db.read(lambda session: LogRepository(session).has_expired_texts(now)):
            return 0
        return await self._db.write(lambda session: LogRepository(session).sweep(now))

    async def purge(self) -> None:
        """Let what was deleted or edited away leave the search index too, if it is time for that."""
        now, since = self._clock.now(), self._purged
        if now - since < _PURGE_EVERY:
            return
        self._purged = now
        anew = await self._db.read(lambda session: LogRepository(session).has_lost_words(since))
        if not anew:
            return
        while await self._db.write(partial(self._search.purge, pages=_PAGES, anew=anew)):
            anew = False

    async def run(self) -> None:
        """Sweep, then rest, until drained."""
        while not self._draining.is_set():
            try:
                await self.sweep()
                await self.purge()
            except Unavailable:
                log.warning("erasures.sweep_put_off")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), self._every)

    async def drain(self) -> None:
        """Stop after the sweep that runs now."""
        self._draining.set()

"""The end of deleted texts: for a moment whoever deleted a message may bring it back, and then it is gone for good."""

from datetime import timedelta
from functools import partial
from typing import Final

from meydan.chat.log_repository import LogRepository
from meydan.chat.search import SearchIndex
from meydan.platform.clock import Clock
from meydan.platform.db import Database

EVERY: Final = 5.0
_PURGE_EVERY: Final = timedelta(minutes=10)  # it writes the whole index anew
_LONG_AGO: Final = timedelta(days=1)
_PAGES: Final = 64  # at once: senders get their turn


class Erasures:
    """Deletes for good the texts that nobody may bring back any more.

    Their words leave the search index some minutes later, all that have come together by then at once.
    """

    def __init__(self, db: Database, search: SearchIndex, clock: Clock) -> None:
        self._db = db
        self._search = search
        self._purged = clock.now() - _LONG_AGO
        self._clock = clock

    async def turn(self) -> None:
        """Do what is due."""
        await self.sweep()
        await self.purge()

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
        anew = await self._db.read(lambda session: LogRepository(session).has_lost_words(since))
        if anew:
            while await self._db.write(partial(self._search.purge, pages=_PAGES, anew=anew)):
                anew = False
        self._purged = now  # not before: a full disk puts all of it off

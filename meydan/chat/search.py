"""Search in messages: by folded words, each of which may be a beginning. Each database has its own index.

PostgreSQL keeps its index itself. On SQLite taking a message in costs as much as storing it, so that is done behind
the conversation: in bulk, when it is quiet, and always before somebody searches.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from typing import Final, Protocol

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Session

from meydan.chat.models import Message
from meydan.platform.db import Database, rows_changed
from meydan.platform.errors import Unavailable

_PIECE: Final = 500
_QUIET: Final = 200  # operations in a second
_PATIENCE: Final = 60  # seconds
_TAKE_IN: Final = text(
    "INSERT INTO message_search(rowid, folded) SELECT pk, folded FROM messages "
    "WHERE pk > (SELECT coalesce(max(id), 0) FROM message_search_docsize) ORDER BY pk LIMIT :limit"
)


_MERGE: Final = text("INSERT INTO message_search(message_search, rank) VALUES('merge', :pages)")


class SearchIndex(Protocol):
    """Finds messages by words that `platform.turkish.words` made; each word matches as a beginning.

    `at_once` searches may run at the same time and leave the database free for others.
    """

    at_once: int

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition on `Message` that all of `words` occur."""
        ...

    def take_in(self, session: Session, *, limit: int) -> int:
        """Take up to `limit` messages into the index that are not in it yet, and return how many."""
        ...

    def purge(self, session: Session, *, pages: int, anew: bool) -> bool:
        """Write some of the index again without what was deleted; tell whether more is left. `anew` begins with all."""
        ...


class SqliteSearch:
    """FTS5 over the folded column."""

    at_once = 1

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition as a look-up in the index."""
        query = " ".join(f'"{word}"*' for word in words)
        found: Select[int] = (
            select(literal_column("rowid"))
            .select_from(text("message_search"))
            .where(text("message_search MATCH :words").bindparams(words=query))
        )
        return Message.pk.in_(found)

    def take_in(self, session: Session, *, limit: int) -> int:
        """Add the next messages to the index."""
        return rows_changed(session, _TAKE_IN, {"limit": limit})

    def purge(self, session: Session, *, pages: int, anew: bool) -> bool:
        """Merge the segments, in which deleted words stay until then; what changes fewer than two rows did nothing."""
        file: sqlite3.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
        before = file.total_changes
        session.execute(_MERGE, {"pages": -pages if anew else pages})
        return file.total_changes - before >= 2


class PostgresSearch:
    """A GIN index over the folded column's words."""

    at_once = 4

    def matches(self, words: list[str]) -> ColumnElement[bool]:
        """Return the condition as a text-search match."""
        vector = func.to_tsvector(literal_column("'simple'"), Message.folded, type_=TSVECTOR)
        query = " & ".join(f"'{word}':*" for word in words)
        return vector.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), query))

    def take_in(self, session: Session, *, limit: int) -> int:
        """Do nothing: the database has taken in what it stored."""
        return 0

    def purge(self, session: Session, *, pages: int, anew: bool) -> bool:
        """Do nothing: the database's own vacuum does it."""
        return False


class SearchIndexer:
    """Takes messages into the index while the conversation is quiet; a large backlog is worked off all the same."""

    name = "search-indexer"
    vital = False

    def __init__(self, db: Database, search: SearchIndex, *, busy: Callable[[], int]) -> None:
        self._db = db
        self._search = search
        self._busy = busy
        self._caught_up = -1
        self._stop = asyncio.Event()

    async def catch_up(self) -> None:
        """Take in every message there is, a piece at a time so that senders get their turn."""
        committed = self._busy()
        if committed == self._caught_up:  # nothing has come since
            return
        while await self._db.write(lambda session: self._search.take_in(session, limit=_PIECE)) == _PIECE:
            pass
        self._caught_up = committed

    async def run(self) -> None:
        """Look once a second until drained."""
        before, skipped = self._busy(), 0
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)
            now = self._busy()
            quiet = now - before < _QUIET
            before, skipped = now, 0 if quiet else skipped + 1
            if quiet or skipped > _PATIENCE:
                with contextlib.suppress(Unavailable):
                    await self.catch_up()

    async def drain(self) -> None:
        """Stop; what is not taken in yet is found at the next start."""
        self._stop.set()

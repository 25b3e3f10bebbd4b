"""Group commit for the outbox: whatever moves rows in one process is written in one transaction at a time.

While one batch syncs to disk the next gathers, so that twenty bots that claim and finish sends cost no more commits
than one. What cannot be written while the database is away waits here: no request leaves before its claim is
committed, and no result is forgotten; new orders are refused after a while.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import ShuttingDown, Unavailable
from meydan.telegram.models import Media
from meydan.telegram.outbox_repository import Claimed, OutboxRepository, Result, SendRow

log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_PATIENCE = 15.0
_BATCH = 512
_GATHER, _ENOUGH = 0.015, 24
_GLANCE = _GATHER / 5


class Ready:
    """A claimed send with what its request needs besides: its file, and the number of the message it changes."""

    __slots__ = ("changes", "claimed", "media")

    def __init__(self, claimed: Claimed, media: Media | None, changes: int | None) -> None:
        self.claimed = claimed
        self.media = media
        self.changes = changes


class Journal:
    """Writes the outbox's rows for one process, known to the rows as `worker`."""

    name = "telegram-journal"
    vital = True

    def __init__(self, db: Database, clock: Clock, *, worker: str) -> None:
        self.worker = worker
        self.batches = 0
        self._db = db
        self._clock = clock
        self._inserts: list[tuple[Sequence[SendRow], asyncio.Future[dict[str, str]]]] = []
        self._claims: dict[str, asyncio.Future[Ready | None]] = {}
        self._results: list[tuple[Result, str | None]] = []
        self._wake = asyncio.Event()
        self._handed_over = self._written = 0
        self._settling: list[tuple[int, asyncio.Future[None]]] = []
        self._closing = False
        self._last = 0

    async def insert(self, rows: Sequence[SendRow]) -> dict[str, str]:
        """Store new sends; return, by request key, the sends that were there already and so were not stored again."""
        if self._closing:
            raise ShuttingDown
        future: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._inserts.append((rows, future))
        self._wake.set()
        return await future

    async def claim(self, send_id: str) -> Ready | None:
        """Commit that a send is about to leave, and return it; nothing when it is no longer queued."""
        future: asyncio.Future[Ready | None] = asyncio.get_running_loop().create_future()
        self._claims[send_id] = future
        self._wake.set()
        return await future

    def finish(self, result: Result, *, media_id: str | None = None) -> None:
        """Write down how a send ended, soon; `settled` waits for it."""
        self._results.append((result, media_id))
        self._handed_over += 1
        self._wake.set()

    async def settled(self) -> None:
        """Wait until every end that was handed over so far is written; what comes meanwhile is not waited for."""
        if self._written < self._handed_over:
            written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settling.append((self._handed_over, written))
            await written

    async def run(self) -> None:
        """Write what waits until drained."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._inserts or self._claims or self._results:
                if self._last > 1:
                    await self._gather()
                await self._write()
            if self._closing:
                return

    async def drain(self) -> None:
        """Take no new sends, write what waits, and let `run` return."""
        self._closing = True
        self._wake.set()

    async def _gather(self) -> None:
        """Under load wait a little for more: fewer, larger transactions cost less."""
        until = self._clock.monotonic() + _GATHER
        while not self._closing and self._clock.monotonic() < until:
            if len(self._inserts) + len(self._claims) + len(self._results) >= _ENOUGH:
                return
            await self._clock.sleep(_GLANCE)

    async def _write(self) -> None:
        inserts, self._inserts = self._inserts[:_BATCH], self._inserts[_BATCH:]
        results, self._results = self._results[:_BATCH], self._results[_BATCH:]
        claims = dict(list(self._claims.items())[:_BATCH])
        for send_id in claims:
            del self._claims[send_id]
        await self._commit(_Batch(inserts, results, claims))
        self._written += len(results)
        while self._settling and self._settling[0][0] <= self._written:
            _, written = self._settling.pop(0)
            if not written.done():
                written.set_result(None)

    async def _commit(self, batch: "_Batch") -> None:
        """Write a batch, again and again while the database is away; what breaks it is found by writing singly."""
        pause, waited, look = _FIRST_PAUSE, 0.0, False
        while True:
            try:
                known, ready = await self._db.write(
                    partial(_apply, batch=batch, worker=self.worker, now=self._clock.now(), look=look)
                )
            except IntegrityError as error:
                if look:
                    await self._apart(batch, error)
                    return
                look = True
            except Unavailable as error:
                # After a commit whose answer was lost the rows may be there: look, and know one's own claims again.
                look = True
                if self._closing and pause >= _LONGEST_PAUSE:
                    batch.fail(error)
                    return
                if waited >= _PATIENCE:
                    self._refuse_new(batch, error)
                await self._clock.sleep(pause)
                waited += pause
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001  # one thing must not take the others with it
                await self._apart(batch, error)
                return
            else:
                self.batches += 1
                self._last = len(batch)
                batch.tell(known, ready)
                return

    def _refuse_new(self, batch: "_Batch", error: Exception) -> None:
        """Tell whoever orders that it takes too long; what is on its way already goes on waiting."""
        for _, future in (*batch.inserts, *self._inserts):
            if not future.done():
                future.set_exception(error)
        batch.inserts, self._inserts = [], []

    async def _apart(self, batch: "_Batch", error: Exception) -> None:
        """Write what is in a batch that cannot be written as a whole one by one."""
        if len(batch) == 1:
            log.error("telegram.journal_refused", exc_info=error)
            batch.fail(error)
            if batch.results and batch.results != (bare := batch.bare()).results:
                await self._commit(bare)
            return
        for single in batch.singles():
            await self._commit(single)


@dataclass
class _Batch:
    """What one transaction writes, and who waits for it."""

    inserts: list[tuple[Sequence[SendRow], asyncio.Future[dict[str, str]]]]
    results: list[tuple[Result, str | None]]
    claims: dict[str, asyncio.Future[Ready | None]]

    def __len__(self) -> int:
        return len(self.inserts) + len(self.results) + len(self.claims)

    def singles(self) -> "Iterator[_Batch]":
        """Yield a batch for each thing in this one."""
        for insert in self.inserts:
            yield _Batch([insert], [], {})
        for result in self.results:
            yield _Batch([], [result], {})
        for send_id, claim in self.claims.items():
            yield _Batch([], [], {send_id: claim})

    def bare(self) -> "_Batch":
        """Return its results without words and numbers: how a send ended must not be lost with what was said of it."""
        results = [(Result(one.id, one.state, one.at, part_of=one.part_of), media_id) for one, media_id in self.results]
        return _Batch([], results, {})

    def tell(self, known: list[dict[str, str]], ready: dict[str, Ready]) -> None:
        """Answer everybody who waits."""
        for (_, future), found in zip(self.inserts, known, strict=True):
            if not future.done():
                future.set_result(found)
        for send_id, claim in self.claims.items():
            if not claim.done():
                claim.set_result(ready.get(send_id))

    def fail(self, error: Exception) -> None:
        """Tell everybody who waits that nothing was written."""
        for _, future in self.inserts:
            if not future.done():
                future.set_exception(error)
        for claim in self.claims.values():
            if not claim.done():
                claim.set_result(None)


def _apply(
    session: Session,
    *,
    batch: _Batch,
    worker: str,
    now: datetime,
    look: bool,
) -> tuple[list[dict[str, str]], dict[str, Ready]]:
    outbox = OutboxRepository(session)
    known = _insert(outbox, [rows for rows, _ in batch.inserts], look=look)
    if batch.results:
        outbox.finish([result for result, _ in batch.results], worker=worker)
        outbox.forget_media({media_id for _, media_id in batch.results if media_id is not None})
    if not batch.claims:
        return known, {}
    claimed = outbox.claim(batch.claims, worker=worker, now=now)
    if look:
        claimed |= outbox.claimed_before(batch.claims.keys() - claimed.keys(), worker=worker)
    media = outbox.media({one.media_id for one in claimed.values() if one.media_id is not None})
    session.expunge_all()
    numbers = outbox.message_numbers({one.edits for one in claimed.values() if one.edits is not None})
    return known, {
        send_id: Ready(one, media.get(one.media_id or ""), numbers.get(one.edits or ""))
        for send_id, one in claimed.items()
    }


def _insert(outbox: OutboxRepository, inserts: Sequence[Sequence[SendRow]], *, look: bool) -> list[dict[str, str]]:
    """Store what is new. One order is stored whole or, when its first part is there already, not at all."""
    found: list[dict[str, str]] = [{} for _ in inserts]
    fresh = [row for rows in inserts for row in rows]
    if look:
        keys = {row.request_key for row in fresh if row.request_key is not None}
        stored = outbox.by_request_key(keys)
        fresh = []
        for order, rows in enumerate(inserts):
            key = rows[0].request_key
            if key is not None and key in stored:
                found[order] = {key: stored[key]}
            else:
                fresh += rows
                if key is not None:
                    stored[key] = rows[0].id
        present = outbox.present({row.id for row in fresh})
        fresh = [row for row in fresh if row.id not in present]
    if fresh:
        outbox.insert(fresh)
    return found

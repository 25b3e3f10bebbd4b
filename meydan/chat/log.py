"""The message log: one writer per node takes all that waits, commits it at once, then tells everyone who asked.

While one batch syncs to disk the next one gathers, so the more is sent, the larger the batches: group commit. An
operation is acknowledged only after its transaction is committed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from meydan.chat.commit import AlreadyStored, Outcome, commit_batch
from meydan.chat.operations import Operation, Stored
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import MeydanError, ShuttingDown, Unavailable

log = structlog.get_logger(__name__)

Answer = Callable[[Outcome], None]
BatchListener = Callable[[Sequence[Stored]], None]
_LONGEST_GATHER = 0.002
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@dataclass
class LogStats:
    """Running totals; `observe` is told every commit's duration in seconds."""

    batches: int = 0
    operations: int = 0
    refused: int = 0
    retries: int = 0
    observe: Callable[[float], None] = lambda _seconds: None


class MessageLog:
    """Takes operations and commits them in batches.

    Of each committed batch, every operation's answer is given first; then `on_stored` hears what the batch changed,
    in order, so that acknowledgement and delivery can leave in one write.
    `patience` is how many seconds a batch is tried again while the database is away; `limit` how many operations may
    wait before new ones are refused with `Unavailable`.
    """

    name = "message-log"
    vital = True

    def __init__(
        self, db: Database, clock: Clock, *, max_batch: int = 512, patience: float = 10.0, limit: int = 50_000
    ) -> None:
        self._db = db
        self._clock = clock
        self._max_batch = max_batch
        self._patience = patience
        self._limit = limit
        self._waiting: deque[tuple[Operation, Answer]] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._last_size = 0
        self.failing = False
        """Whether the last commit came to nothing because the database did not take it."""
        self._last_seconds = 0.0
        self.stats = LogStats()
        self.on_stored: BatchListener = lambda _stored: None

    def submit(self, operation: Operation, answer: Answer) -> None:
        """Queue `operation`; `answer` is called on the event loop with its outcome. Raises when nothing is taken."""
        if self._closing:
            raise ShuttingDown
        if len(self._waiting) >= self._limit:
            raise Unavailable
        self._waiting.append((operation, answer))
        self._wake.set()

    async def put(self, operation: Operation) -> Stored:
        """Queue `operation` and wait for it; raises its error."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.submit(operation, lambda outcome: None if future.done() else future.set_result(outcome))
        outcome = await future
        if isinstance(outcome, MeydanError):
            raise outcome
        return outcome

    async def run(self) -> None:
        """Commit what waits until drained."""
        while not self._closing or self._waiting:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._gather()
                size = min(len(self._waiting), self._max_batch)
                batch = [self._waiting.popleft() for _ in range(size)]
                self._answer(batch, await self._commit([operation for operation, _ in batch]))

    async def drain(self) -> None:
        """Refuse new operations and let `run` finish those that wait."""
        self._closing = True
        self._wake.set()

    async def _gather(self) -> None:
        """Under load, wait a part of a commit's time: those just answered ask again and join one larger batch."""
        if self._last_size > 1 and len(self._waiting) < self._max_batch and not self._closing:
            await asyncio.sleep(min(self._last_seconds / 2, _LONGEST_GATHER))

    async def _commit(self, operations: list[Operation]) -> Sequence[Outcome]:
        """Commit a batch, again and again while the database is away; after an unclear end look before writing."""
        started = self._clock.monotonic()
        look_first, pause = False, _FIRST_PAUSE
        while True:
            try:
                outcomes = await self._db.write(partial(commit_batch, batch=operations, look_first=look_first))
            except AlreadyStored:
                look_first = True
                self.stats.retries += 1
            except Unavailable as error:
                self.failing = True
                waited = self._clock.monotonic() - started
                if waited > self._patience or (self._closing and waited > 1.0):
                    log.error("log.gave_up", operations=len(operations), seconds=round(waited, 1))
                    return [error] * len(operations)
                look_first = True
                self.stats.retries += 1
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001  # one operation must not take the others with it
                return await self._commit_singly(operations, error)
            else:
                self.failing = False
                self.stats.batches += 1
                self.stats.operations += len(operations)
                self._last_size = len(operations)
                self._last_seconds = self._clock.monotonic() - started
                self.stats.observe(self._last_seconds)
                return outcomes

    async def _commit_singly(self, operations: list[Operation], error: Exception) -> Sequence[Outcome]:
        if len(operations) == 1:
            log.error("log.operation_failed", operation=type(operations[0]).__name__, exc_info=error)
            return [MeydanError()]
        return [outcome for operation in operations for outcome in await self._commit([operation])]

    def _answer(self, batch: list[tuple[Operation, Answer]], outcomes: Sequence[Outcome]) -> None:
        stored: list[Stored] = []
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            answer(outcome)
            if isinstance(outcome, Stored):
                stored.append(outcome)
        self.stats.refused += len(batch) - len(stored)
        try:
            self.on_stored(stored)
        except Exception:  # what is committed stays so, and the next batch is not its fault
            log.exception("log.listener_failed")

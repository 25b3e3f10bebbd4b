"""One room on one node: its head, its recent events, its connections, and the pump that writes to all of them.

An event is encoded once and framed once; frames that gather while a write is under way, while a batch commits or
during the window go out as one piece of bytes to everyone. The window is as long as the last round of writing took,
up to a limit: nothing in a quiet or small room, a few milliseconds in a large one under load.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import structlog

from meydan.chat import wire
from meydan.chat.connection import Connection
from meydan.chat.events import Event, UpdateView
from meydan.chat.models import UpdateKind

log = structlog.get_logger(__name__)

_RING, _RING_BYTES = 512, 1_048_576
_CHUNK = 1_024
_GAP_PATIENCE = 0.025
_FILL_PAUSE = 0.5

ReadEvents = Callable[[int, int], Awaitable[list[Event]]]


@dataclass
class FanOutStats:
    """Running totals of one node."""

    deliveries: int = 0
    writes: int = 0
    bytes_out: int = 0


class _Recent(NamedTuple):
    sira: int
    message_id: str
    quoted_id: str | None
    payload: msgspec.Raw
    size: int


class RoomChannel:
    """The live side of a room. `head` is the last event given to this node's connections."""

    def __init__(
        self,
        *,
        room_id: int,
        slug: str,
        public: bool,
        epoch: str,
        head: int,
        stats: FanOutStats,
        window: Callable[[], float],
        read_events: ReadEvents,
    ) -> None:
        self.room_id = room_id
        self.slug = slug
        self.public = public
        self.epoch = epoch
        self.head = head
        self.empty_since = 0.0
        self.members: dict[Connection, None] = {}
        self.read: dict[str, int] = {}  # how far the people here have read, as far as this node knows
        self._stats = stats
        self._window = window
        self._read_events = read_events
        self._loop = asyncio.get_running_loop()
        self._recent: deque[_Recent] = deque()
        self._recent_bytes = 0
        self._early: dict[int, Event] = {}
        self._filling: asyncio.Task[None] | None = None
        self._wanted = 0
        self._pending: list[bytes] = []
        self._joined_at: dict[Connection, int] = {}
        self._pump: asyncio.Task[None] | None = None
        self.writing = False
        self._written = asyncio.Event()
        self._next_write = 0.0

    def offer(self, events: Iterable[Event]) -> None:
        """Take in committed events, in whatever order they come; each is delivered once, in the order of `sira`."""
        for event in events:
            if event.sira == self.head + 1:
                self._append(event)
            elif event.sira > self.head:
                if len(self._early) < _RING:
                    self._early[event.sira] = event
                else:  # it is read from the database in its turn
                    self._wanted = max(self._wanted, event.sira)
        while self._early and (following := self._early.pop(self.head + 1, None)) is not None:
            self._append(following)
        if self._early:
            self._early = {sira: event for sira, event in self._early.items() if sira > self.head}
        if self._early and self._filling is None:
            self.catch_up(max(self._early), after=_GAP_PATIENCE)

    def catch_up(self, upto: int, *, after: float = 0.0) -> None:
        """Read what is missing up to `upto` from the database, unless it comes by itself within `after` seconds."""
        self._wanted = max(self._wanted, upto)
        if self._filling is None and self._wanted > self.head:
            self._filling = asyncio.create_task(self._fill(after), name=f"fill:{self.slug}")

    async def reach(self, upto: int) -> None:
        """Wait until all up to `upto`, which is stored, has been given to this node's connections."""
        self.catch_up(upto)
        if self.head < upto and self._filling is not None:
            await asyncio.wait([self._filling])

    def tell(self, framed: bytes) -> None:
        """Send a frame that is not part of the log to everyone in the room."""
        if self.members:
            self._pending.append(framed)
            self._schedule()

    def recent(self, after: int) -> list[msgspec.Raw] | None:
        """Return the JSON of every event after `after`, or nothing when memory does not hold all of them."""
        if after >= self.head:
            return [] if after == self.head else None
        if not self._recent or self._recent[0].sira > after + 1:
            return None
        return [item.payload for item in self._recent if item.sira > after]

    async def settled(self) -> None:
        """Wait for the round of writing under way, if any, so that nobody gets the same frame twice."""
        while self.writing:
            await self._written.wait()

    def add(self, connection: Connection) -> None:
        """Deliver to `connection` all that comes after this moment's head. Call only when settled."""
        self.members[connection] = None
        if self._pending:
            self._joined_at[connection] = len(self._pending)

    def remove(self, connection: Connection) -> None:
        """Stop delivering to `connection`."""
        self.members.pop(connection, None)
        self._joined_at.pop(connection, None)
        if not self.members:
            self.empty_since = self._loop.time()

    def flush(self) -> None:
        """Write what is pending now, unless the window or a round under way says later."""
        if self._pending and self._pump is None:
            if self._loop.time() >= self._next_write and len(self.members) <= _CHUNK:
                self._write_round()
            else:
                self._pump = asyncio.create_task(self._run_pump(), name=f"pump:{self.slug}")

    async def close(self) -> None:
        """Cancel what runs for this room."""
        for task in (self._pump, self._filling):
            if task is not None:
                task.cancel()

    def _append(self, event: Event) -> None:
        payload = wire.encode(event)
        if isinstance(event, UpdateView):
            message_id, quoted_id = event.message_id, None
            if event.kind is not UpdateKind.REACTION:
                self._forget_through(message_id)
        else:
            message_id, quoted_id = event.id, event.reply_to
        self._recent.append(_Recent(event.sira, message_id, quoted_id, msgspec.Raw(payload), len(payload)))
        self._recent_bytes += len(payload)
        while self._recent_bytes > _RING_BYTES or len(self._recent) > _RING:
            self._forget_oldest()
        self.head = event.sira
        if self.members:
            self._pending.append(wire.event_frame(event, payload))
            self._schedule()

    def _forget_through(self, message_id: str) -> None:
        """Drop the recent events up to the last that holds a text which has changed; the database knows it as it is."""
        last = max((item.sira for item in self._recent if message_id in (item.message_id, item.quoted_id)), default=0)
        while self._recent and self._recent[0].sira <= last:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._recent_bytes -= self._recent.popleft().size

    def _schedule(self) -> None:
        if self._pump is None and len(self._pending) == 1:
            self._loop.call_soon(self.flush)

    async def _run_pump(self) -> None:
        try:
            while self._pending:
                await asyncio.sleep(max(0.0, self._next_write - self._loop.time()))
                await self._write_chunks()
        finally:
            self._pump = None

    def _write_round(self) -> None:
        """Write to a room of ordinary size in one go."""
        started = self._loop.time()
        blob, members, late, frames = self._take()
        self._count(_write(members, blob), len(frames), len(blob))
        self._write_late(late, frames)
        self._next_write = started + self._window()
        self._loop.call_soon(self._round_over, started)  # by then the loop has carried the bytes to the kernel

    def _round_over(self, started: float) -> None:
        now = self._loop.time()
        self._next_write = now + min(self._window(), now - started)

    async def _write_chunks(self) -> None:
        """Write to a large room in pieces, letting others have the loop between them."""
        started = self._loop.time()
        blob, members, late, frames = self._take()
        self.writing = True
        self._written.clear()
        try:
            for start in range(0, len(members), _CHUNK):
                self._count(_write(members[start : start + _CHUNK], blob), len(frames), len(blob))
                await asyncio.sleep(0)
            self._write_late(late, frames)
        finally:
            self.writing = False
            self._written.set()
        self._round_over(started)
        await asyncio.sleep(0)  # whoever waits to join does so before the next round

    def _take(self) -> tuple[bytes, list[Connection], dict[Connection, int], list[bytes]]:
        frames, self._pending = self._pending, []
        late, self._joined_at = self._joined_at, {}
        members = [one for one in self.members if one not in late] if late else list(self.members)
        return b"".join(frames), members, late, frames

    def _write_late(self, late: dict[Connection, int], frames: list[bytes]) -> None:
        for connection, skip in late.items():
            rest = frames[skip:]
            if rest and connection in self.members:
                self._count(_write([connection], b"".join(rest)), len(rest), 0)

    def _count(self, written: int, frames: int, size: int) -> None:
        self._stats.writes += written
        self._stats.deliveries += written * frames
        self._stats.bytes_out += written * size

    async def _fill(self, after: float) -> None:
        try:
            await asyncio.sleep(after)
            while self.head < self._wanted:
                events = await self._read_events(self.head, self._wanted)
                if events:
                    for event in events:
                        if event.sira == self.head + 1:
                            self._append(event)
                else:
                    await asyncio.sleep(_FILL_PAUSE)
        finally:
            self._filling = None
        self.offer(())


def _write(members: list[Connection], blob: bytes) -> int:
    """Hand the same bytes to every connection; one that has private frames waiting gets them in the same write."""
    for connection in members:
        try:
            if connection.private:
                connection.write_with_private(blob)
            else:
                connection.write(blob)
        except Exception:  # noqa: BLE001  # it is logged there, and free where nothing fails
            connection.broken()
    return len(members)

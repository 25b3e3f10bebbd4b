"""The hub of one node: its connections, the people behind them, and the rooms that are live here.

What a frame asks for is carried out in `requests`; who somebody is is found out in `entrance`. This file knows who is
connected and moves bytes; it has no rule of its own about rooms or messages.
"""

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from meydan.accounts.settings import AccountsSettings
from meydan.chat import wire
from meydan.chat.channel import FanOutStats, RoomChannel
from meydan.chat.channels import Channels
from meydan.chat.connection import (
    CLOSE_INVALID_TEXT,
    CLOSE_NOT_ALLOWED,
    CLOSE_POLICY,
    CLOSE_RESTARTING,
    CLOSE_TOO_SLOW,
    Connection,
)
from meydan.chat.entrance import Entrance
from meydan.chat.events import Event
from meydan.chat.hints import Hint, hint_of
from meydan.chat.log import MessageLog
from meydan.chat.messages import MessageService
from meydan.chat.news import ROOMS_CHANNEL, NoticeWord, RoomNews, RoomWord
from meydan.chat.operations import Stored
from meydan.chat.people import People
from meydan.chat.presence import Difference, Presence
from meydan.chat.read_marks import ReadMarks
from meydan.chat.requests import Requests
from meydan.chat.settings import ChatSettings
from meydan.chat.watchman import Watchman
from meydan.platform.budgets import Budget
from meydan.platform.bus import Bus
from meydan.platform.caller_limit import CallerLimit
from meydan.platform.clock import Clock
from meydan.platform.errors import RateLimited, Unavailable
from meydan.platform.live_settings import LiveSettings
from meydan.platform.network import NetworkSettings

log = structlog.get_logger(__name__)

_CHECK_HEADS = 2
_RENEW_NAMES = 30
_WATCH_SHARED, _WATCH = 10, 30
_REFUSALS = 200
_WHY = {
    RoomNews.ARCHIVED: wire.Out.ARCHIVED,
    RoomNews.EXPELLED: wire.Out.EXPELLED,
    RoomNews.LEFT: wire.Out.LEFT,
}


@dataclass
class HubStats:
    """Running totals of one node."""

    frames_in: int = 0
    refused: int = 0
    slow_closed: int = 0
    connections_total: int = 0


class Hub:
    """Connects people with rooms on one node."""

    name = "hub"
    vital = True

    def __init__(
        self,
        *,
        messages: MessageService,
        message_log: MessageLog,
        presence: Presence,
        entrance: Entrance,
        watchman: Watchman,
        bus: Bus,
        clock: Clock,
        live: LiveSettings,
        caller_limit: CallerLimit,
        node: str,
    ) -> None:
        self.stats = HubStats()
        self.fan_out = FanOutStats()
        self.presence = presence
        self.connections: dict[Connection, None] = {}
        self.settings = live.current(ChatSettings)
        live.on_change(self._settings_changed)
        self._messages = messages
        self._log = message_log
        self._entrance = entrance
        self.people = People(
            entrance=entrance,
            bus=bus,
            node=node,
            spawn=self.spawn,
            most=lambda: live.current(NetworkSettings).sockets_per_person,
            limits=self._limits,
            begin=self.resume,
        )
        self.channels = Channels(
            messages,
            bus=bus,
            node=node,
            stats=self.fan_out,
            window=lambda: self.settings.window_ms / 1000,
            put_out=lambda connection, channel: self._requests.put_out(connection, channel, why=wire.Out.REPLACED),
            look_again=self._look_again,
        )
        self.marks = ReadMarks(messages, self.people, say=self.say, shown_to_all=self._shows_marks)
        self._watchman = watchman
        self._bus = bus
        self._clock = clock
        self._node = node
        self._requests = Requests(self, messages, message_log, presence, clock, caller_limit=caller_limit)
        self._with_private: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._chores: set[str] = set()
        self.heads_checked_every = _CHECK_HEADS  # turns
        self._heads_stale = False
        self._stop = asyncio.Event()
        self.draining = False
        message_log.on_stored = self._stored

    # -- connections -----------------------------------------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        """Take in a new connection and find out who it is."""
        self.connections[connection] = None
        self.stats.connections_total += 1
        if self.draining:
            connection.close(CLOSE_RESTARTING, "restarting")
            return
        self.spawn(self.people.admit(connection))

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection; a second call does nothing."""
        if self.connections.pop(connection, self) is self:
            return
        for channel in tuple(connection.rooms.values()):
            self.leave(connection, channel)
        connection.waiting = None
        self.people.forget(connection)
        if connection.holds_id and connection.actor is not None and not self.draining:
            self.spawn(self._entrance.release(connection.actor))

    def received(self, connection: Connection, data: memoryview) -> None:
        """Carry out one frame, after those of the same connection that are still under way."""
        self.stats.frames_in += 1
        if connection.closing or not self.affords(connection, data):
            return
        try:
            request = wire.decode(data)
        except wire.Refused as refused:
            self.stats.refused += 1
            connection.refuse(refused.error, refused.ref)
            return
        except wire.NotText:
            self.stats.refused += 1
            connection.close(CLOSE_INVALID_TEXT, "not UTF-8")
            return
        if connection.busy:
            if not connection.queue(request, len(data)):
                self._overrun(connection, RateLimited(wait=1.0), request.ref)
            return
        self._requests.begin(connection, request)

    def affords(self, connection: Connection, frame: memoryview | None = None) -> bool:
        """Take one frame from a connection's budget; one that has none left is told, and closed if it goes on."""
        budget = connection.budget
        if budget is None:
            budget = connection.budget = Budget(rate=self.settings.frames_per_second, burst=self.settings.frame_burst)
        if wait := budget.take(self._clock.monotonic()):
            self._overrun(connection, RateLimited(wait=wait), None if frame is None else wire.ref_of(frame))
            return False
        if connection.refusals:
            connection.refusals -= 1
        return True

    def resume(self, connection: Connection) -> None:
        """Go on with what a connection asked for while it was busy."""
        connection.busy = False
        while connection.waiting and not connection.busy and not connection.closing:
            self._requests.begin(connection, connection.next_waiting())

    def too_slow(self, connection: Connection) -> None:
        """Close a connection whose peer does not read; nobody waits for it."""
        self.stats.slow_closed += 1
        connection.close(CLOSE_TOO_SLOW, "reading too slowly")

    def has_private(self, connection: Connection) -> None:
        """Remember that frames for this connection alone wait; they leave at the end of this turn of the loop."""
        if not self._with_private:
            asyncio.get_running_loop().call_soon(self._flush_private)
        self._with_private.append(connection)

    def buffer_bound(self) -> int:
        """Return how many bytes may wait for one connection."""
        return self.settings.send_buffer_bytes

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for a connection or room in the background, and keep it from being collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- rooms -----------------------------------------------------------------------------------------------------

    def leave(self, connection: Connection, channel: RoomChannel, *, at_once: bool = False) -> None:
        """Take a connection out of a room; the person is gone for the others after the grace, or `at_once`."""
        del connection.rooms[channel.slug]
        channel.remove(connection)
        actor = connection.actor
        if actor is not None and self.presence.leave(channel.slug, actor.id, at_once=at_once):
            channel.read.pop(actor.id, None)

    def say(self, channel: RoomChannel, framed: bytes) -> None:
        """Send a frame that is in no log to everyone in a room, on every node."""
        channel.tell(framed)
        if self._bus.shared:
            self.spawn(self.channels.publish(channel.slug, Hint(self._node, framed=framed)))

    def _stored(self, stored: Sequence[Stored]) -> None:
        """Deliver what a batch changed; when that fails the rooms here are read from the database."""
        try:
            self._deliver(stored)
        except Exception:
            self._look_again()
            raise

    def _deliver(self, stored: Sequence[Stored]) -> None:
        """Tell of a batch: the rooms here, the other nodes, the notified."""
        by_room: defaultdict[str, list[Event]] = defaultdict(list)
        for outcome in stored:
            if outcome.event is not None:
                by_room[outcome.event.room].append(outcome.event)
            for user_id, notice_id in outcome.gone:
                self.people.tell(NoticeWord(user_id, node=self._node, gone=[notice_id]))
            for user_id, notice in outcome.notices:
                self.people.tell(NoticeWord(user_id, notice, self._node))
        for slug, events in by_room.items():
            channel = self.channels.get(slug)
            if channel is not None:
                channel.offer(events)
                channel.flush()
            if self._bus.shared:
                self.spawn(self.channels.publish(slug, hint_of(self._node, events)))
        if any(outcome.event is None for outcome in stored):  # perhaps stored by a commit whose answer was lost
            self._look_again()

    # -- running ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen to the other nodes."""
        await self.presence.start()
        await self._messages.start()
        await self._bus.subscribe(ROOMS_CHANNEL, self._room_news, resync=lambda: self._aside(self._watch))
        await self.people.start()

    async def run(self) -> None:
        """Once a second: tell differences, store read markers, ping, let go of empty rooms."""
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                self._tick(turn)
            except Exception:
                log.exception("hub.tick_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)
        await self._do(self.marks.store)

    async def drain(self) -> None:
        """Take no more connections and ask those here to come back elsewhere."""
        self.draining = True
        self._each(lambda connection: connection.close(CLOSE_RESTARTING, "restarting"))
        self._stop.set()
        for channel in self.channels:
            await channel.close()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=1.0)

    def _tick(self, turn: int) -> None:
        for difference in self.presence.tick():
            self._tell_presence(difference)
        self._ping(turn)
        self._aside(self.marks.store)
        self._aside(self.channels.close_empty)
        if turn % _RENEW_NAMES == 0:
            self._aside(self._entrance.renew)
        if self._bus.shared:
            self._aside(self.presence.report)
        if turn % self.heads_checked_every == 0:
            self._aside(self._check_heads)
        if turn % (_WATCH_SHARED if self._bus.shared else _WATCH) == 0:
            self._aside(self._watch)

    def _aside(self, chore: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do what may have to wait for a server, unless it waits since an earlier turn; nothing waits for it."""
        name = chore.__name__
        if name not in self._chores:
            self._chores.add(name)
            self.spawn(self._do(chore))

    async def _do(self, chore: Callable[[], Coroutine[Any, Any, None]]) -> None:
        name = chore.__name__
        try:
            await chore()
        except Unavailable:
            log.warning("hub.chore_put_off", chore=name)
        except Exception:
            log.exception("hub.chore_failed", chore=name)
        finally:
            self._chores.discard(name)

    def _tell_presence(self, news: Difference) -> None:
        channel = self.channels.get(news.room)
        if channel is None or not channel.members:
            return
        count = self.presence.count(news.room)
        if count <= self.settings.individual_presence_limit:
            for framed in wire.departures(news.room, news.went, guests=news.guests, at=self._messages.now()):
                channel.tell(framed)
        guests = {user_id: news.guests[user_id] for user_id in news.came if user_id in news.guests}
        channel.tell(wire.presence(room=news.room, came=news.came, went=news.went, guests=guests, count=count))

    def _ping(self, turn: int) -> None:
        """Ping this second's share of the connections, so that each is pinged once an interval."""
        every = max(1, round(self.settings.ping_seconds))
        self._each(lambda connection: connection.ping() if connection.lot % every == turn % every else None)

    def _each(self, what: Callable[[Connection], None]) -> None:
        for connection in tuple(self.connections):
            try:
                what(connection)
            except Exception:  # noqa: BLE001  # it is logged there
                connection.broken()

    def _look_again(self) -> None:
        """Check the heads, once more if that is under way: what it has read may be older than what is asked for."""
        self._heads_stale = True
        self._aside(self._check_heads)

    async def _check_heads(self) -> None:
        """Look whether a room here has moved on without us: the bus may lose a hint, or a delivery fail."""
        self._heads_stale = True
        while self._heads_stale:
            self._heads_stale = False
            channels = {channel.room_id: channel for channel in self.channels if channel.members}
            if channels:
                for room_id, head in (await self._messages.heads(list(channels))).items():
                    channels[room_id].catch_up(head)

    async def _watch(self) -> None:
        """Look whether those who are here still may be: the bus may lose that word too, and sign-ins run out."""
        here = [(each, each.actor, tuple(each.rooms.values())) for each in self.connections if each.actor is not None]
        asked = {channel for _, _, channels in here for channel in channels}
        standing = await self._watchman.look([actor for _, actor, _ in here], asked)
        for connection, actor, channels in here:
            if standing.is_gone(actor):
                connection.close(CLOSE_NOT_ALLOWED, "account closed")
            elif standing.is_changed(actor):
                connection.close(CLOSE_RESTARTING, "account or sign-in changed")
            for channel in channels:
                if connection.rooms.get(channel.slug) is channel and standing.is_shut_out(actor, channel):
                    archived = channel.room_id not in standing.rooms
                    self._requests.put_out(
                        connection, channel, why=wire.Out.ARCHIVED if archived else wire.Out.EXPELLED
                    )

    def _flush_private(self) -> None:
        connections, self._with_private = self._with_private, []
        for connection in connections:
            if connection.private:
                connection.write_with_private()

    def _overrun(self, connection: Connection, error: RateLimited, ref: str | None = None) -> None:
        self.stats.refused += 1
        connection.refusals += 1
        if connection.refusals > _REFUSALS:
            connection.close(CLOSE_POLICY, error.code)
        else:
            connection.refuse(error, ref)

    def _room_news(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=RoomWord)
        if word.news is RoomNews.CHANGED:
            return
        concerned = self.connections if word.news is RoomNews.ARCHIVED else self.people.of(word.user_id or "")
        for connection in tuple(concerned):
            if connection.entering == word.room:
                connection.entering = None
            if (channel := connection.rooms.get(word.room)) is not None:
                self._requests.put_out(connection, channel, why=_WHY[word.news])

    def _settings_changed(self, value: object) -> None:
        if isinstance(value, AccountsSettings) and not self._entrance.guests_welcome:
            self.people.put_guests_out(self.connections)
        if isinstance(value, ChatSettings):
            before, self.settings = self._limits(), value
            now = self._limits()
            for connection in tuple(self.connections):
                connection.budget = None
                connection.bound_buffer(value.send_buffer_bytes)
                if now != before and connection.actor is not None:
                    connection.send(wire.changed_limits(now))

    def _shows_marks(self, channel: RoomChannel) -> bool:
        return self.presence.count(channel.slug) <= self.settings.read_marker_limit

    def _limits(self) -> dict[str, int]:
        """Return what a client should know of the settings."""
        return wire.limits(max_length=self.settings.max_length, undo_seconds=self.settings.undo_seconds)


def new_node_name() -> str:
    """Return a name for this process among the nodes."""
    return secrets.token_hex(6)

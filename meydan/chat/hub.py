"""The hub of one node: its connections, the people behind them, and the rooms that are live here.

What a frame asks for is carried out in `requests`; who somebody is is found out in `entrance`. This file knows who is
connected and moves bytes; it has no rule of its own about rooms or messages.
"""

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from meydan.accounts.actor import Actor
from meydan.chat import wire
from meydan.chat.budgets import Budget
from meydan.chat.channel import FanOutStats, RoomChannel
from meydan.chat.connection import (
    CLOSE_INVALID_TEXT,
    CLOSE_NOT_ALLOWED,
    CLOSE_POLICY,
    CLOSE_REPLACED,
    CLOSE_RESTARTING,
    CLOSE_TOO_SLOW,
    Connection,
)
from meydan.chat.entrance import Entrance
from meydan.chat.events import Event, MessageView, UpdateView
from meydan.chat.log import MessageLog
from meydan.chat.messages import MessageService
from meydan.chat.models import Room, RoomKind
from meydan.chat.operations import Stored
from meydan.chat.presence import Presence
from meydan.chat.requests import Requests
from meydan.chat.service import NOTICES_CHANNEL, ROOMS_CHANNEL, NoticeWord, RoomNews, RoomWord
from meydan.chat.settings import ChatSettings
from meydan.platform.bus import Bus, Subscription
from meydan.platform.clock import Clock
from meydan.platform.errors import MeydanError, RateLimited, Unavailable
from meydan.platform.live_settings import LiveSettings

log = structlog.get_logger(__name__)

_EMPTY_SECONDS = 30.0
_CHECK_HEADS = 2.0
_REFUSALS = 200
_EVENTS = "chat.room."
_PEOPLE = "chat.people"


class _Hint(msgspec.Struct):
    """What a node tells the others of a room: events of its log, or a frame that is in no log."""

    node: str
    messages: list[MessageView] = []
    updates: list[UpdateView] = []
    framed: bytes = b""


class _Entered(msgspec.Struct):
    """Somebody has entered here: the guests elsewhere whose place it takes end."""

    node: str
    user_id: str
    session: str | None


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

    def __init__(
        self,
        *,
        messages: MessageService,
        message_log: MessageLog,
        presence: Presence,
        entrance: Entrance,
        bus: Bus,
        clock: Clock,
        live: LiveSettings,
        node: str,
    ) -> None:
        self.stats = HubStats()
        self.fan_out = FanOutStats()
        self.presence = presence
        self.connections: dict[Connection, None] = {}
        self.people: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self._at_door: set[Connection] = set()
        self.channels: dict[str, RoomChannel] = {}
        self.settings = live.current(ChatSettings)
        live.on_change(self._settings_changed)
        self._messages = messages
        self._log = message_log
        self._entrance = entrance
        self._bus = bus
        self._clock = clock
        self._node = node
        self._requests = Requests(self, messages, message_log, presence, clock)
        self._opening: dict[str, asyncio.Future[RoomChannel]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._with_private: list[Connection] = []
        self._marks: dict[tuple[int, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
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
        self._at_door.add(connection)
        self.spawn(self._admit(connection))

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection; a second call does nothing."""
        if self.connections.pop(connection, self) is self:
            return
        actor = connection.actor
        for channel in connection.rooms.values():
            channel.remove(connection)
            if actor is not None:
                self.presence.leave(channel.slug, actor.id)
        connection.rooms.clear()
        connection.waiting = None
        if actor is not None:
            del self.people[actor.id][connection]
            if not self.people[actor.id]:
                del self.people[actor.id]
        if connection.claim is not None and not self.draining:
            self.spawn(self._entrance.release(connection.claim, connection.actor))

    def received(self, connection: Connection, data: memoryview) -> None:
        """Carry out one frame, after those of the same connection that are still under way."""
        self.stats.frames_in += 1
        if connection.closing:
            return
        budget = connection.budget
        if budget is None:
            budget = connection.budget = Budget(rate=self.settings.frames_per_second, burst=self.settings.frame_burst)
        if wait := budget.take(self._clock.monotonic()):
            self._overrun(connection, RateLimited(wait=wait))
            return
        connection.refusals = 0
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
            if not connection.queue(request):
                self._overrun(connection, RateLimited(wait=1.0), request.ref)
            return
        self._requests.begin(connection, request)

    def resume(self, connection: Connection) -> None:
        """Go on with what a connection asked for while it was busy."""
        connection.busy = False
        while connection.waiting and not connection.busy and not connection.closing:
            self._requests.begin(connection, connection.waiting.popleft())

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

    # -- people ----------------------------------------------------------------------------------------------------

    async def _admit(self, connection: Connection) -> None:
        try:
            actor = await self._entrance.identify(connection)
        except MeydanError as error:
            connection.refuse(error)
            connection.close(self._entrance.close_code(error), error.code)
            return
        except Exception:
            log.exception("hub.admission_failed")
            connection.close(CLOSE_RESTARTING, "try again")
            return
        finally:
            self._at_door.remove(connection)
        if connection.closing:
            if connection.claim is not None:
                await self._entrance.release(connection.claim, actor)
            return
        self._take_place(actor)
        connection.actor = actor
        self.people[actor.id][connection] = None
        connection.send(self._entrance.greeting(actor))
        self.resume(connection)

    def _take_place(self, actor: Actor) -> None:
        """End the same guest's older connections, or the guests who came by this user's name before it was theirs."""
        session = actor.session if actor.is_guest else None
        self._end_guests(actor.id, session)
        if self._bus.shared:
            word = msgspec.json.encode(_Entered(self._node, actor.id, session))
            self.spawn(self._bus.publish(_PEOPLE, word))

    def _end_guests(self, user_id: str, session: str | None) -> None:
        for connection in tuple(self.people.get(user_id, ())):
            if connection.actor is None or not connection.actor.is_guest:
                continue
            if session is None:
                connection.close(CLOSE_NOT_ALLOWED, "the name is a user's now")
            elif connection.actor.session == session:
                connection.claim = None  # it passes to the newer connection
                connection.close(CLOSE_REPLACED, "replaced by a newer connection")

    def close_user(self, user_id: str, *, active: bool) -> None:
        """End a user's connections: for good when deactivated, else so that they return with what they are now."""
        for connection in self._of(user_id):
            if active:
                connection.close(CLOSE_RESTARTING, "account changed")
            else:
                connection.close(CLOSE_NOT_ALLOWED, "account closed")

    def close_session(self, user_id: str, session: str) -> None:
        """End the connections that were opened with a sign-in or key which is over."""
        for connection in self._of(user_id):
            if connection.actor is None or connection.actor.session == session:
                connection.close(CLOSE_RESTARTING, "sign-in ended")

    def _of(self, user_id: str) -> list[Connection]:
        """Return a user's connections, those at the door too: what was found out of them may be out of date."""
        return [
            *self.people.get(user_id, ()),
            *(connection for connection in self._at_door if connection.path_id == user_id),
        ]

    def send_to_user(self, user_id: str, framed: bytes) -> None:
        """Send a frame to all connections of a user on this node, and to no guest of that name."""
        for connection in self.people.get(user_id, ()):
            if connection.actor is not None and not connection.actor.is_guest:
                connection.send(framed)

    def mark_read(self, connection: Connection, channel: RoomChannel, sira: int) -> None:
        """Keep a read marker until the next tick stores it, and tell those who should see it."""
        actor = connection.actor
        if actor is None or actor.is_guest or sira > channel.head:
            return
        key = (channel.room_id, actor.id)
        if sira <= self._marks.get(key, -1):
            return
        self._marks[key] = sira
        framed = wire.read_marker(room=channel.slug, user_id=actor.id, sira=sira)
        if self.presence.count(channel.slug) <= self.settings.read_marker_limit:
            self.say(channel, framed)
        else:
            self.send_to_user(actor.id, framed)

    # -- rooms -----------------------------------------------------------------------------------------------------

    async def channel(self, room: Room) -> RoomChannel:
        """Return the room's live side on this node, opened on first use."""
        while (opening := self._opening.get(room.slug)) is not None:
            await asyncio.wait([opening])
        channel = self.channels.get(room.slug)
        if channel is not None and channel.epoch == room.epoch:
            return channel
        future: asyncio.Future[RoomChannel] = asyncio.get_running_loop().create_future()
        self._opening[room.slug] = future
        try:
            channel = await self._open(room)
        finally:
            del self._opening[room.slug]
            future.cancel()
        return channel

    def say(self, channel: RoomChannel, framed: bytes) -> None:
        """Send a frame that is in no log to everyone in a room, on every node."""
        channel.tell(framed)
        if self._bus.shared:
            self.spawn(self._bus.publish(_EVENTS + channel.slug, msgspec.json.encode(_Hint(self._node, framed=framed))))

    async def _open(self, room: Room) -> RoomChannel:
        channel = RoomChannel(
            room_id=room.id,
            slug=room.slug,
            public=room.kind == RoomKind.PUBLIC,
            epoch=room.epoch,
            head=room.head,
            stats=self.fan_out,
            window=lambda: self.settings.window_ms / 1000,
            read_events=lambda after, upto: self._missing(room.id, after, upto),
        )
        channel.empty_since = asyncio.get_running_loop().time()
        self.channels[room.slug] = channel
        if self._bus.shared and room.slug not in self._subscriptions:
            self._subscriptions[room.slug] = await self._bus.subscribe(
                _EVENTS + room.slug,
                lambda message: self._hinted(room.slug, message),
                resync=lambda: self.spawn(self._check_heads()),
            )
        heads = await self._messages.heads([room.id])  # something may have come before we listened
        channel.catch_up(heads.get(room.id, 0))
        return channel

    async def _missing(self, room_id: int, after: int, upto: int) -> list[Event]:
        try:
            return await self._messages.events(room_id, after, upto)
        except Unavailable:
            return []

    def _stored(self, stored: Sequence[Stored]) -> None:
        """Deliver what a batch changed: to the rooms here, to the other nodes, to the notified."""
        by_room: defaultdict[str, list[Event]] = defaultdict(list)
        for outcome in stored:
            if outcome.event is not None:
                by_room[outcome.event.room].append(outcome.event)
            for user_id, notice in outcome.notices:
                self.send_to_user(user_id, wire.notice(notice))
                if self._bus.shared:
                    word = NoticeWord(user_id, notice, self._node)
                    self.spawn(self._bus.publish(NOTICES_CHANNEL, msgspec.json.encode(word)))
        for slug, events in by_room.items():
            channel = self.channels.get(slug)
            if channel is not None:
                channel.offer(events)
                channel.flush()
            if self._bus.shared:
                hint = msgspec.json.encode(_hint(self._node, events))
                self.spawn(self._bus.publish(_EVENTS + slug, hint))
        if any(outcome.event is None for outcome in stored):  # perhaps stored by a commit whose answer was lost
            self.spawn(self._check_heads())

    def _hinted(self, slug: str, message: bytes) -> None:
        hint = _hints.decode(message)
        channel = self.channels.get(slug)
        if channel is None or hint.node == self._node:
            return
        if hint.framed:
            channel.tell(hint.framed)
        channel.offer((*hint.messages, *hint.updates))

    # -- running ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen to the other nodes."""
        await self.presence.start()
        await self._bus.subscribe(ROOMS_CHANNEL, self._room_news)
        await self._bus.subscribe(NOTICES_CHANNEL, self._noticed)
        if self._bus.shared:
            await self._bus.subscribe(_PEOPLE, self._entered)

    async def run(self) -> None:
        """Once a second: tell differences, store read markers, ping, let go of empty rooms."""
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                await self._tick(turn)
            except Unavailable:
                log.warning("hub.database_away")
            except Exception:
                log.exception("hub.tick_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)
        await self._store_marks()

    async def drain(self) -> None:
        """Take no more connections and ask those here to come back elsewhere."""
        self.draining = True
        for connection in tuple(self.connections):
            connection.close(CLOSE_RESTARTING, "restarting")
        self._stop.set()
        for channel in self.channels.values():
            await channel.close()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=1.0)

    async def _tick(self, turn: int) -> None:
        for difference in await self.presence.tick():
            self._tell_presence(difference.room, difference.came, difference.went)
        await self._store_marks()
        self._ping(turn)
        await self._entrance.renew(turn)
        if self._bus.shared and turn % int(_CHECK_HEADS) == 0:
            await self._check_heads()
        await self._close_empty()

    def _tell_presence(self, slug: str, came: list[str], went: list[str]) -> None:
        channel = self.channels.get(slug)
        if channel is None or not channel.members:
            return
        count = self.presence.count(slug)
        if count <= self.settings.individual_presence_limit:
            now = self._messages.now()
            for user_id in went:
                channel.tell(wire.moved("ayrilma", room=slug, user_id=user_id, at=now))
        channel.tell(wire.presence(room=slug, came=came, went=went, count=count))

    def _ping(self, turn: int) -> None:
        """Ping this second's share of the connections, so that each is pinged once an interval."""
        every = max(1, round(self.settings.ping_seconds))
        for connection in tuple(self.connections):
            if connection.lot % every == turn % every:
                connection.ping()

    async def _store_marks(self) -> None:
        if self._marks:
            marks, self._marks = self._marks, {}
            try:
                await self._messages.mark_read(marks)
            except Unavailable:
                self._marks = {**marks, **self._marks}
                raise

    async def _check_heads(self) -> None:
        """Look whether a room here has moved on without us: the bus may lose a hint."""
        channels = {channel.room_id: channel for channel in self.channels.values() if channel.members}
        if not channels:
            return
        try:
            heads = await self._messages.heads(list(channels))
        except Unavailable:
            return
        for room_id, head in heads.items():
            channels[room_id].catch_up(head)

    async def _close_empty(self) -> None:
        now = asyncio.get_running_loop().time()
        for slug, channel in tuple(self.channels.items()):
            if not channel.members and now - channel.empty_since > _EMPTY_SECONDS and slug not in self._opening:
                del self.channels[slug]
                await channel.close()
                if (subscription := self._subscriptions.pop(slug, None)) is not None:
                    await self._bus.unsubscribe(subscription)

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
        concerned = self.connections if word.news is RoomNews.ARCHIVED else self.people.get(word.user_id or "", {})
        for connection in tuple(concerned):
            if connection.entering == word.room:
                connection.entering = None
            if (channel := connection.rooms.get(word.room)) is not None:
                self._requests.put_out(connection, channel, ref=None)

    def _noticed(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=NoticeWord)
        if word.node != self._node:
            self.send_to_user(word.user_id, wire.notice(word.notice))

    def _entered(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=_Entered)
        if word.node != self._node:
            self._end_guests(word.user_id, word.session)
            if word.session is not None:
                self._entrance.hand_over(word.user_id, word.session)

    def _settings_changed(self, value: object) -> None:
        if isinstance(value, ChatSettings):
            self.settings = value
            for connection in self.connections:
                connection.budget = None


_hints = msgspec.json.Decoder(_Hint)


def _hint(node: str, events: list[Event]) -> _Hint:
    hint = _Hint(node)
    for event in events:
        if isinstance(event, MessageView):
            hint.messages.append(event)
        else:
            hint.updates.append(event)
    return hint


def new_node_name() -> str:
    """Return a name for this process among the nodes."""
    return secrets.token_hex(6)

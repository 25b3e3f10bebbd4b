"""The hub of one node: its connections, the people behind them, and the rooms that are live here.

What a frame asks for is carried out in `requests`; who somebody is is found out in `entrance`. This file knows who is
connected and moves bytes; it has no rule of its own about rooms or messages.
"""

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import structlog

from meydan.accounts.actor import Actor
from meydan.accounts.errors import GuestsClosed
from meydan.accounts.settings import AccountsSettings
from meydan.chat import wire
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
from meydan.chat.errors import TooManySockets
from meydan.chat.events import Event
from meydan.chat.hints import Entered, Hint, hint_of, hints
from meydan.chat.log import MessageLog
from meydan.chat.messages import MessageService
from meydan.chat.models import Room, RoomKind
from meydan.chat.news import NOTICES_CHANNEL, ROOMS_CHANNEL, NoticeWord, RoomNews, RoomWord
from meydan.chat.operations import Stored
from meydan.chat.presence import Difference, Presence
from meydan.chat.requests import Requests
from meydan.chat.settings import ChatSettings
from meydan.chat.watchman import Watchman
from meydan.platform.budgets import Budget
from meydan.platform.bus import Bus, Subscription
from meydan.platform.clock import Clock
from meydan.platform.errors import MeydanError, RateLimited, Unavailable
from meydan.platform.live_settings import LiveSettings
from meydan.platform.network import NetworkSettings
from meydan.platform.texts import text

log = structlog.get_logger(__name__)

_EMPTY_SECONDS = 30.0
_CHECK_HEADS = 2
_RENEW_NAMES = 30
_WATCH_SHARED, _WATCH = 10, 30
_REFUSALS = 200
_EVENTS = "chat.room."
_PEOPLE = "chat.people"
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
        self._live = live
        self._messages = messages
        self._log = message_log
        self._entrance = entrance
        self._watchman = watchman
        self._bus = bus
        self._clock = clock
        self._node = node
        self._requests = Requests(self, messages, message_log, presence, clock)
        self._opening: dict[str, asyncio.Future[RoomChannel]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._with_private: list[Connection] = []
        self._marks: dict[tuple[int, str], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._chores: set[str] = set()
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
        self._at_door.add(connection)
        self.spawn(self._admit(connection))

    def disconnected(self, connection: Connection) -> None:
        """Forget a connection; a second call does nothing."""
        if self.connections.pop(connection, self) is self:
            return
        actor = connection.actor
        for channel in tuple(connection.rooms.values()):
            self.leave(connection, channel)
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
        if len(self.people.get(actor.id, ())) >= (most := self._live.current(NetworkSettings).sockets_per_person):
            connection.refuse(TooManySockets(most))
            connection.close(CLOSE_POLICY, TooManySockets.code)
            return
        self._take_place(actor)
        connection.actor = actor
        self.people[actor.id][connection] = None
        connection.send(self._entrance.greeting(actor, connection.language, limits=self._limits()))
        self.resume(connection)

    def _take_place(self, actor: Actor) -> None:
        """End the same guest's older connections, or the guests who came by this user's name before it was theirs."""
        session = actor.session if actor.is_guest else None
        self._end_guests(actor.id, session)
        if self._bus.shared:
            word = msgspec.json.encode(Entered(self._node, actor.id, session))
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
        if sira <= channel.read.get(actor.id, -1):
            return
        channel.read[actor.id] = self._marks[channel.room_id, actor.id] = sira
        framed = wire.read_marker(room=channel.slug, user_id=actor.id, sira=sira)
        if self.presence.count(channel.slug) <= self.settings.read_marker_limit:
            self.say(channel, framed)
        else:
            self.send_to_user(actor.id, framed)

    def read_place(self, channel: RoomChannel, actor: Actor, stored: int) -> int:
        """Return how far somebody who enters has read: what is stored, or what is still waiting for it."""
        if actor.is_guest:
            return stored
        waiting = self._marks.get((channel.room_id, actor.id), 0)
        channel.read[actor.id] = max(stored, waiting, channel.read.get(actor.id, 0))
        return channel.read[actor.id]

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
            self.spawn(self._bus.publish(_EVENTS + channel.slug, msgspec.json.encode(Hint(self._node, framed=framed))))

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
        older, self.channels[room.slug] = self.channels.get(room.slug), channel
        if older is not None:  # another log by the same name: who was in the room has to come in anew
            await older.close()
            for connection in tuple(older.members):
                self._requests.put_out(connection, older, why=wire.Out.REPLACED)
        try:
            if self._bus.shared and room.slug not in self._subscriptions:
                self._subscriptions[room.slug] = await self._bus.subscribe(
                    _EVENTS + room.slug, lambda message: self._hinted(room.slug, message), resync=self._look_again
                )
            heads = await self._messages.heads([room.id])  # something may have come before we listened
        except BaseException:
            del self.channels[room.slug]
            raise
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
                self._tell_notices(NoticeWord(user_id, notice, self._node))
        for slug, events in by_room.items():
            channel = self.channels.get(slug)
            if channel is not None:
                channel.offer(events)
                channel.flush()
            if self._bus.shared:
                hint = msgspec.json.encode(hint_of(self._node, events))
                self.spawn(self._bus.publish(_EVENTS + slug, hint))
        if any(outcome.event is None for outcome in stored):  # perhaps stored by a commit whose answer was lost
            self._look_again()

    def _hinted(self, slug: str, message: bytes) -> None:
        hint = hints.decode(message)
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
        await self._messages.start()
        await self._bus.subscribe(ROOMS_CHANNEL, self._room_news, resync=lambda: self._aside(self._watch))
        await self._bus.subscribe(NOTICES_CHANNEL, self._noticed)
        if self._bus.shared:
            await self._bus.subscribe(_PEOPLE, self._entered)

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
        await self._do(self._store_marks)

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

    def _tick(self, turn: int) -> None:
        for difference in self.presence.tick():
            self._tell_presence(difference)
        self._ping(turn)
        self._aside(self._store_marks)
        self._aside(self._close_empty)
        if turn % _RENEW_NAMES == 0:
            self._aside(self._entrance.renew)
        if self._bus.shared:
            self._aside(self.presence.report)
            if turn % _CHECK_HEADS == 0:
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
            now = self._messages.now()
            for user_id in news.went:
                name = news.guests.get(user_id, user_id)
                channel.tell(
                    wire.moved(
                        "ayrilma",
                        room=news.room,
                        user_id=user_id,
                        name=name,
                        guest=user_id in news.guests,
                        text=text("tr", "chat.went", name=name),
                        at=now,
                    )
                )
        guests = {user_id: news.guests[user_id] for user_id in news.came if user_id in news.guests}
        channel.tell(wire.presence(room=news.room, came=news.came, went=news.went, guests=guests, count=count))

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
                read = await self._messages.mark_read(marks)
            except Unavailable:
                self._marks = {**marks, **self._marks}
                raise
            for user_id, ids in read.items():
                self._tell_notices(NoticeWord(user_id, node=self._node, read=ids))

    def _look_again(self) -> None:
        """Check the heads, once more if that is under way: what it has read may be older than what is asked for."""
        self._heads_stale = True
        self._aside(self._check_heads)

    async def _check_heads(self) -> None:
        """Look whether a room here has moved on without us: the bus may lose a hint."""
        self._heads_stale = True
        while self._heads_stale:
            self._heads_stale = False
            channels = {channel.room_id: channel for channel in self.channels.values() if channel.members}
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
                self._requests.put_out(connection, channel, why=_WHY[word.news])

    def _noticed(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=NoticeWord)
        if word.node != self._node:
            self._show_notices(word)

    def _tell_notices(self, word: NoticeWord) -> None:
        """Tell a user's connections, here and elsewhere."""
        self._show_notices(word)
        if self._bus.shared:
            self.spawn(self._bus.publish(NOTICES_CHANNEL, msgspec.json.encode(word)))

    def _show_notices(self, word: NoticeWord) -> None:
        if word.notice is not None:
            self.send_to_user(word.user_id, wire.notice(word.notice))
        if word.read:
            self.send_to_user(word.user_id, wire.notices_read(word.read))

    def _entered(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=Entered)
        if word.node != self._node:
            self._end_guests(word.user_id, word.session)
            if word.session is not None:
                self._entrance.hand_over(word.user_id, word.session)

    def rename(self, user_id: str, name: str) -> None:
        """Show a user under another name in what they say from now on."""
        for connection in self.people.get(user_id, ()):
            if connection.actor is not None and not connection.actor.is_guest:
                connection.actor = replace(connection.actor, name=name)

    def end_guest(self, user_id: str) -> None:
        """End the guests who came under an id that is a user's from now on."""
        self._end_guests(user_id, None)

    def _settings_changed(self, value: object) -> None:
        if isinstance(value, AccountsSettings) and not self._entrance.guests_welcome:
            for connection in tuple(self.connections):
                if connection.actor is not None and connection.actor.is_guest:
                    connection.refuse(GuestsClosed())
                    connection.close(CLOSE_NOT_ALLOWED, "guests are not let in any more")
        if isinstance(value, ChatSettings):
            before, self.settings = self._limits(), value
            now = self._limits()
            for connection in tuple(self.connections):
                connection.budget = None
                connection.bound_buffer(value.send_buffer_bytes)
                if now != before and connection.actor is not None:
                    connection.send(wire.changed_limits(now))

    def _limits(self) -> dict[str, int]:
        """Return what a client should know of the settings."""
        return wire.limits(max_length=self.settings.max_length, undo_seconds=self.settings.undo_seconds)


def new_node_name() -> str:
    """Return a name for this process among the nodes."""
    return secrets.token_hex(6)

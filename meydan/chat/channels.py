"""The rooms that are live on one node: opened on first use, closed when nobody has been there for a while."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from meydan.chat.channel import FanOutStats, RoomChannel
from meydan.chat.connection import Connection
from meydan.chat.events import Event
from meydan.chat.hints import Hint, hints
from meydan.chat.messages import MessageService
from meydan.chat.models import Room, RoomKind
from meydan.platform.bus import Bus, Subscription
from meydan.platform.errors import Unavailable

_CHANNEL: Final = "chat.room."
_EMPTY_SECONDS: Final = 30.0


class Channels:
    """Rooms by name; each hears what other nodes say in it."""

    def __init__(
        self,
        messages: MessageService,
        *,
        bus: Bus,
        node: str,
        stats: FanOutStats,
        window: Callable[[], float],
        put_out: Callable[[Connection, RoomChannel], None],
        look_again: Callable[[], None],
    ) -> None:
        self.live: dict[str, RoomChannel] = {}
        self._opening: dict[str, asyncio.Future[RoomChannel]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._messages = messages
        self._bus = bus
        self._node = node
        self._stats = stats
        self._window = window
        self._put_out = put_out
        self._resync = look_again

    def __iter__(self) -> Iterator[RoomChannel]:
        return iter(tuple(self.live.values()))

    def __len__(self) -> int:
        return len(self.live)

    def get(self, slug: str) -> RoomChannel | None:
        """Return a room that is live here."""
        return self.live.get(slug)

    async def publish(self, slug: str, hint: Hint) -> None:
        """Tell the other nodes what was said in a room."""
        await self._bus.publish(_CHANNEL + slug, msgspec.json.encode(hint))

    async def open(self, room: Room) -> RoomChannel:
        """Return the room's live side on this node, opened on first use."""
        while (opening := self._opening.get(room.slug)) is not None:
            await asyncio.wait([opening])
        channel = self.live.get(room.slug)
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

    async def _open(self, room: Room) -> RoomChannel:
        channel = RoomChannel(
            room_id=room.id,
            slug=room.slug,
            public=room.kind == RoomKind.PUBLIC,
            epoch=room.epoch,
            head=room.head,
            stats=self._stats,
            window=self._window,
            read_events=lambda after, upto: self._missing(room.id, after, upto),
        )
        channel.empty_since = asyncio.get_running_loop().time()
        older, self.live[room.slug] = self.live.get(room.slug), channel
        if older is not None:  # another log by the same name: who was in the room has to come in anew
            await older.close()
            for connection in tuple(older.members):
                self._put_out(connection, older)
        try:
            if self._bus.shared and room.slug not in self._subscriptions:
                self._subscriptions[room.slug] = await self._bus.subscribe(
                    _CHANNEL + room.slug, lambda message: self._hinted(room.slug, message), resync=self._resync
                )
            heads = await self._messages.heads([room.id])  # something may have come before we listened
        except BaseException:
            del self.live[room.slug]
            raise
        channel.catch_up(heads.get(room.id, 0))
        return channel

    async def _missing(self, room_id: int, after: int, upto: int) -> list[Event]:
        try:
            return await self._messages.events(room_id, after, upto)
        except Unavailable:
            return []

    def _hinted(self, slug: str, message: bytes) -> None:
        hint = hints.decode(message)
        channel = self.live.get(slug)
        if channel is None or hint.node == self._node:
            return
        if hint.framed:
            channel.tell(hint.framed)
        channel.offer((*hint.messages, *hint.updates))

    async def close_empty(self) -> None:
        """Let go of rooms in which nobody has been for half a minute."""
        now = asyncio.get_running_loop().time()
        for slug, channel in tuple(self.live.items()):
            if not channel.members and now - channel.empty_since > _EMPTY_SECONDS and slug not in self._opening:
                del self.live[slug]
                await channel.close()
                if (subscription := self._subscriptions.pop(slug, None)) is not None:
                    await self._bus.unsubscribe(subscription)

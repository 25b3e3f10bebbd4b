"""How far each reads in each room: kept for a moment, told at once, stored together."""

from collections.abc import Callable

from meydan.accounts.actor import Actor
from meydan.chat import wire
from meydan.chat.channel import RoomChannel
from meydan.chat.connection import Connection
from meydan.chat.messages import MessageService
from meydan.chat.people import People
from meydan.platform.errors import Unavailable


class ReadMarks:
    """Read markers of one node; `shown_to_all` tells whether the others in a room see them."""

    def __init__(
        self,
        messages: MessageService,
        people: People,
        *,
        say: Callable[[RoomChannel, bytes], None],
        shown_to_all: Callable[[RoomChannel], bool],
    ) -> None:
        self._messages = messages
        self._people = people
        self._say = say
        self._shown_to_all = shown_to_all
        self._marks: dict[tuple[int, str], int] = {}

    def move(self, connection: Connection, channel: RoomChannel, sira: int) -> None:
        """Keep a read marker until the next tick stores it, and tell those who should see it."""
        actor = connection.actor
        if actor is None or actor.is_guest or sira > channel.head:
            return
        if sira <= channel.read.get(actor.id, -1):
            return
        channel.read[actor.id] = self._marks[channel.room_id, actor.id] = sira
        framed = wire.read_marker(room=channel.slug, user_id=actor.id, sira=sira)
        if self._shown_to_all(channel):
            self._say(channel, framed)
        else:
            self._people.send_to_user(actor.id, framed)

    def place(self, channel: RoomChannel, actor: Actor, stored: int) -> int:
        """Return how far somebody who enters has read: what is stored, or what is still waiting for it."""
        if actor.is_guest:
            return stored
        waiting = self._marks.get((channel.room_id, actor.id), 0)
        channel.read[actor.id] = max(stored, waiting, channel.read.get(actor.id, 0))
        return channel.read[actor.id]

    async def store(self) -> None:
        """Store what was read since the last time, and tell whose notices were read with it."""
        if self._marks:
            marks, self._marks = self._marks, {}
            try:
                read = await self._messages.mark_read(marks)
            except Unavailable:
                self._marks = {**marks, **self._marks}
                raise
            for user_id, ids in read.items():
                self._people.tell_read(user_id, ids)

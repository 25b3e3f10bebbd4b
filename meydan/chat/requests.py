"""What each frame of a client does.

The quick ones are done at once; those that wait keep the connection busy, so that what it asks next comes after.
"""

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import structlog

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.chat import wire
from meydan.chat.channel import RoomChannel
from meydan.chat.commit import Outcome
from meydan.chat.connection import Connection
from meydan.chat.errors import NotInRoom
from meydan.chat.log import MessageLog
from meydan.chat.messages import MessageService
from meydan.chat.operations import Operation
from meydan.chat.presence import Presence
from meydan.platform.caller_limit import CallerLimit
from meydan.platform.clock import Clock
from meydan.platform.errors import InvalidInput, MeydanError
from meydan.platform.texts import text

if TYPE_CHECKING:
    from meydan.chat.hub import Hub

log = structlog.get_logger(__name__)

_PRESENT_SHOWN = 200
_ANSWER_SHARE = 0.5
_TYPING_PAUSE = 2.0


class Requests:
    """Carries out clients' requests against the rooms of a hub."""

    def __init__(
        self,
        hub: "Hub",
        messages: MessageService,
        message_log: MessageLog,
        presence: Presence,
        clock: Clock,
        *,
        caller_limit: CallerLimit,
    ) -> None:
        self._hub = hub
        self._messages = messages
        self._log = message_log
        self._presence = presence
        self._clock = clock
        self._caller_limit = caller_limit

    def begin(self, connection: Connection, request: wire.Request) -> None:
        """Carry out `request`, or start on it; its error is told with its `ref`."""
        actor = connection.actor
        assert actor is not None  # noqa: S101  # a connection is busy until it is known who it is
        try:
            match request:
                case wire.Send():
                    self._send(connection, actor, request)
                case wire.Typing():
                    self._typing(connection, actor, request)
                case wire.Read():
                    actor.require(Permission.ROOMS_WRITE)
                    self._hub.marks.move(connection, self._joined(connection, request.room), request.sira)
                case wire.Edit() | wire.Delete() | wire.Restore() | wire.React():
                    self._change(connection, actor, request)
                case wire.Leave():
                    self.put_out(connection, self._joined(connection, request.room), ref=request.ref)
                case wire.Join() | wire.History():
                    connection.busy = True
                    self._hub.spawn(self._wait(connection, actor, request))
        except MeydanError as error:
            connection.refuse(error, request.ref)

    def put_out(
        self, connection: Connection, channel: RoomChannel, *, ref: str | None = None, why: wire.Out | None = None
    ) -> None:
        """Take a connection out of a room and tell it so, with the reason when it did not ask for it."""
        self._hub.leave(connection, channel, at_once=True)
        connection.send(wire.left(ref=ref, room=channel.slug, why=why))

    def _joined(self, connection: Connection, name: str) -> RoomChannel:
        channel = connection.rooms.get(name)
        if channel is None:
            raise NotInRoom(name)
        return channel

    def _send(self, connection: Connection, actor: Actor, request: wire.Send) -> None:
        channel = self._joined(connection, request.room)
        if request.attachments:
            raise InvalidInput(field="ekler", reason="not_yet")
        self._messages.spend(actor)  # before the text is looked at, which costs something
        operation = self._messages.compose(
            actor,
            channel.room_id,
            request.content,
            kind=request.kind,
            client_id=request.client_id,
            reply_to=request.reply_to,
        )
        self._submit(connection, channel, operation, request)

    def _change(
        self, connection: Connection, actor: Actor, request: wire.Edit | wire.Delete | wire.Restore | wire.React
    ) -> None:
        channel = self._joined(connection, request.room)
        self._messages.spend(actor)
        operation: Operation
        match request:
            case wire.Edit():
                operation = self._messages.edit(actor, channel.room_id, request.message_id, request.content)
            case wire.Delete():
                operation = self._messages.erase(actor, channel.room_id, request.message_id, public=channel.public)
            case wire.Restore():
                operation = self._messages.restore(actor, channel.room_id, request.message_id)
            case wire.React():
                operation = self._messages.react(
                    actor, channel.room_id, request.message_id, request.emoji, remove=request.remove
                )
        self._submit(connection, channel, operation, request)

    def _submit(
        self,
        connection: Connection,
        channel: RoomChannel,
        operation: Operation,
        request: wire.Send | wire.Edit | wire.Delete | wire.Restore | wire.React,
    ) -> None:
        client_id = request.client_id if isinstance(request, wire.Send) else None
        self._log.submit(operation, partial(self._answer, connection, channel, request.ref, client_id))

    def _answer(
        self, connection: Connection, channel: RoomChannel, ref: str | None, client_id: str | None, outcome: Outcome
    ) -> None:
        if isinstance(outcome, MeydanError):
            connection.refuse(outcome, ref)
            return
        connection.send(
            wire.ack(
                ref=ref,
                client_id=client_id,
                message_id=outcome.message_id,
                sira=outcome.sira,
                recipients=self._presence.count(channel.slug),
            )
        )

    def _typing(self, connection: Connection, actor: Actor, request: wire.Typing) -> None:
        actor.require(Permission.ROOMS_WRITE)
        channel = self._joined(connection, request.room)
        now = self._clock.monotonic()
        if now - connection.typing_at < _TYPING_PAUSE:
            return
        connection.typing_at = now
        if self._presence.count(channel.slug) <= self._hub.settings.typing_limit:
            self._hub.say(channel, wire.typing(room=channel.slug, user_id=actor.id))

    async def _wait(self, connection: Connection, actor: Actor, request: wire.Join | wire.History) -> None:
        try:
            async with self._caller_limit.work(connection.origin.line):
                if connection.closing:
                    pass
                elif isinstance(request, wire.Join):
                    await self._join(connection, actor, request)
                else:
                    await self._history(connection, actor, request)
        except MeydanError as error:
            connection.refuse(error, request.ref)
        except Exception:
            log.exception("requests.failed", request=type(request).__name__)
            connection.refuse(MeydanError(), request.ref)
        finally:
            self._hub.resume(connection)

    async def _history(self, connection: Connection, actor: Actor, request: wire.History) -> None:
        room, messages, more = await self._messages.history(
            actor, request.room, limit=request.limit, before=request.before
        )
        encoded = [msgspec.Raw(wire.encode(message)) for message in messages]
        fitting = self._newest_that_fit(connection, encoded)
        connection.send(
            wire.history(
                ref=request.ref,
                room=room.slug,
                epoch=room.epoch,
                messages=fitting,
                more=more or len(fitting) < len(encoded),
            )
        )

    def _newest_that_fit(self, connection: Connection, items: list[msgspec.Raw]) -> list[msgspec.Raw]:
        """Return the end of `items` that leaves the outgoing buffer room to spare; one at least.

        An answer that fills the buffer would close the connection that asked for it.
        """
        room = (self._hub.buffer_bound() - connection.buffered()) * _ANSWER_SHARE
        start = len(items)
        while start and (room := room - memoryview(items[start - 1]).nbytes) > 0:
            start -= 1
        return items[min(start, max(0, len(items) - 1)) :]

    async def _join(self, connection: Connection, actor: Actor, request: wire.Join) -> None:
        while True:
            connection.entering = request.room
            room, read_sira = await self._messages.enter(actor, request.room)
            channel = await self._hub.channels.open(room)
            if request.after is not None and request.epoch == channel.epoch:  # another node may have told it more
                await channel.reach(min(request.after, room.head))
            missed = await self._missed(connection, channel, request)
            # Again when it was put out on its way or the channel was let go of: what was read is out of date.
            if connection.entering == room.slug and self._hub.channels.get(room.slug) is channel:
                break
        if connection.closing:
            return
        if channel.slug not in connection.rooms:
            connection.rooms[channel.slug] = channel
            small = self._presence.count(channel.slug) < self._hub.settings.individual_presence_limit
            if self._presence.enter(channel.slug, actor.id, label=actor.name if actor.is_guest else None) and small:
                moved = wire.moved(
                    "katilim",
                    room=channel.slug,
                    user_id=actor.id,
                    name=actor.name,
                    guest=actor.is_guest,
                    text=text("tr", "chat.came", name=actor.name),
                    at=self._messages.now(),
                )
                self._hub.say(channel, moved)
        present = self._presence.people(channel.slug, limit=_PRESENT_SHOWN)
        connection.send(
            wire.joined(
                ref=request.ref,
                room=channel.slug,
                head=channel.head,
                epoch=channel.epoch,
                recovered=missed is not None,
                missed=missed or [],
                present=present,
                guests=self._presence.labels(present),
                count=self._presence.count(channel.slug),
                read_sira=self._hub.marks.place(channel, actor, read_sira),
                text=text(connection.language, "chat.entered", room=room.title),
                at=self._messages.now(),
            )
        )
        connection.write_with_private()  # before anything the room says from here on
        if not connection.closing:  # it may have been one byte too many for a slow reader
            channel.add(connection)

    async def _missed(
        self, connection: Connection, channel: RoomChannel, request: wire.Join
    ) -> list[msgspec.Raw] | None:
        """Return all that came after the client's last event up to the head, or nothing when it cannot be all.

        When it returns, the channel is settled, its head has not moved since it was looked at, and the caller may add
        the connection without waiting.
        """
        wanted = request.after is not None and request.epoch == channel.epoch and request.after <= channel.head
        found: list[msgspec.Raw] = []
        after = request.after or 0
        while wanted:
            recent = channel.recent(after)
            if recent is not None and not channel.writing:
                found += recent
                break
            if recent is None:
                upto = channel.head
                events = await self._messages.missed(channel.room_id, after, upto)
                if events is None:
                    wanted = False
                    break
                found += [msgspec.Raw(wire.encode(event)) for event in events]
                after = upto
            await channel.settled()
        while channel.writing:
            await channel.settled()
        fits = len(self._newest_that_fit(connection, found)) == len(found)
        return found if wanted and fits else None

"""What a fake client knows of people and chats, what it reads there, and what it writes.

As with Telegram a number is known only to a session that was told of its peer: by a name that it looked up, in the list
of dialogs, with a message. Contacts are known to an account's every session, and to a bot everybody is.
"""

import contextlib
import copy
import functools
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from telethon import errors, functions, types, utils
from telethon._updates import EntityCache
from telethon.extensions import markdown
from telethon.sessions.abstract import Session

from meydan.telegram.client.fake_world import FakeAccount, FakeGroup, FakeWorld

_LONGEST: Final = 4096
_FURTHEST: Final = timedelta(days=365)
_AT_ONCE: Final = timedelta(seconds=10)
"""What is scheduled for a moment this near, or in the past, is sent at once."""


class FakeDialog(NamedTuple):
    """One row of the list of dialogs."""

    message: types.Message
    input_entity: Any


class FakeChats:
    """The part of a client that has to do with chats; names are those of `telethon.TelegramClient`."""

    parse_mode = markdown

    def __init__(self, world: FakeWorld, session: Session) -> None:
        self.world = world
        self.session = session
        self._mb_entity_cache = EntityCache()  # messages of Telethon look there
        self._handlers: list[tuple[Callable[[Any], Awaitable[None]], Any]] = []

    @property
    def _self_id(self) -> int | None:
        me = self._me()
        return me.id if me else None

    async def get_input_entity(self, peer: Any) -> Any:
        """Return how Telegram wants the peer to be named."""
        if peer in ("me", "self"):
            return types.InputPeerSelf()
        with contextlib.suppress(TypeError):
            return utils.get_input_peer(peer)
        return utils.get_input_peer(await self.get_entity(peer))

    async def get_entity(self, entity: Any) -> Any:
        """Return the user or group."""
        self._need_connection()
        await self.world.failing("resolve")
        if entity in ("me", "self") or isinstance(entity, types.InputPeerSelf):
            return self._signed_in().user()
        number = entity if isinstance(entity, int) else None
        name = utils.parse_username(entity)[0] if isinstance(entity, str) else None
        with contextlib.suppress(TypeError):
            number = utils.get_peer_id(entity)
        for place in self.world.places():
            numbers = {place.id, place.chat_id}
            if (number in numbers and self._knows(entity, place)) or (name and name == (place.username or "").lower()):
                return self._learn(place)
        if name:
            raise ValueError(f'No user has "{name}" as username')
        raise ValueError(f"Could not find the input entity for {entity}")

    async def get_dialogs(
        self,
        limit: int,
        *,
        offset_date: datetime | None = None,
        offset_id: int = 0,
        offset_peer: Any = None,
        ignore_pinned: bool = False,  # nothing is pinned here
    ) -> list[FakeDialog]:
        """Return dialogs, newest first, from behind the one of `offset_peer` on."""
        self._need_connection()
        await self.world.failing("dialogs")
        if self._signed_in().token:
            raise errors.BotMethodInvalidError(None)
        newest = {one.peer_id.user_id: one for one in self._signed_in().box.values() if self._is_private(one)}
        rows = []
        for place in self.world.places():
            if message := self._newest_in(place) if isinstance(place, FakeGroup) else newest.get(place.id):
                rows.append((message, place))
            elif isinstance(place, FakeGroup):  # that everybody is in: the line of their coming
                rows.append((types.Message(0, place.peer, self.world.began, ""), place))
        rows.sort(key=lambda row: (row[0].date, row[0].id), reverse=True)
        if offset_peer is not None:
            places = [place.chat_id for _, place in rows]
            rows = rows[places.index(utils.get_peer_id(offset_peer)) + 1 :]
        return [
            FakeDialog(self._told(message), utils.get_input_peer(self._learn(place))) for message, place in rows[:limit]
        ]

    async def get_messages(
        self, entity: Any, limit: int | None = None, *, offset_id: int = 0, search: str | None = None, ids: Any = None
    ) -> Any:
        """Return messages, newest first, or those with `ids`; bots get no others."""
        self._need_connection()
        peer = None if entity is None else await self.get_input_entity(entity)
        await self.world.failing("history", None if peer is None else self._number(peer))
        if ids is None and self._signed_in().token:
            raise errors.BotMethodInvalidError(None)
        found = list(self._signed_in().box.values()) if peer is None else self._messages(self._place(peer))
        if ids is not None:
            by_number = {message.id: self._told(message) for message in found}
            if isinstance(ids, list):
                return [by_number.get(number) for number in ids]
            number = by_number[ids.id].reply_to_msg_id if isinstance(ids, types.InputMessageReplyTo) else ids
            return by_number.get(number)
        wanted = [one for one in reversed(found) if (search or "").casefold() in (one.message or "").casefold()]
        page = [one for one in wanted if not offset_id or one.id < offset_id][: 1 if limit is None else limit]
        return [self._told(message) for message in page]

    async def send_message(
        self,
        entity: Any,
        message: str,
        *,
        reply_to: Any = None,
        parse_mode: Any = (),
        link_preview: bool = True,
        silent: bool | None = None,
        schedule: Any = None,
    ) -> types.Message:
        """Send and return what was sent, as messages do when they are replied to."""
        mode = self.parse_mode if parse_mode == () else utils.sanitize_parse_mode(parse_mode)
        text, entities = mode.parse(message) if mode else (message, [])
        request = functions.messages.SendMessageRequest(
            await self.get_input_entity(entity),
            text,
            entities=entities or None,
            no_webpage=not link_preview,
            silent=silent,
            reply_to=types.InputReplyToMessage(utils.get_message_id(reply_to)) if reply_to else None,
            schedule_date=self.world.clock.now() + schedule if isinstance(schedule, timedelta) else schedule,
        )
        self._need_connection()
        await self._send(request)
        return self._told(self.world.random_ids[request.random_id])

    def add_event_handler(self, callback: Callable[[Any], Awaitable[None]], event: Any = None) -> None:
        """Call `callback` with every event of this kind."""
        self._handlers.append((callback, event))

    async def _hand_over(self, update: Any) -> None:
        """Call the handlers with an update that came, its message bound to this client."""
        update = copy.copy(update)
        update.message = self._told(update.message)
        for callback, builder in self._handlers:
            event = builder.build(update)
            if event is None:
                continue
            if isinstance(event, types.UpdateNewMessage | types.UpdateNewChannelMessage):
                await callback(event)
                continue
            event._entities = self._entities(update.message)  # noqa: SLF001  # as Telethon does
            event._set_client(self)  # noqa: SLF001
            await callback(event)

    async def _send(self, request: Any) -> Any:
        self.world.requests.append(request)
        me, place = self._signed_in(), self._place(request.peer)
        carry_out = functools.partial(self._carry_out, request, me, place)
        await self.world.failing("send", self._number(request.peer), done=carry_out)
        return carry_out()

    def _carry_out(self, request: Any, me: FakeAccount, place: FakeGroup | FakeAccount) -> Any:
        world, now = self.world, self.world.clock.now()
        if request.random_id in world.random_ids:
            raise errors.RandomIdDuplicateError(None)
        if not request.message.strip():
            raise errors.MessageEmptyError(None)
        if len(request.message.encode("utf-16-le")) // 2 > _LONGEST:
            raise errors.MessageTooLongError(None)
        header = request.reply_to and types.MessageReplyHeader(reply_to_msg_id=request.reply_to.reply_to_msg_id)
        said = functools.partial(
            world.say, me, place, request.message, entities=request.entities, silent=request.silent, reply_to=header
        )
        if request.schedule_date is not None:
            if me.token:
                raise errors.ScheduleBotNotAllowedError(None)
            if request.schedule_date > now + _FURTHEST:
                raise errors.ScheduleDateTooLateError(None)
            if request.schedule_date > now + _AT_ONCE:
                waiting = world.keep_back(me, place, request, said)
                told = [types.UpdateMessageID(waiting.id, request.random_id), types.UpdateNewScheduledMessage(waiting)]
                return types.Updates(told, [], [], now, 0)
        message = said()
        world.random_ids[request.random_id] = message
        world.sent.append(message)
        if isinstance(place, FakeAccount):
            return types.UpdateShortSentMessage(message.id, 0, 0, message.date, out=True)
        told = [types.UpdateMessageID(message.id, request.random_id), types.UpdateNewChannelMessage(message, 0, 0)]
        return types.Updates(told, [], [], message.date, 0)

    # -- what is known ------------------------------------------------------------------------------------------------

    def _knows(self, entity: Any, place: FakeGroup | FakeAccount) -> bool:
        """Tell whether this session can name who was meant by a number."""
        me = self._me()
        if not isinstance(entity, int | types.PeerUser | types.PeerChannel):  # it brings the secret along
            return True
        if me is None or me.token or place.id in me.contacts or place is me:
            return True
        with contextlib.suppress(ValueError):
            return bool(self.session.get_input_entity(entity))
        return False

    def _learn(self, place: FakeGroup | FakeAccount) -> Any:
        shown = place.channel(self.world.clock) if isinstance(place, FakeGroup) else place.user()
        self._mb_entity_cache.extend(*([], [shown]) if isinstance(place, FakeGroup) else ([shown], []))
        self.session.process_entities([shown])
        return shown

    def _entities(self, message: Any) -> dict[int, Any]:
        """Return who comes along with a message: its chat and its author; from now on they are known."""
        numbers = {utils.get_peer_id(peer) for peer in (message.peer_id, message.from_id) if peer is not None}
        return {one.chat_id: self._learn(one) for one in self.world.places() if one.chat_id in numbers}

    def _told(self, message: Any) -> Any:
        """Return this client's own copy of a message, which can answer and say from whom it is."""
        me, told = self._me(), copy.copy(message)
        told.out = bool(told.out) or (me is not None and told.from_id == me.peer)
        told._finish_init(self, self._entities(message), None)  # noqa: SLF001  # as Telethon does
        return told

    def _number(self, peer: Any) -> int:
        number: int = self._signed_in().id if isinstance(peer, types.InputPeerSelf) else utils.get_peer_id(peer)
        return number

    def _place(self, peer: Any) -> FakeGroup | FakeAccount:
        number = self._number(peer)
        for place in self.world.places():
            if place.chat_id == number:
                return place
        raise errors.PeerIdInvalidError(None)

    def _messages(self, place: FakeGroup | FakeAccount) -> list[Any]:
        me = self._signed_in()
        if isinstance(place, FakeGroup):
            return list(place.box.values())
        return [one for one in me.box.values() if one.peer_id == types.PeerUser(place.id)]

    def _is_private(self, message: Any) -> bool:
        return isinstance(message, types.Message) and isinstance(message.peer_id, types.PeerUser)

    def _newest_in(self, group: FakeGroup) -> types.Message | None:
        return next((one for one in reversed(group.box.values()) if isinstance(one, types.Message)), None)

    def _me(self) -> FakeAccount | None:
        return self.world.signed_in.get(self.session.auth_key.key) if self.session.auth_key else None

    def _signed_in(self) -> FakeAccount:
        me = self._me()
        if me is None:
            raise errors.AuthKeyUnregisteredError(None)
        return me

    @abstractmethod
    def _need_connection(self) -> None:
        """Raise unless it is connected: the client that takes part in these chats knows."""

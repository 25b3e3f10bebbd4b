"""The people of one node: who each connection is, and what concerns all connections of one person."""

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Final

import msgspec
import structlog

from meydan.accounts.actor import Actor
from meydan.accounts.errors import GuestsClosed
from meydan.chat import wire
from meydan.chat.connection import CLOSE_NOT_ALLOWED, CLOSE_POLICY, CLOSE_REPLACED, CLOSE_RESTARTING, Connection
from meydan.chat.entrance import Entrance
from meydan.chat.errors import TooManySockets
from meydan.chat.hints import Entered
from meydan.chat.news import NOTICES_CHANNEL, NoticeWord
from meydan.platform.bus import Bus
from meydan.platform.errors import MeydanError

log = structlog.get_logger(__name__)

_CHANNEL: Final = "chat.people"
_IN_A_FRAME: Final = 1_000  # ids of notifications, which may be all of a year


class People:
    """Knows connections by who they are; `most` is how many of them one person may have."""

    def __init__(
        self,
        *,
        entrance: Entrance,
        bus: Bus,
        node: str,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        most: Callable[[], int],
        limits: Callable[[], dict[str, int]],
        begin: Callable[[Connection], None],
    ) -> None:
        self.by_id: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self._at_door: set[Connection] = set()
        self._entrance = entrance
        self._bus = bus
        self._node = node
        self._spawn = spawn
        self._most = most
        self._limits = limits
        self._begin = begin

    async def start(self) -> None:
        """Listen to what other nodes tell of people."""
        await self._bus.subscribe(NOTICES_CHANNEL, self._noticed)
        if self._bus.shared:
            await self._bus.subscribe(_CHANNEL, self._entered)

    def of(self, user_id: str) -> tuple[Connection, ...]:
        """Return the connections of one person."""
        return tuple(self.by_id.get(user_id, ()))

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is over."""
        if (actor := connection.actor) is not None:
            del self.by_id[actor.id][connection]
            if not self.by_id[actor.id]:
                del self.by_id[actor.id]

    def put_guests_out(self, connections: Iterable[Connection]) -> None:
        """End every guest's connection: guests are not let in any more."""
        for connection in tuple(connections):
            if connection.actor is not None and connection.actor.is_guest:
                connection.refuse(GuestsClosed())
                connection.close(CLOSE_NOT_ALLOWED, "guests are not let in any more")

    async def admit(self, connection: Connection) -> None:
        """Find out who a new connection is, and take them in."""
        self._at_door.add(connection)
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
            self._at_door.discard(connection)
        if connection.closing:
            if connection.holds_id:
                await self._entrance.release(actor)
            return
        if len(self.by_id.get(actor.id, ())) >= (most := self._most()):
            connection.refuse(TooManySockets(most))
            connection.close(CLOSE_POLICY, TooManySockets.code)
            return
        self._take_place(actor)
        connection.actor = actor
        self.by_id[actor.id][connection] = None
        connection.send(self._entrance.greeting(actor, connection.language, limits=self._limits()))
        self._begin(connection)

    def _take_place(self, actor: Actor) -> None:
        """End the same guest's older connections, or the guests who came by this user's name before it was theirs."""
        session = actor.session if actor.is_guest else None
        self._end_guests(actor.id, session)
        if self._bus.shared:
            word = msgspec.json.encode(Entered(self._node, actor.id, session))
            self._spawn(self._bus.publish(_CHANNEL, word))

    def _end_guests(self, user_id: str, session: str | None) -> None:
        for connection in tuple(self.by_id.get(user_id, ())):
            if connection.actor is None or not connection.actor.is_guest:
                continue
            if session is None:
                connection.close(CLOSE_NOT_ALLOWED, "the name is a user's now")
            elif connection.actor.session == session:
                connection.holds_id = False  # it passes to the newer connection
                connection.close(CLOSE_REPLACED, "replaced by a newer connection")

    def close_user(self, user_id: str, *, active: bool) -> None:
        """End a user's connections: for good when deactivated, else so that they return with what they are now."""
        for connection in self._all_of(user_id):
            if active:
                connection.close(CLOSE_RESTARTING, "account changed")
            else:
                connection.close(CLOSE_NOT_ALLOWED, "account closed")

    def close_session(self, user_id: str, session: str) -> None:
        """End the connections that were opened with a sign-in or key which is over."""
        for connection in self._all_of(user_id):
            if connection.actor is None or connection.actor.session == session:
                connection.close(CLOSE_RESTARTING, "sign-in ended")

    def _all_of(self, user_id: str) -> list[Connection]:
        """Return a user's connections, those at the door too: what was found out of them may be out of date."""
        return [
            *self.by_id.get(user_id, ()),
            *(connection for connection in self._at_door if connection.path_id == user_id),
        ]

    def send_to_user(self, user_id: str, framed: bytes) -> None:
        """Send a frame to all connections of a user on this node, and to no guest of that name."""
        for connection in self.by_id.get(user_id, ()):
            if connection.actor is not None and not connection.actor.is_guest:
                connection.send(framed)

    def _noticed(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=NoticeWord)
        if word.node != self._node:
            self._show_notices(word)

    def tell(self, word: NoticeWord) -> None:
        """Tell a user's connections, here and elsewhere."""
        self._show_notices(word)
        if self._bus.shared:
            self._spawn(self._bus.publish(NOTICES_CHANNEL, msgspec.json.encode(word)))

    def tell_read(self, user_id: str, ids: list[str]) -> None:
        """Tell a user's connections which of their notices were read."""
        self.tell(NoticeWord(user_id, node=self._node, read=ids))

    def _show_notices(self, word: NoticeWord) -> None:
        if word.gone:
            self.send_to_user(word.user_id, wire.notices_gone(word.gone))
        if word.notice is not None:
            self.send_to_user(word.user_id, wire.notice(word.notice))
        for first in range(0, len(word.read), _IN_A_FRAME):
            self.send_to_user(word.user_id, wire.notices_read(word.read[first : first + _IN_A_FRAME]))

    def _entered(self, message: bytes) -> None:
        word = msgspec.json.decode(message, type=Entered)
        if word.node != self._node:
            self._end_guests(word.user_id, word.session)
            if word.session is not None:
                self._entrance.hand_over(word.user_id, word.session)

    def rename(self, user_id: str, name: str) -> None:
        """Show a user under another name in what they say from now on."""
        for connection in self._all_of(user_id):
            if connection.actor is None:
                connection.close(CLOSE_RESTARTING, "account changed")  # at the door: the old name may be on its way
            elif not connection.actor.is_guest:
                connection.actor = replace(connection.actor, name=name)

    def end_guest(self, user_id: str) -> None:
        """End the guests who came under an id that is a user's from now on."""
        self._end_guests(user_id, None)

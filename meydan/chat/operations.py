"""What a room's log is asked to take in, already validated; the log decides the order and answers with `Stored`."""

from datetime import datetime

from msgspec import Struct

from meydan.chat.events import Event, NoticeView
from meydan.chat.models import RoomRole


class Append(Struct, frozen=True, gc=False):
    """A new message. The same (`room_id`, `sender_id`, `client_id`) is stored once; see `ownership`."""

    room_id: int
    at: datetime
    message_id: str
    sender_id: str
    sender_name: str
    guest: bool
    kind: str
    content: str
    folded: str
    mentions: tuple[str, ...] = ()
    reply_to: str | None = None
    client_id: str | None = None
    simulated: bool = False


class EditText(Struct, frozen=True, gc=False):
    """A new text for one's own message."""

    room_id: int
    at: datetime
    message_id: str
    actor_id: str
    content: str
    folded: str
    mentions: tuple[str, ...] = ()


class Erase(Struct, frozen=True, gc=False):
    """A message deleted, by its sender or, with `moderates`, by whoever keeps order.

    Until `until` whoever deleted it may bring it back; without, the text is gone at once.
    """

    room_id: int
    at: datetime
    message_id: str
    actor_id: str
    moderates: bool = False
    until: datetime | None = None
    address: str = ""
    agent: str = ""


class Restore(Struct, frozen=True, gc=False):
    """A deleted message brought back by whoever deleted it."""

    room_id: int
    at: datetime
    message_id: str
    actor_id: str
    address: str = ""
    agent: str = ""


class PutReaction(Struct, frozen=True, gc=False):
    """An emoji put on a message or taken off; `actor_id` is the actor's key, see `ownership`."""

    room_id: int
    at: datetime
    message_id: str
    actor_id: str
    emoji: str
    remove: bool = False


Operation = Append | EditText | Erase | Restore | PutReaction

KEEPERS = frozenset({RoomRole.OWNER, RoomRole.MODERATOR})


class Stored(Struct, frozen=True, gc=False):
    """An operation that is committed. `event` is empty when it changed nothing or had been stored before.

    `notices` are the notifications that it gives, by user, and `gone` those that it takes back.
    """

    message_id: str
    sira: int
    event: Event | None = None
    notices: tuple[tuple[str, NoticeView], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()

"""What the nodes tell each other of rooms and notices, beside what is said."""

from enum import StrEnum
from typing import Final

import msgspec

from meydan.chat.events import NoticeView

ROOMS_CHANNEL: Final = "chat.rooms"
NOTICES_CHANNEL: Final = "chat.notices"


class RoomNews(StrEnum):
    """What the hubs must hear of a room."""

    CHANGED = "changed"
    ARCHIVED = "archived"
    EXPELLED = "expelled"
    LEFT = "left"


class RoomWord(msgspec.Struct, frozen=True):
    """One piece of news on `ROOMS_CHANNEL`; `user_id` names who was expelled or left."""

    room: str
    news: RoomNews
    user_id: str | None = None


class NoticeWord(msgspec.Struct, frozen=True):
    """A notification for one user, or those they have `read`, on `NOTICES_CHANNEL`.

    The node it names has told its own connections.
    """

    user_id: str
    notice: NoticeView | None = None
    node: str | None = None
    read: list[str] = []

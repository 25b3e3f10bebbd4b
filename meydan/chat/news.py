"""What the nodes tell each other of rooms and notices, beside what is said."""

from enum import StrEnum
from typing import Final

import msgspec

from meydan.chat.events import NoticeView
from meydan.platform.bus import Bus

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
    """A notification for one user, those they have `read`, or those that are `gone`, on `NOTICES_CHANNEL`.

    The node it names has told its own connections.
    """

    user_id: str
    notice: NoticeView | None = None
    node: str | None = None
    read: list[str] = []
    gone: list[str] = []


async def tell_room(bus: Bus, word: RoomWord) -> None:
    """Tell every hub a piece of news of a room."""
    await bus.publish(ROOMS_CHANNEL, msgspec.json.encode(word))


async def tell_notices(bus: Bus, word: NoticeWord) -> None:
    """Tell every hub what has become of a user's notifications."""
    await bus.publish(NOTICES_CHANNEL, msgspec.json.encode(word))

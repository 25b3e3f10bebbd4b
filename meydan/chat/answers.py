"""HTTP's answers that come by the hundred: msgspec structs, whose bytes are the answer."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import astuple

from meydan.chat.events import MessageView
from meydan.chat.models import RoomKind, RoomRole
from meydan.chat.views import RoomView


class MessageOut(MessageView, frozen=True, omit_defaults=False):
    """A message as everyone in its room sees it; a deleted one keeps its place, loses its text, says who deleted it."""

    @classmethod
    def of(cls, message: MessageView) -> "MessageOut":
        """Return the same message."""
        return cls(*astuple(message))


class HistoryOut(
    Struct, frozen=True, rename={"room": "oda_id", "epoch": "donem", "messages": "mesajlar", "more": "devami"}
):
    """Messages of a room, oldest first; `devami` tells whether there are older ones."""

    room: str
    epoch: str
    messages: tuple[MessageOut, ...]
    more: bool


class FoundOut(Struct, frozen=True, rename={"messages": "mesajlar", "more": "devami"}):
    """Messages that a search found, newest first; `devami` tells whether there are older ones."""

    messages: tuple[MessageOut, ...]
    more: bool


class RoomOut(
    Struct,
    frozen=True,
    rename={
        "room": "oda_id",
        "title": "baslik",
        "topic": "konu",
        "kind": "tur",
        "people_count": "katilimci_sayisi",
        "people": "katilimcilar",
        "last_activity": "son_aktivite",
        "head": "sira",
        "epoch": "donem",
        "member": "uye",
        "role": "rol",
        "unread": "okunmamis",
        "mention_count": "bahsetme",
        "read_sira": "okunan_sira",
    },
):
    """A room as the asker sees it."""

    room: str
    title: str
    topic: str
    kind: RoomKind
    people_count: int
    people: list[str]
    last_activity: Annotated[datetime, Meta(tz=True)] | None
    head: int
    epoch: str
    member: bool
    role: RoomRole | None
    unread: int
    mention_count: int
    read_sira: int

    @classmethod
    def of(cls, view: RoomView, people: list[str], people_count: int) -> "RoomOut":
        """Return a room with the first of the people who are there, and how many there are."""
        return cls(
            room=view.slug,
            title=view.title,
            topic=view.topic,
            kind=view.kind,
            people_count=people_count,
            people=people,
            last_activity=view.last_activity,
            head=view.head,
            epoch=view.epoch,
            member=view.role is not None,
            role=view.role,
            unread=view.unread,
            mention_count=view.mentions,
            read_sira=view.read_sira,
        )


class RoomsOut(Struct, frozen=True, rename={"rooms": "odalar", "next_cursor": "sonraki"}):
    """Rooms, the liveliest first; `sonraki` asks for those after them and is null when there are none."""

    rooms: list[RoomOut]
    next_cursor: str | None

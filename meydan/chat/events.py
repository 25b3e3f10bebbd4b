"""What a room's log holds, as closed immutable values; the same objects go over the bus between nodes.

Attributes are English; `rename` gives the wire's Turkish names, so that the mapping stands in one place.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from meydan.chat.models import UpdateKind

Moment = Annotated[datetime, Meta(tz=True)]


class ReactionCount(Struct, frozen=True, rename={"count": "sayi", "users": "kullanicilar"}):
    """How many people put one emoji on a message, and the first twenty of them."""

    emoji: str
    count: int
    users: tuple[str, ...]


class Quote(
    Struct,
    frozen=True,
    rename={"sender_id": "gonderen_id", "sender_name": "gonderen_ad", "guest": "misafir", "content": "icerik"},
):
    """The beginning of the message that another one answers; empty when it was deleted."""

    id: str
    sender_id: str
    sender_name: str
    guest: bool
    content: str


class MessageView(
    Struct,
    frozen=True,
    omit_defaults=True,
    rename={
        "room": "oda_id",
        "sender_id": "gonderen_id",
        "sender_name": "gonderen_ad",
        "guest": "misafir",
        "content": "icerik",
        "kind": "tip",
        "created_at": "zaman",
        "reply_to": "yanit",
        "quote": "yanit_ozet",
        "edited_at": "duzenlendi",
        "deleted": "silindi",
        "deleted_by": "silen",
        "reactions": "tepkiler",
        "mentions": "bahsedilenler",
        "client_id": "istemci_id",
    },
):
    """A message as everyone in its room sees it; a deleted one keeps its place, loses its text, says who deleted it."""

    id: str
    room: str
    sira: int
    sender_id: str
    sender_name: str
    content: str
    kind: str
    created_at: Moment
    guest: bool = False
    simulated: bool = False
    reply_to: str | None = None
    quote: Quote | None = None
    edited_at: Moment | None = None
    deleted: bool = False
    deleted_by: str | None = None
    reactions: tuple[ReactionCount, ...] = ()
    mentions: tuple[str, ...] = ()
    client_id: str | None = None


class UpdateView(
    Struct,
    frozen=True,
    tag_field="tip",
    tag="mesaj_guncelleme",
    omit_defaults=True,
    rename={
        "room": "oda_id",
        "message_id": "mesaj_id",
        "kind": "tur",
        "actor_id": "kullanici_id",
        "created_at": "zaman",
        "content": "icerik",
        "mentions": "bahsedilenler",
        "removed": "kaldirildi",
        "reactions": "tepkiler",
    },
):
    """What happened to a message, and what is so after it.

    An edit has `content` and `mentions`, a restored message `reactions` too, a reaction `emoji`, `removed` and all
    `reactions`; a deletion has nothing more.
    """

    room: str
    sira: int
    message_id: str
    kind: UpdateKind
    actor_id: str
    created_at: Moment
    content: str | None = None
    mentions: tuple[str, ...] | None = None
    emoji: str | None = None
    removed: bool | None = None
    reactions: tuple[ReactionCount, ...] | None = None


class NoticeView(
    Struct,
    frozen=True,
    rename={
        "kind": "tur",
        "room": "oda_id",
        "room_title": "oda_baslik",
        "message_id": "mesaj_id",
        "sender_id": "gonderen_id",
        "sender_name": "gonderen_ad",
        "summary": "ozet",
        "created_at": "zaman",
        "read": "okundu",
        "guest": "misafir",
    },
):
    """A notification as its user sees it."""

    id: str
    kind: str
    room: str
    room_title: str
    message_id: str | None
    sender_id: str
    sender_name: str
    summary: str
    created_at: Moment
    read: bool
    guest: bool = False


Event = MessageView | UpdateView

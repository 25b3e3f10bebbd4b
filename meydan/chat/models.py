"""Tables of the chat: rooms with their log, and what hangs on its messages."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from meydan.platform.db import Base
from meydan.platform.turkish import fold

INVITED, MENTIONED, ANSWERED = "davet", "bahsetme", "yanit"  # the kinds of notifications
_UNREAD = text("read_at IS NULL")
_Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers its rows only in an INTEGER key


class RoomKind(StrEnum):
    """Who may see a room: everyone, or its members."""

    PUBLIC = "genel"
    PRIVATE = "ozel"


class RoomRole(StrEnum):
    """A member's standing in one room."""

    OWNER = "sahip"
    MODERATOR = "moderator"
    MEMBER = "uye"


class UpdateKind(StrEnum):
    """What happened to a message after it was sent."""

    EDIT = "duzenleme"
    DELETE = "silme"
    REACTION = "tepki"
    RESTORE = "geri_getirme"


class Room(Base):
    """A room and the head of its log. `slug` is the wire's `oda_id`; whoever appends holds this row's lock."""

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(_Serial, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    topic: Mapped[str] = mapped_column(String(500), default="")
    folded: Mapped[str] = mapped_column(Text, default="")  # name, title and topic as search sees them: `about`
    kind: Mapped[RoomKind] = mapped_column(String(16), default=RoomKind.PUBLIC)
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    last_activity: Mapped[datetime | None]
    head: Mapped[int] = mapped_column(BigInteger, default=0)
    epoch: Mapped[str] = mapped_column(String(32))


def about(slug: str, title: str, topic: str) -> str:
    """Return the words under which people find a room."""
    return fold(f"{slug} {title} {topic}")


class Member(Base):
    """A user's place in a room, and how far they have read it."""

    __tablename__ = "room_members"

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    role: Mapped[RoomRole] = mapped_column(String(16), default=RoomRole.MEMBER)
    joined_at: Mapped[datetime]
    read_sira: Mapped[int] = mapped_column(BigInteger, default=0)


class Message(Base):
    """One message as it stands now; its place in the log never changes.

    `folded` holds the search words (see `platform.turkish.words`), `client_id` is as in `ownership`, `attachments` is
    kept for uploads.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("room_id", "sira"),
        UniqueConstraint("room_id", "sender_id", "client_id", name="uq_messages_client"),
    )

    pk: Mapped[int] = mapped_column(_Serial, primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    sira: Mapped[int] = mapped_column(BigInteger)
    sender_id: Mapped[str] = mapped_column(String(64))
    sender_name: Mapped[str] = mapped_column(String(64))
    guest: Mapped[bool] = mapped_column(Boolean, default=False)
    simulated: Mapped[bool] = mapped_column(Boolean, default=False)
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    attachments: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    reply_to: Mapped[str | None] = mapped_column(String(32))
    # SQLite looks at no length, and would copy the table to be told another.
    client_id: Mapped[str | None] = mapped_column(String(96).with_variant(String(64), "sqlite"))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None] = mapped_column(String(64))


class ErasedText(Base):
    """What a deleted message said, for the moment in which whoever deleted it may still bring it back."""

    __tablename__ = "erased_texts"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    mentions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class Update(Base):
    """An edit, a deletion, its undoing or a reaction: an event of the room's log with a `sira` of its own."""

    __tablename__ = "message_updates"

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    sira: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[UpdateKind] = mapped_column(String(16))
    actor_id: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class Reaction(Base):
    """One person's one emoji on one message; `user_id` is the actor's key."""

    __tablename__ = "reactions"

    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    emoji: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]


class Invitation(Base):
    """A way into a room: a link for whoever holds its code, or for one user. Only the code's hash is kept."""

    __tablename__ = "room_invitations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None]


class Expulsion(Base):
    """Somebody who was put out of a private room: no link lets them in, until they are invited by name."""

    __tablename__ = "room_expulsions"

    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class Notification(Base):
    """Something a user should see: a mention, a reply or an invitation."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_unread", "user_id", "room_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str | None] = mapped_column(String(32))
    sender_id: Mapped[str] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

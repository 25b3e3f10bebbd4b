"""Rooms, their members and the ways into them, as one actor sees them."""

from dataclasses import dataclass
from datetime import datetime

from meydan.chat.models import Invitation, Member, Room, RoomKind, RoomRole
from meydan.chat.repository import SeenRoom


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as one actor sees it; who is present is the hub's to say."""

    room_id: int
    slug: str
    title: str
    topic: str
    kind: RoomKind
    head: int
    epoch: str
    last_activity: datetime | None
    role: RoomRole | None
    unread: int = 0
    mentions: int = 0
    read_sira: int = 0


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of a room."""

    user_id: str
    name: str
    role: RoomRole
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation; `code` is there only in the answer to its making."""

    id: str
    room: str
    user_id: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    max_uses: int
    uses: int
    code: str | None = None


def seen_view(room: SeenRoom, unread: int, mentions: int) -> RoomView:
    """Show a room of a list, with how much of it is unread and how often the actor is named there."""
    return _view(room, room.role, room.read_sira, unread, mentions)


def room_view(room: Room, member: Member | None, unread: int, mentions: int) -> RoomView:
    """Show a room, with how much of it is unread and how often the actor is named there."""
    role, read = (None, None) if member is None else (member.role, member.read_sira)
    return _view(room, role, read, unread, mentions)


def _view(room: Room | SeenRoom, role: str | None, read_sira: int | None, unread: int, mentions: int) -> RoomView:
    return RoomView(
        room_id=room.id,
        slug=room.slug,
        title=room.title,
        topic=room.topic,
        kind=RoomKind(room.kind),
        head=room.head,
        epoch=room.epoch,
        last_activity=room.last_activity,
        role=RoomRole(role) if role else None,
        unread=unread,
        mentions=mentions,
        read_sira=read_sira or 0,
    )


def invitation_view(row: Invitation, name: str, code: str | None) -> InvitationView:
    """Show an invitation; `code` only to who made it."""
    return InvitationView(
        id=row.id,
        room=name,
        user_id=row.user_id,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        code=code,
    )

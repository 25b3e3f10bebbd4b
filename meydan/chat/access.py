"""Who may see a room, and who may keep it in order."""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.chat.errors import MemberMissing, RoomForbidden, RoomMissing
from meydan.chat.models import Member, Room, RoomKind, RoomRole
from meydan.chat.operations import KEEPERS
from meydan.chat.repository import RoomRepository
from meydan.platform.errors import NotAllowed

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")  # a database is not asked for anything else


def access_room(session: Session, actor: Actor | None, name: str) -> tuple[Room, Member | None]:
    """Return the room and the actor's place in it; raise `RoomMissing` when the actor may not see it."""
    room = RoomRepository(session).get(name) if SLUG.fullmatch(name) else None
    if room is None:
        raise RoomMissing(name)
    user_id = member_id(actor)
    member = RoomRepository(session).member(room.id, user_id) if user_id else None
    if room.kind != RoomKind.PUBLIC and member is None:
        raise RoomMissing(name)
    return room, member


def keep_room(session: Session, actor: Actor, name: str) -> tuple[Room, Member | None]:
    """Return a room that the actor may keep in order; raise `RoomForbidden` when they only see it."""
    room, member = access_room(session, actor, name)
    require_standing(actor, room, member, KEEPERS)
    return room, member


def note(session: Session, actor: Actor, action: str, room: Room, *, at: datetime, **data: Any) -> None:
    """Write what somebody did who keeps order in a room into the audit log."""
    AuditRepository(session).note(actor, action, room.slug, at=at, **data)


def add_member(session: Session, room: Room, user_id: str, now: datetime) -> None:
    """Make somebody a member who has read all there is."""
    RoomRepository(session).add_member(
        Member(room_id=room.id, user_id=user_id, role=RoomRole.MEMBER, joined_at=now, read_sira=room.head)
    )


def held_member(session: Session, room: Room, user_id: str) -> Member:
    """Return a member, whom nobody else changes until the transaction ends; raise `MemberMissing`."""
    RoomRepository(session).hold(room.id)
    member = RoomRepository(session).member(room.id, user_id) if ID.fullmatch(user_id) else None
    if member is None:
        raise MemberMissing(user_id)
    return member


def require_read(actor: Actor | None) -> None:
    """Raise unless the actor may read; somebody with no name yet reads what is public."""
    if actor is not None:
        actor.require(Permission.ROOMS_READ)


def require_user(actor: Actor) -> None:
    """Raise unless the actor is somebody who can belong to rooms, and may change where they do."""
    actor.require(Permission.ROOMS_WRITE)
    if actor.is_guest:
        raise NotAllowed(izin=Permission.ROOMS_CREATE.value)


def require_standing(
    actor: Actor, room: Room, member: Member | None, roles: set[RoomRole] | frozenset[RoomRole]
) -> None:
    """Raise unless the actor has one of these roles in the room, or moderates the square and the room is public."""
    actor.require(Permission.ROOMS_WRITE)
    if member is not None and member.role in roles:
        return
    if room.kind == RoomKind.PUBLIC and actor.may(Permission.ROOMS_MODERATE):
        return
    raise RoomForbidden(room.slug)


def member_id(actor: Actor | None) -> str | None:
    """Return under which id the actor may belong to rooms; guests and strangers have none."""
    return None if actor is None or actor.is_guest else actor.id

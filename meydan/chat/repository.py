"""Every query on rooms, their members and invitations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from meydan.accounts.models import User
from meydan.chat.models import INVITED, Expulsion, Invitation, Member, Message, Notification, Room, RoomKind, RoomRole
from meydan.platform.db import insert_missing, rows_changed

_UNREAD_EVENTS = 1_000
ROOMS_REMEMBERED = 200


_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class RoomPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last room of a page of the liveliest, when it was last spoken in, and the numbers of the rooms shown.

    Rooms move while one turns the pages: what was shown is left out, and while it is `all_shown` nothing else is.
    """

    room: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,64}\Z")]
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None
    shown: Annotated[tuple[_Number, ...], msgspec.Meta(max_length=ROOMS_REMEMBERED)] = ()
    all_shown: bool = False


class SeenRoom(NamedTuple):
    """A room of a list, and the place that one user has in it; a page of objects would cost three times as much."""

    id: int
    slug: str
    title: str
    topic: str
    kind: str
    head: int
    epoch: str
    last_activity: datetime | None
    role: str | None
    read_sira: int | None


_ROOMS, _MEMBERS = Room.__table__.c, Member.__table__.c
_SEEN: Final = tuple((_ROOMS if name in _ROOMS else _MEMBERS)[name] for name in SeenRoom._fields)


class RoomRepository:
    """Rooms and who belongs to them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, slug: str) -> Room | None:
        """Return the room that is not archived, or nothing."""
        return self._session.scalar(select(Room).where(Room.slug == slug, Room.archived_at.is_(None)))

    def get_archived(self, slug: str) -> Room | None:
        """Return the archived room, or nothing."""
        if not slug.isascii() or "\x00" in slug:
            return None
        return self._session.scalar(select(Room).where(Room.slug == slug, Room.archived_at.is_not(None)))

    def archived(self, user_id: str, *, public: bool, limit: int) -> Sequence[Room]:
        """Return the archived rooms that the user owns, and with `public` all public ones; the latest first."""
        owned = select(Member.room_id).where(Member.user_id == user_id, Member.role == RoomRole.OWNER)
        theirs = Room.id.in_(owned)
        wanted = or_(theirs, Room.kind == RoomKind.PUBLIC) if public else theirs
        statement = select(Room).where(Room.archived_at.is_not(None), wanted)
        return self._session.scalars(statement.order_by(Room.archived_at.desc(), Room.slug).limit(limit)).all()

    def touch(self) -> None:
        """Write what is there already; raises when nothing can be written."""
        self._session.execute(
            update(Room).values(head=Room.head).where(Room.id == select(func.min(Room.id)).scalar_subquery())
        )

    def exists(self, slug: str) -> bool:
        """Tell whether a room, archived or not, has this slug."""
        return bool(self._session.scalar(select(exists().where(Room.slug == slug))))

    def add(self, room: Room) -> None:
        """Store a new room and give it its number."""
        self._session.add(room)
        self._session.flush()

    def add_missing(self, room: Room) -> None:
        """Store a room unless one with its slug is there."""
        columns = {column.name: getattr(room, column.name) for column in Room.__table__.columns if column.name != "id"}
        self._session.execute(insert_missing(self._session, Room), [columns])

    def hold(self, room_id: int) -> None:
        """Lock the room until the transaction ends: its memberships change one at a time."""
        self._session.execute(select(Room.id).where(Room.id == room_id).with_for_update())

    def member(self, room_id: int, user_id: str) -> Member | None:
        """Return the user's place in the room as it is now, or nothing."""
        return self._session.get(Member, (room_id, user_id), populate_existing=True)

    def members(self, room_id: int) -> Sequence[Member]:
        """Return all members: owners, then moderators, then the others, each by name."""
        rows = self._session.scalars(select(Member).where(Member.room_id == room_id).order_by(Member.user_id)).all()
        order = list(RoomRole)
        return sorted(rows, key=lambda row: (order.index(RoomRole(row.role)), row.user_id))

    def add_member(self, member: Member) -> None:
        """Make somebody a member unless they are one."""
        self._session.execute(
            insert_missing(self._session, Member),
            [
                {
                    "room_id": member.room_id,
                    "user_id": member.user_id,
                    "role": member.role,
                    "joined_at": member.joined_at,
                    "read_sira": member.read_sira,
                }
            ],
        )

    def remove_member(self, member: Member) -> None:
        """End somebody's membership."""
        self._session.delete(member)
        self._session.flush()

    def count_owners(self, room_id: int) -> int:
        """Return how many owners the room has."""
        return (
            self._session.scalar(select(func.count()).where(Member.room_id == room_id, Member.role == RoomRole.OWNER))
            or 0
        )

    def visible(
        self,
        user_id: str | None,
        *,
        words: Collection[str] = (),
        mine: bool = False,
        after: RoomPlace | None = None,
        limit: int,
    ) -> list[SeenRoom]:
        """Return the rooms that the user may see, or belongs to, with their place in it; the liveliest first.

        With folded `words` only those that are about all of them.
        """
        statement: Select[*tuple[Any, ...]] = (
            select(*_SEEN)
            .outerjoin(Member, and_(Member.room_id == Room.id, Member.user_id == user_id))
            .where(Room.archived_at.is_(None), visible_to(user_id))
            .order_by(Room.last_activity.desc().nulls_last(), Room.slug)
            .limit(limit)
        )
        if mine:
            statement = statement.where(Member.user_id.is_not(None))
        for word in words:
            statement = statement.where(Room.folded.contains(word, autoescape=True))
        if after is not None:
            statement = statement.where(Room.id.not_in(after.shown))
            if not after.all_shown:
                statement = statement.where(_quieter(after))
        self._session.flush()
        return [SeenRoom(*row) for row in self._session.connection().execute(statement).all()]

    def unread(self, user_id: str, *, among: Collection[int] | None = None) -> dict[int, int]:
        """Return for each of the user's rooms, or for some, how many messages of others they have not read.

        Only the newest `_UNREAD_EVENTS` of a room are looked at: who was away for a year costs no more than that.
        """
        far_behind = Room.head - _UNREAD_EVENTS
        after = case((Member.read_sira > far_behind, Member.read_sira), else_=far_behind)
        rows = self._session.execute(
            select(Member.room_id, func.count(Message.pk))
            .join(Room, Room.id == Member.room_id)
            .join(Message, and_(Message.room_id == Member.room_id, Message.sira > after))
            .where(
                Member.user_id == user_id,
                or_(Message.sender_id != user_id, Message.guest),
                Message.deleted_at.is_(None),
            )
            .where(true() if among is None else Member.room_id.in_(among))
            .group_by(Member.room_id)
        )
        return {room_id: count for room_id, count in rows}  # noqa: C416  # a Row is no pair to mypy

    def count_opened(self, user_id: str) -> int:
        """Return how many rooms the user has opened, those that were archived since among them."""
        opened = select(func.count()).select_from(Room).where(Room.created_by == user_id)
        return self._session.scalar(opened) or 0

    def mark_read(self, marks: Collection[tuple[int, str, int]]) -> None:
        """Move read markers `(room number, user, sira)` forward, never back and never past the room's head.

        In one order on every node, so that two of them never wait for each other in a circle.
        """
        for room_id, user_id, sira in sorted(marks):
            head = select(Room.head).where(Room.id == room_id).scalar_subquery()
            self._session.execute(
                update(Member)
                .where(Member.room_id == room_id, Member.user_id == user_id, Member.read_sira < sira, sira <= head)
                .values(read_sira=sira)
            )

    def title(self, room_id: int) -> str:
        """Return what the room is called."""
        return self._session.scalars(select(Room.title).where(Room.id == room_id)).one()

    def heads(self, room_ids: Collection[int]) -> dict[int, int]:
        """Return the last `sira` of each room."""
        rows = self._session.execute(select(Room.id, Room.head).where(Room.id.in_(room_ids)))
        return {room_id: head for room_id, head in rows}  # noqa: C416  # a Row is no pair to mypy


class InvitationRepository:
    """Ways into rooms."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, invitation: Invitation) -> None:
        """Store a new invitation."""
        self._session.add(invitation)
        self._session.flush()

    def get(self, room_id: int, invitation_id: str) -> Invitation | None:
        """Return the room's invitation, or nothing."""
        return self._session.scalar(
            select(Invitation).where(Invitation.room_id == room_id, Invitation.id == invitation_id)
        )

    def open(self, room_id: int, now: datetime) -> Sequence[Invitation]:
        """Return the room's invitations that still let somebody in, newest first."""
        return self._session.scalars(
            select(Invitation).where(Invitation.room_id == room_id, _usable(now)).order_by(Invitation.id.desc())
        ).all()

    def withdraw(self, room_id: int, user_id: str, now: datetime) -> list[str]:
        """Close what is open of the invitations for one user; return which unread notifications it takes back."""
        for_them = (Invitation.room_id == room_id, Invitation.user_id == user_id, _open(now))
        self._session.execute(update(Invitation).where(*for_them).values(revoked_at=now))
        unread = (Notification.kind == INVITED, Notification.message_id.is_(None), Notification.read_at.is_(None))
        told = (Notification.room_id == room_id, Notification.user_id == user_id, *unread)
        gone = self._session.scalars(select(Notification.id).where(*told)).all()
        self._session.execute(delete(Notification).where(*told))
        return list(gone)

    def shut(self, room_id: int, user_id: str, now: datetime) -> None:
        """Let whoever was expelled in by no link any more, and nobody else by those that they made."""
        self._session.merge(Expulsion(room_id=room_id, user_id=user_id, at=now))
        theirs = (Invitation.room_id == room_id, Invitation.created_by == user_id, _open(now))
        self._session.execute(update(Invitation).where(*theirs).values(revoked_at=now))

    def is_shut(self, room_id: int, user_id: str) -> bool:
        """Tell whether a link lets this user in no more."""
        return self._session.get(Expulsion, (room_id, user_id)) is not None

    def pardon(self, room_id: int, user_id: str) -> None:
        """Forget that somebody was expelled: they are invited by name."""
        expelled = (Expulsion.room_id == room_id, Expulsion.user_id == user_id)
        self._session.execute(delete(Expulsion).where(*expelled))

    def by_code(self, code: str) -> tuple[Invitation, Room] | None:
        """Return the invitation with its room, whether it still lets somebody in or not; nothing of archived rooms."""
        row = self._session.execute(
            select(Invitation, Room)
            .join(Room, Room.id == Invitation.room_id)
            .where(Invitation.code_hash == hash_of_code(code), Room.archived_at.is_(None))
        ).one_or_none()
        return (row[0], row[1]) if row else None

    def lets_in(self, invitation: Invitation, now: datetime) -> bool:
        """Tell whether there is a use left, without counting one."""
        return (
            self._session.scalar(select(Invitation.id).where(Invitation.id == invitation.id, _usable(now))) is not None
        )

    def use(self, invitation: Invitation, now: datetime) -> bool:
        """Count one use and tell whether there was one left."""
        used = update(Invitation).where(Invitation.id == invitation.id, _usable(now))
        return rows_changed(self._session, used.values(uses=Invitation.uses + 1)) == 1


def hash_of_code(code: str) -> str:
    """Return what is kept of an invitation's code."""
    return sha256(code.encode()).hexdigest()


def visible_room_ids(user_id: str | None) -> Select[int]:
    """Return the query for the numbers of all rooms that the user may see."""
    return select(Room.id).where(Room.archived_at.is_(None), visible_to(user_id))


def visible_to(user_id: str | None) -> ColumnElement[bool]:
    """Return the condition under which a user, or a stranger, may see a room."""
    own = aliased(Member)
    mine = exists().where(own.room_id == Room.id, own.user_id == user_id).correlate(Room)
    return or_(Room.kind == RoomKind.PUBLIC, mine)


def _quieter(than: RoomPlace) -> ColumnElement[bool]:
    later = Room.slug > than.room
    if than.at is None:
        return and_(Room.last_activity.is_(None), later)
    alike = and_(Room.last_activity == than.at, later)
    return or_(Room.last_activity < than.at, alike, Room.last_activity.is_(None))


def _usable(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which an invitation lets somebody in: it is open, and its giver is not suspended."""
    suspended = exists().where(User.username == Invitation.created_by, User.active.is_(False)).correlate(Invitation)
    return and_(_open(now), ~suspended)


def _open(now: datetime) -> ColumnElement[bool]:
    return and_(Invitation.revoked_at.is_(None), Invitation.expires_at > now, Invitation.uses < Invitation.max_uses)

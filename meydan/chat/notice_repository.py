"""Every query on notifications."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, column, delete, exists, func, or_, select, update, values
from sqlalchemy.orm import Session, aliased

from meydan.accounts.repository import UserRepository
from meydan.chat.events import NoticeView
from meydan.chat.models import ANSWERED, INVITED, MENTIONED, Member, Message, Notification, Room
from meydan.chat.repository import visible_to

_MARKS_AT_ONCE = 5_000  # a statement carries so many values and not many more


class NoticeRepository:
    """Notifications."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, notices: Sequence[Notification]) -> None:
        """Store new notifications."""
        self._session.add_all(notices)
        self._session.flush()

    def known(self, ids: Collection[str]) -> set[str]:
        """Return which of these are stored."""
        return set(self._session.scalars(select(Notification.id).where(Notification.id.in_(ids))))

    def of_message(self, message: Message) -> Sequence[Notification]:
        """Return what was told of a message."""
        told = (Notification.room_id == message.room_id, Notification.message_id == message.id)
        return self._session.scalars(select(Notification).where(*told)).all()

    def take_back(self, message: Message, names: Collection[str]) -> list[tuple[str, str]]:
        """Tell users no longer that a message names them; whom it answers stays told of that.

        Return what they are told of no longer, as (user, notification).
        """
        told = (
            Notification.room_id == message.room_id,
            Notification.message_id == message.id,
            Notification.kind == MENTIONED,
            Notification.user_id.in_(names),
        )
        answered = select(Message.sender_id).where(Message.id == message.reply_to, ~Message.guest).scalar_subquery()
        asker = update(Notification).where(*told, Notification.user_id == answered)
        self._session.execute(asker.values(kind=ANSWERED), execution_options={"synchronize_session": False})
        rows = self._session.execute(select(Notification.user_id, Notification.id).where(*told)).all()
        self._session.execute(delete(Notification).where(*told), execution_options={"synchronize_session": False})
        return [(user_id, notice_id) for user_id, notice_id in rows]

    def read_invitations(self, user_id: str, room_id: int, now: datetime) -> list[str]:
        """Mark the user's invitations into a room as read, and return which were not."""
        theirs = (Notification.user_id == user_id, Notification.room_id == room_id, Notification.kind == INVITED)
        return self.mark_read(user_id, self._session.scalars(select(Notification.id).where(*theirs)).all(), now)

    def page(self, user_id: str, *, unread_only: bool, before: str | None, limit: int) -> list[NoticeView]:
        """Return the user's notifications of rooms that they see, and invitations into others; newest first."""
        statement: Select[Notification, str, str, str | None, bool | None] = (
            select(Notification, Room.slug, Room.title, Message.sender_name, Message.guest)
            .join(Room, Room.id == Notification.room_id)
            .outerjoin(Message, Message.id == Notification.message_id)
            .where(Notification.user_id == user_id, _worth_telling(user_id))
            .order_by(Notification.id.desc())
            .limit(limit)
        )
        if unread_only:
            statement = statement.where(Notification.read_at.is_(None))
        if before is not None:
            statement = statement.where(Notification.id < before)
        rows = self._session.execute(statement).all()
        names = UserRepository(self._session).names(
            {row.sender_id for row, _, _, said_as, _ in rows if said_as is None}
        )
        return [
            notice_view(
                row,
                room=slug,
                room_title=title,
                sender_name=said_as or names.get(row.sender_id, row.sender_id),
                guest=bool(guest),
            )
            for row, slug, title, said_as, guest in rows
        ]

    def unread(self, user_id: str) -> int:
        """Return how many notifications the user has not read, of those that `page` shows."""
        statement = (
            select(func.count())
            .select_from(Notification)
            .join(Room, Room.id == Notification.room_id)
            .where(Notification.user_id == user_id, Notification.read_at.is_(None), _worth_telling(user_id))
        )
        return self._session.scalar(statement) or 0

    def unread_by_room(self, user_id: str) -> dict[int, int]:
        """Return for each of the user's rooms how many unread notifications are about what they have not read there."""
        rows = self._session.execute(
            select(Notification.room_id, func.count())
            .join(Member, and_(Member.room_id == Notification.room_id, Member.user_id == Notification.user_id))
            .join(Message, and_(Message.id == Notification.message_id, Message.sira > Member.read_sira))
            .where(Notification.user_id == user_id, Notification.read_at.is_(None), Message.deleted_at.is_(None))
            .group_by(Notification.room_id)
        )
        return {room_id: count for room_id, count in rows}  # noqa: C416  # a Row is no pair to mypy

    def mark_read_in_rooms(self, marks: Sequence[tuple[int, str, int]], now: datetime) -> dict[str, list[str]]:
        """Mark what is about messages that were read in their rooms, up to `(room number, user, sira)`.

        Return by user what was unread until now.
        """
        found: dict[str, list[str]] = {}
        for first in range(0, len(marks), _MARKS_AT_ONCE):
            read = values(
                column("room_id", Notification.room_id.type),
                column("user_id", Notification.user_id.type),
                column("sira", Message.sira.type),
            )
            read_to = read.data(marks[first : first + _MARKS_AT_ONCE]).cte("read_to")
            theirs = and_(Notification.room_id == read_to.c.room_id, Notification.user_id == read_to.c.user_id)
            unread = (
                select(Notification.user_id, Notification.id)
                .join(read_to, theirs)
                .join(Message, and_(Message.id == Notification.message_id, Message.sira <= read_to.c.sira))
                .where(Notification.read_at.is_(None))
                .order_by(Notification.id)
            )
            for user_id, notice_id in self._session.execute(unread):
                found.setdefault(user_id, []).append(notice_id)
        if ids := [notice_id for theirs in found.values() for notice_id in theirs]:
            self._session.execute(update(Notification).where(Notification.id.in_(ids)).values(read_at=now))
        return found

    def mark_read(self, user_id: str, ids: Collection[str] | None, now: datetime) -> list[str]:
        """Mark these, or all, of the user's notifications as read; return those that were not."""
        unread = [Notification.user_id == user_id, Notification.read_at.is_(None)]
        if ids is not None:
            unread.append(Notification.id.in_(ids))
        read = update(Notification).where(*unread).values(read_at=now).returning(Notification.id)
        return list(self._session.scalars(read, execution_options={"synchronize_session": False}))


def notice_view(row: Notification, *, room: str, room_title: str, sender_name: str, guest: bool = False) -> NoticeView:
    """Return a stored notification as its user sees it."""
    return NoticeView(
        id=row.id,
        kind=row.kind,
        room=room,
        room_title=room_title,
        message_id=row.message_id,
        sender_id=row.sender_id,
        sender_name=sender_name,
        summary=row.summary,
        created_at=row.created_at,
        read=row.read_at is not None,
        guest=guest,
    )


def _worth_telling(user_id: str) -> ColumnElement[bool]:
    said = aliased(Message)
    deleted = exists().where(said.id == Notification.message_id, said.deleted_at.is_not(None)).correlate(Notification)
    return and_(Room.archived_at.is_(None), or_(Notification.kind == INVITED, visible_to(user_id)), ~deleted)

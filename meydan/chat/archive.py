"""Rooms that were archived: seen, read and put back by whoever may archive them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.chat.errors import RoomMissing, TooManyRooms
from meydan.chat.events import MessageView
from meydan.chat.log_repository import LogRepository
from meydan.chat.models import Member, Room, RoomKind, RoomRole
from meydan.chat.news import RoomNews, RoomWord, tell_room
from meydan.chat.repository import RoomRepository
from meydan.chat.settings import ChatSettings
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.live_settings import LiveSettings


@dataclass(frozen=True, slots=True)
class ArchivedView:
    """An archived room as one sees it who may put it back."""

    room: str
    title: str
    topic: str
    kind: RoomKind
    archived_at: datetime
    last_activity: datetime | None


class RoomArchive:
    """Archived rooms for those who own them, the public ones for moderators of the square too."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock, live: LiveSettings) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._live = live

    async def rooms(self, actor: Actor, *, limit: int) -> list[ArchivedView]:
        """Return the archived rooms that `actor` may put back, the latest first."""
        actor.require(Permission.ROOMS_READ)

        def read(session: Session) -> list[ArchivedView]:
            moderates = actor.may(Permission.ROOMS_MODERATE)
            user_id = "" if actor.is_guest else actor.id
            return [_view(room) for room in RoomRepository(session).archived(user_id, public=moderates, limit=limit)]

        return await self._db.read(read)

    async def history(
        self, actor: Actor, name: str, *, limit: int, before: int | None
    ) -> tuple[Room, list[MessageView], bool]:
        """Return what was said in an archived room, oldest first, and whether there is older."""
        actor.require(Permission.ROOMS_READ)

        def read(session: Session) -> tuple[Room, list[MessageView], bool]:
            room = access_archived(session, actor, name)
            messages, more = LogRepository(session).history(room, before=before, limit=limit)
            return room, messages, more

        return await self._db.read(read)

    async def restore(self, actor: Actor, name: str) -> None:
        """Put an archived room back, with its members and its log."""
        actor.require(Permission.ROOMS_WRITE)
        limit = self._live.current(ChatSettings).rooms_per_member

        def save(session: Session) -> None:
            room = access_archived(session, actor, name)
            room.archived_at = None
            session.flush()
            own = room.created_by == actor.id and not actor.may(Permission.ROOMS_MODERATE)
            if own and RoomRepository(session).count_opened(actor.id) > limit:
                raise TooManyRooms(limit)
            AuditRepository(session).note(actor, "room.restore", room.slug, at=self._clock.now())

        await self._db.write(save)
        await tell_room(self._bus, RoomWord(name, RoomNews.CHANGED))


def access_archived(session: Session, actor: Actor, name: str) -> Room:
    """Return an archived room that the actor may put back; raise `RoomMissing`."""
    rooms = RoomRepository(session)
    room = rooms.get_archived(name)
    if room is None or actor.is_guest:
        raise RoomMissing(name)
    member: Member | None = rooms.member(room.id, actor.id)
    owns = member is not None and member.role == RoomRole.OWNER
    if not owns and not (room.kind == RoomKind.PUBLIC and actor.may(Permission.ROOMS_MODERATE)):
        raise RoomMissing(name)
    return room


def _view(room: Room) -> ArchivedView:
    assert room.archived_at is not None  # noqa: S101  # the query asked for it
    return ArchivedView(room.slug, room.title, room.topic, RoomKind(room.kind), room.archived_at, room.last_activity)

"""Rooms: listed, opened, changed and archived."""

import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.views import Page
from meydan.chat.access import SLUG, access_room, keep_room, member_id, note, require_read, require_standing
from meydan.chat.errors import RoomExists, RoomForbidden, TooLong, TooManyRooms
from meydan.chat.models import Member, Room, RoomKind, RoomRole, about
from meydan.chat.news import RoomNews, RoomWord, tell_room
from meydan.chat.notice_repository import NoticeRepository
from meydan.chat.repository import ROOMS_REMEMBERED, RoomPlace, RoomRepository, SeenRoom
from meydan.chat.settings import ChatSettings
from meydan.chat.views import RoomView, room_view, seen_view
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_at
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput
from meydan.platform.live_settings import LiveSettings
from meydan.platform.turkish import fold, slug
from meydan.platform.visible import DIRECTIONS, clean, is_blank, one_line

DEFAULT_ROOM: Final = "genel"
ROOMS_SHOWN: Final = 200  # at once
_TITLE, _TOPIC = 120, 500
_WORDS: Final = 8  # of a search; the others are not looked for


class RoomService:
    """Rooms for those who may see them."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock, live: LiveSettings) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._live = live

    async def ensure_default_room(self) -> None:
        """Open the first room of a fresh square."""
        room = Room(
            slug=DEFAULT_ROOM,
            title="Genel",
            topic="Herkesin odası",
            folded=about(DEFAULT_ROOM, "Genel", "Herkesin odası"),
            kind=RoomKind.PUBLIC,
            created_by="meydan",
            created_at=self._clock.now(),
            head=0,
            epoch=new_epoch(),
        )
        await self._db.write(lambda session: RoomRepository(session).add_missing(room))

    async def rooms(
        self,
        actor: Actor | None,
        *,
        search: str = "",
        mine: bool = False,
        after: str = "",
        limit: int = ROOMS_SHOWN,
    ) -> Page[RoomView]:
        """Return the rooms that `actor`, or somebody with no name yet, may see, or belongs to; the liveliest first."""
        require_read(actor)
        user_id = member_id(actor)
        last = place_at(after, RoomPlace, field="sonra")
        words = fold(search).split()[:_WORDS]

        def read(session: Session) -> Page[RoomView]:
            rooms = RoomRepository(session)
            found = rooms.visible(user_id, words=words, mine=mine, after=last, limit=limit + 1)
            page = found[:limit]
            more = len(found) > len(page)
            unread = rooms.unread(user_id, among=[room.id for room in page]) if user_id else {}
            mentions = NoticeRepository(session).unread_by_room(user_id) if user_id else {}
            return Page(
                [seen_view(room, unread.get(room.id, 0), mentions.get(room.id, 0)) for room in page],
                cursor(_place(page, last)) if more else None,
            )

        return await self._db.read(read)

    async def room(self, actor: Actor | None, name: str) -> RoomView:
        """Return one room that the actor may see."""
        require_read(actor)

        def read(session: Session) -> RoomView:
            room, member = access_room(session, actor, name)
            unread = RoomRepository(session).unread(member.user_id, among=[room.id]) if member else {}
            mentions = NoticeRepository(session).unread_by_room(member.user_id) if member else {}
            return room_view(room, member, unread.get(room.id, 0), mentions.get(room.id, 0))

        return await self._db.read(read)

    async def create(self, actor: Actor, *, name: str | None, title: str, topic: str, kind: RoomKind) -> RoomView:
        """Open a room and make `actor` its owner; with no `name` one is made from the title."""
        actor.require(Permission.ROOMS_CREATE)
        settings = self._live.current(ChatSettings)
        limit = settings.rooms_per_member
        if not settings.members_create_rooms:
            actor.require(Permission.ROOMS_MODERATE)
        title, topic = _title(title), _topic(topic)
        name = _slug(name) if name else (slug(title) or f"oda-{secrets.token_hex(3)}")
        now = self._clock.now()

        def save(session: Session) -> RoomView:
            rooms = RoomRepository(session)
            if rooms.exists(name):
                raise RoomExists(name)
            if not actor.may(Permission.ROOMS_MODERATE) and rooms.count_opened(actor.id) >= limit:
                raise TooManyRooms(limit)
            room = Room(
                slug=name,
                title=title,
                topic=topic,
                folded=about(name, title, topic),
                kind=kind,
                created_by=actor.id,
                created_at=now,
                head=0,
                epoch=new_epoch(),
            )
            try:
                rooms.add(room)
            except IntegrityError:  # somebody else was a moment faster
                raise RoomExists(name) from None
            owner = Member(room_id=room.id, user_id=actor.id, role=RoomRole.OWNER, joined_at=now, read_sira=0)
            rooms.add_member(owner)
            return room_view(room, owner, 0, 0)

        return await self._db.write(save)

    async def change(self, actor: Actor, name: str, *, title: str | None, topic: str | None) -> RoomView:
        """Give a room another title or topic."""
        require_read(actor)  # it is returned

        def save(session: Session) -> None:
            room, _ = keep_room(session, actor, name)
            if title is not None:
                room.title = _title(title)
            if topic is not None:
                room.topic = _topic(topic)
            room.folded = about(room.slug, room.title, room.topic)
            changed = {"title": title is not None, "topic": topic is not None}
            note(
                session,
                actor,
                "room.change",
                room,
                at=self._clock.now(),
                fields=[name for name, given in changed.items() if given],
            )

        await self._db.write(save)
        await tell_room(self._bus, RoomWord(name, RoomNews.CHANGED))
        return await self.room(actor, name)

    async def archive(self, actor: Actor, name: str) -> None:
        """Put a room away with its log; the archive has it until it is put back."""

        def save(session: Session) -> None:
            room, member = access_room(session, actor, name)
            require_standing(actor, room, member, {RoomRole.OWNER})
            if room.slug == DEFAULT_ROOM:
                raise RoomForbidden(room.slug)
            room.archived_at = self._clock.now()
            note(session, actor, "room.archive", room, at=self._clock.now())

        await self._db.write(save)
        await tell_room(self._bus, RoomWord(name, RoomNews.ARCHIVED))


def new_epoch() -> str:
    """Return the name of a log (`donem`): another one whenever a room's log is no longer the same log."""
    return secrets.token_hex(8)


def _slug(name: str) -> str:
    if not SLUG.fullmatch(name):
        raise InvalidInput(field="oda_id", reason="room_name")
    return name


def _title(text: str) -> str:
    text = one_line(text)
    if is_blank(text):
        raise InvalidInput(field="baslik", reason="empty")
    return _short(text, "baslik", _TITLE)


def _topic(text: str) -> str:
    return _short(DIRECTIONS.sub("", clean(text)), "konu", _TOPIC)


def _short(text: str, field: str, limit: int) -> str:
    if len(text) > limit:
        raise TooLong(field=field, length=len(text), limit=limit)
    return text


def _place(page: Sequence[SeenRoom], before: RoomPlace | None) -> RoomPlace:
    """Return where the page after this one begins."""
    shown = (*(before.shown if before is not None else ()), *(room.id for room in page))
    all_shown = (before is None or before.all_shown) and len(shown) <= ROOMS_REMEMBERED
    end = page[-1]
    return RoomPlace(end.slug, end.last_activity, shown[-ROOMS_REMEMBERED:], all_shown)

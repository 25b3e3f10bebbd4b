"""Rooms, their members and the ways into them: every rule."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository, UserRepository
from meydan.accounts.views import Page
from meydan.chat.errors import (
    InvitationInvalid,
    RoomExists,
    RoomForbidden,
    RoomMissing,
    TooLong,
    TooManyInvitations,
    TooManyRooms,
)
from meydan.chat.events import NoticeView
from meydan.chat.models import INVITED, Invitation, Member, Notification, Room, RoomKind, RoomRole
from meydan.chat.operations import KEEPERS
from meydan.chat.repository import (
    ROOMS_REMEMBERED,
    InvitationRepository,
    NoticeRepository,
    RoomPlace,
    RoomRepository,
    notice_view,
)
from meydan.chat.settings import ChatSettings
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_at
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput, NotAllowed, NotFound
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings
from meydan.platform.turkish import fold, slug
from meydan.platform.visible import DIRECTIONS, clean, is_blank, one_line

DEFAULT_ROOM: Final = "genel"
ROOMS_SHOWN: Final = 200  # at once
ROOMS_CHANNEL: Final = "chat.rooms"
NOTICES_CHANNEL: Final = "chat.notices"
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")  # a database is not asked for anything else
_TITLE, _TOPIC = 120, 500
_INVITATIONS = 200  # that are open, of one room


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
    """A notification for one user, or those they have `read`, on `NOTICES_CHANNEL`.

    The node it names has told its own connections.
    """

    user_id: str
    notice: NoticeView | None = None
    node: str | None = None
    read: list[str] = []


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


class MemberMissing(NotFound):
    """The user is no member of the room, or there is no such user."""

    code = "uye_yok"

    def __init__(self, user_id: str) -> None:
        super().__init__(kullanici_id=user_id[:64])


class LastOwner(NotAllowed):
    """A room keeps at least one owner."""

    code = "son_sahip"


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
        _require_read(actor)
        user_id = _user_id(actor)
        last = place_at(after, RoomPlace, field="sonra")
        words = fold(search).split()

        def read(session: Session) -> Page[RoomView]:
            rooms = RoomRepository(session)
            at_most = None if words else limit + 1
            visible = rooms.visible(user_id, mine=mine, after=last, limit=at_most)
            found = [(room, member) for room, member in visible if _is_about(room, words)]
            page = found[:limit]
            more = len(found) > len(page)
            unread = rooms.unread(user_id, among=[room.id for room, _ in page]) if user_id else {}
            mentions = NoticeRepository(session).unread_by_room(user_id) if user_id else {}
            return Page(
                [_view(room, member, unread.get(room.id, 0), mentions.get(room.id, 0)) for room, member in page],
                cursor(_place(page, last)) if more else None,
            )

        return await self._db.read(read)

    async def room(self, actor: Actor | None, name: str) -> RoomView:
        """Return one room that the actor may see."""
        _require_read(actor)

        def read(session: Session) -> RoomView:
            room, member = access_room(session, actor, name)
            unread = RoomRepository(session).unread(member.user_id, among=[room.id]) if member else {}
            mentions = NoticeRepository(session).unread_by_room(member.user_id) if member else {}
            return _view(room, member, unread.get(room.id, 0), mentions.get(room.id, 0))

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
            return _view(room, owner, 0, 0)

        return await self._db.write(save)

    async def change(self, actor: Actor, name: str, *, title: str | None, topic: str | None) -> RoomView:
        """Give a room another title or topic."""
        _require_read(actor)  # it is returned

        def save(session: Session) -> None:
            room, _ = keep_room(session, actor, name)
            if title is not None:
                room.title = _title(title)
            if topic is not None:
                room.topic = _topic(topic)
            changed = {"title": title is not None, "topic": topic is not None}
            self._note(session, actor, "room.change", room, fields=[name for name, given in changed.items() if given])

        await self._db.write(save)
        await self._tell(RoomWord(name, RoomNews.CHANGED))
        return await self.room(actor, name)

    async def archive(self, actor: Actor, name: str) -> None:
        """Close a room for good; its log is kept."""

        def save(session: Session) -> None:
            room, member = access_room(session, actor, name)
            _require_standing(actor, room, member, {RoomRole.OWNER})
            if room.slug == DEFAULT_ROOM:
                raise RoomForbidden(room.slug)
            room.archived_at = self._clock.now()
            self._note(session, actor, "room.archive", room)

        await self._db.write(save)
        await self._tell(RoomWord(name, RoomNews.ARCHIVED))

    async def join(self, actor: Actor, name: str) -> RoomView:
        """Make `actor` a member of a public room."""
        _require_user(actor)
        _require_read(actor)

        def save(session: Session) -> None:
            room, member = access_room(session, actor, name)
            if member is None:
                add_member(session, room, actor.id, self._clock.now())

        await self._db.write(save)
        return await self.room(actor, name)

    async def leave(self, actor: Actor, name: str) -> None:
        """End the actor's membership."""
        _require_user(actor)
        await self.remove_member(actor, name, actor.id)

    async def members(self, actor: Actor, name: str) -> list[MemberView]:
        """Return the room's members."""
        actor.require(Permission.ROOMS_READ)

        def read(session: Session) -> list[MemberView]:
            room, _ = access_room(session, actor, name)
            members = RoomRepository(session).members(room.id)
            names = UserRepository(session).names({member.user_id for member in members})
            return [
                MemberView(
                    member.user_id, names.get(member.user_id, member.user_id), RoomRole(member.role), member.joined_at
                )
                for member in members
            ]

        return await self._db.read(read)

    async def set_role(self, actor: Actor, name: str, user_id: str, role: RoomRole) -> None:
        """Change a member's standing; only owners and moderators of the square do."""

        def save(session: Session) -> None:
            room, member = access_room(session, actor, name)
            _require_standing(actor, room, member, {RoomRole.OWNER})
            target = _held_member(session, room, user_id)
            if target.role == RoomRole.OWNER and role is not RoomRole.OWNER:
                _keep_an_owner(session, room)
            before, target.role = target.role, role
            if role != before:
                self._note(session, actor, "room.role", room, user=user_id, before=before, after=role)

        await self._db.write(save)

    async def remove_member(self, actor: Actor, name: str, user_id: str) -> None:
        """End a membership, one's own or another's; who was removed is put out, who left a private room too."""
        actor.require(Permission.ROOMS_WRITE)

        def save(session: Session) -> RoomKind:
            room, member = access_room(session, actor, name)
            target = _held_member(session, room, user_id)
            if user_id != actor.id:
                allowed = {RoomRole.OWNER} if target.role in KEEPERS else KEEPERS
                _require_standing(actor, room, member, allowed)
            if target.role == RoomRole.OWNER:
                _keep_an_owner(session, room)
            RoomRepository(session).remove_member(target)
            if user_id != actor.id:
                self._note(session, actor, "room.expel", room, user=user_id)
            return RoomKind(room.kind)

        kind = await self._db.write(save)
        if user_id != actor.id:
            await self._tell(RoomWord(name, RoomNews.EXPELLED, user_id))
        elif kind is RoomKind.PRIVATE:
            await self._tell(RoomWord(name, RoomNews.LEFT, user_id))

    async def invite(
        self, actor: Actor, name: str, *, user_id: str | None, max_uses: int, hours: int | None
    ) -> InvitationView:
        """Make a way into a room: a code for whoever holds it, or a notified invitation for one user.

        A user's newer invitation takes the place of an older one that was not used.
        """
        now = self._clock.now()
        hours = hours or self._live.current(ChatSettings).invitation_hours
        code = secrets.token_urlsafe(18)

        def save(session: Session) -> tuple[InvitationView, NoticeView | None]:
            room, _ = keep_room(session, actor, name)
            if user_id is not None and not UserRepository(session).existing({user_id}):
                raise MemberMissing(user_id)
            if user_id is not None:
                InvitationRepository(session).withdraw(room.id, user_id, now)
            if len(InvitationRepository(session).open(room.id, now)) >= _INVITATIONS:
                raise TooManyInvitations(_INVITATIONS)
            row = Invitation(
                id=new_id(self._clock),
                room_id=room.id,
                code_hash=_hash(code),
                user_id=user_id,
                created_by=actor.id,
                created_at=now,
                expires_at=now + timedelta(hours=hours),
                max_uses=1 if user_id else max_uses,
                uses=0,
            )
            InvitationRepository(session).add(row)
            self._note(session, actor, "room.invite", room, invitation=row.id, user=user_id)
            notice = None
            if user_id is not None:
                told = Notification(
                    id=new_id(self._clock),
                    user_id=user_id,
                    kind=INVITED,
                    room_id=room.id,
                    sender_id=actor.id,
                    summary=f"{room.title}\n{code}",
                    created_at=now,
                )
                NoticeRepository(session).add([told])
                notice = notice_view(told, room=room.slug, room_title=room.title, sender_name=actor.name)
            return _invitation(row, room.slug, code), notice

        view, notice = await self._db.write(save)
        if user_id is not None and notice is not None:
            await self._bus.publish(NOTICES_CHANNEL, msgspec.json.encode(NoticeWord(user_id, notice)))
        return view

    async def invitations(self, actor: Actor, name: str) -> list[InvitationView]:
        """Return the room's open invitations."""

        def read(session: Session) -> list[InvitationView]:
            room, _ = keep_room(session, actor, name)
            rows = InvitationRepository(session).open(room.id, self._clock.now())
            return [_invitation(row, room.slug, None) for row in rows]

        return await self._db.read(read)

    async def revoke_invitation(self, actor: Actor, name: str, invitation_id: str) -> None:
        """Close an invitation."""

        def save(session: Session) -> None:
            room, _ = keep_room(session, actor, name)
            row = InvitationRepository(session).get(room.id, invitation_id) if _ID.fullmatch(invitation_id) else None
            if row is None:
                raise InvitationInvalid
            row.revoked_at = self._clock.now()
            if row.user_id is not None:
                InvitationRepository(session).withdraw(room.id, row.user_id, self._clock.now())
            self._note(session, actor, "room.uninvite", room, invitation=row.id)

        await self._db.write(save)

    async def accept(self, actor: Actor, code: str) -> RoomView:
        """Enter a room by an invitation's code; for who is a member already it costs nothing and never runs out."""
        _require_user(actor)
        _require_read(actor)

        def save(session: Session) -> tuple[str, list[str]]:
            rooms, invitations = RoomRepository(session), InvitationRepository(session)
            found = invitations.by_code(_hash(code))
            if found is None or found[0].user_id not in (None, actor.id):
                raise InvitationInvalid
            invitation, room = found
            rooms.hold(room.id)
            if rooms.member(room.id, actor.id) is None:
                if not invitations.use(invitation, self._clock.now()):
                    raise InvitationInvalid
                add_member(session, room, actor.id, self._clock.now())
            return room.slug, NoticeRepository(session).read_invitations(actor.id, room.id, self._clock.now())

        name, read = await self._db.write(save)
        if read:
            await self._bus.publish(NOTICES_CHANNEL, msgspec.json.encode(NoticeWord(actor.id, read=read)))
        return await self.room(actor, name)

    def _note(self, session: Session, actor: Actor, action: str, room: Room, **data: Any) -> None:
        """Write what somebody did who keeps order into the audit log."""
        AuditRepository(session).note(actor, action, room.slug, at=self._clock.now(), **data)

    async def _tell(self, word: RoomWord) -> None:
        await self._bus.publish(ROOMS_CHANNEL, msgspec.json.encode(word))


def access_room(session: Session, actor: Actor | None, name: str) -> tuple[Room, Member | None]:
    """Return the room and the actor's place in it; raise `RoomMissing` when the actor may not see it."""
    room = RoomRepository(session).get(name) if _SLUG.fullmatch(name) else None
    if room is None:
        raise RoomMissing(name)
    user_id = _user_id(actor)
    member = RoomRepository(session).member(room.id, user_id) if user_id else None
    if room.kind != RoomKind.PUBLIC and member is None:
        raise RoomMissing(name)
    return room, member


def keep_room(session: Session, actor: Actor, name: str) -> tuple[Room, Member | None]:
    """Return a room that the actor may keep in order; raise `RoomForbidden` when they only see it."""
    room, member = access_room(session, actor, name)
    _require_standing(actor, room, member, KEEPERS)
    return room, member


def add_member(session: Session, room: Room, user_id: str, now: datetime) -> None:
    """Make somebody a member who has read all there is."""
    RoomRepository(session).add_member(
        Member(room_id=room.id, user_id=user_id, role=RoomRole.MEMBER, joined_at=now, read_sira=room.head)
    )


def _held_member(session: Session, room: Room, user_id: str) -> Member:
    """Return a member, whom nobody else changes until the transaction ends; raise `MemberMissing`."""
    RoomRepository(session).hold(room.id)
    member = RoomRepository(session).member(room.id, user_id) if _ID.fullmatch(user_id) else None
    if member is None:
        raise MemberMissing(user_id)
    return member


def new_epoch() -> str:
    """Return the name of a log (`donem`): another one whenever a room's log is no longer the same log."""
    return secrets.token_hex(8)


def _require_read(actor: Actor | None) -> None:
    if actor is not None:
        actor.require(Permission.ROOMS_READ)


def _require_user(actor: Actor) -> None:
    """Raise unless the actor is somebody who can belong to rooms, and may change where they do."""
    actor.require(Permission.ROOMS_WRITE)
    if actor.is_guest:
        raise NotAllowed(izin=Permission.ROOMS_CREATE.value)


def _require_standing(
    actor: Actor, room: Room, member: Member | None, roles: set[RoomRole] | frozenset[RoomRole]
) -> None:
    actor.require(Permission.ROOMS_WRITE)
    if member is not None and member.role in roles:
        return
    if room.kind == RoomKind.PUBLIC and actor.may(Permission.ROOMS_MODERATE):
        return
    raise RoomForbidden(room.slug)


def _keep_an_owner(session: Session, room: Room) -> None:
    if RoomRepository(session).count_owners(room.id) <= 1:
        raise LastOwner


def _user_id(actor: Actor | None) -> str | None:
    return None if actor is None or actor.is_guest else actor.id


def _slug(name: str) -> str:
    if not _SLUG.fullmatch(name):
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


def _hash(code: str) -> str:
    return sha256(code.encode()).hexdigest()


@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    """Fold what a room is about, once for all who look for rooms."""
    return fold(text)


def _is_about(room: Room, words: Sequence[str]) -> bool:
    text = _folded(f"{room.slug} {room.title} {room.topic}") if words else ""
    return all(word in text for word in words)


def _place(page: Sequence[tuple[Room, Member | None]], before: RoomPlace | None) -> RoomPlace:
    """Return where the page after this one begins."""
    shown = (*(before.shown if before is not None else ()), *(room.id for room, _ in page))
    all_shown = (before is None or before.all_shown) and len(shown) <= ROOMS_REMEMBERED
    end = page[-1][0]
    return RoomPlace(end.slug, end.last_activity, shown[-ROOMS_REMEMBERED:], all_shown)


def _view(room: Room, member: Member | None, unread: int, mentions: int) -> RoomView:
    return RoomView(
        room_id=room.id,
        slug=room.slug,
        title=room.title,
        topic=room.topic,
        kind=RoomKind(room.kind),
        head=room.head,
        epoch=room.epoch,
        last_activity=room.last_activity,
        role=RoomRole(member.role) if member else None,
        unread=unread,
        mentions=mentions,
        read_sira=member.read_sira if member else 0,
    )


def _invitation(row: Invitation, name: str, code: str | None) -> InvitationView:
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

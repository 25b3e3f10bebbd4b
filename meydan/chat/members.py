"""Members of rooms: who belongs to one, with which role, and how that ends."""

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import UserRepository
from meydan.chat.access import access_room, add_member, held_member, note, require_read, require_standing, require_user
from meydan.chat.errors import LastOwner
from meydan.chat.models import Room, RoomKind, RoomRole
from meydan.chat.news import RoomNews, RoomWord, tell_room
from meydan.chat.operations import KEEPERS
from meydan.chat.repository import InvitationRepository, RoomRepository
from meydan.chat.rooms import RoomService
from meydan.chat.views import MemberView, RoomView
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database


class MemberService:
    """Memberships, one's own and those one may change."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock, rooms: RoomService) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._rooms = rooms

    async def join(self, actor: Actor, name: str) -> RoomView:
        """Make `actor` a member of a public room."""
        require_user(actor)
        require_read(actor)

        def save(session: Session) -> None:
            room, member = access_room(session, actor, name)
            if member is None:
                add_member(session, room, actor.id, self._clock.now())

        await self._db.write(save)
        return await self._rooms.room(actor, name)

    async def leave(self, actor: Actor, name: str) -> None:
        """End the actor's membership."""
        require_user(actor)
        await self.remove(actor, name, actor.id)

    async def list(self, actor: Actor, name: str) -> list[MemberView]:
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
            require_standing(actor, room, member, {RoomRole.OWNER})
            target = held_member(session, room, user_id)
            if target.role == RoomRole.OWNER and role is not RoomRole.OWNER:
                _keep_an_owner(session, room)
            before, target.role = target.role, role
            if role != before:
                note(session, actor, "room.role", room, at=self._clock.now(), user=user_id, before=before, after=role)

        await self._db.write(save)

    async def remove(self, actor: Actor, name: str, user_id: str) -> None:
        """End a membership, one's own or another's; who was removed is put out, who left a private room too."""
        actor.require(Permission.ROOMS_WRITE)

        def save(session: Session) -> RoomKind:
            room, member = access_room(session, actor, name)
            target = held_member(session, room, user_id)
            if user_id != actor.id:
                allowed = {RoomRole.OWNER} if target.role in KEEPERS else KEEPERS
                require_standing(actor, room, member, allowed)
            if target.role == RoomRole.OWNER:
                _keep_an_owner(session, room)
            RoomRepository(session).remove_member(target)
            if user_id != actor.id:
                if room.kind == RoomKind.PRIVATE:
                    InvitationRepository(session).shut(room.id, user_id, self._clock.now())
                note(session, actor, "room.expel", room, at=self._clock.now(), user=user_id)
            return RoomKind(room.kind)

        kind = await self._db.write(save)
        if user_id != actor.id:
            await tell_room(self._bus, RoomWord(name, RoomNews.EXPELLED, user_id))
        elif kind is RoomKind.PRIVATE:
            await tell_room(self._bus, RoomWord(name, RoomNews.LEFT, user_id))


def _keep_an_owner(session: Session, room: Room) -> None:
    if RoomRepository(session).count_owners(room.id) <= 1:
        raise LastOwner

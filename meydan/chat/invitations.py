"""Invitations: made by who keeps a room, accepted by whoever holds the code or is named."""

import secrets
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.repository import UserRepository
from meydan.chat.access import ID, add_member, keep_room, note, require_read, require_user
from meydan.chat.errors import InvitationInvalid, MemberMissing, TooManyInvitations
from meydan.chat.events import NoticeView
from meydan.chat.models import INVITED, Invitation, Notification
from meydan.chat.news import NoticeWord, tell_notices
from meydan.chat.notice_repository import NoticeRepository, notice_view
from meydan.chat.repository import InvitationRepository, RoomRepository, hash_of_code
from meydan.chat.rooms import RoomService
from meydan.chat.settings import ChatSettings
from meydan.chat.views import InvitationView, RoomView, invitation_view
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings

_OPEN: Final = 200  # at once, of one room


class InvitationService:
    """The ways into rooms."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock, live: LiveSettings, rooms: RoomService) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._live = live
        self._rooms = rooms

    async def make(
        self, actor: Actor, name: str, *, user_id: str | None, max_uses: int, hours: int | None
    ) -> InvitationView:
        """Make a way into a room: a code for whoever holds it, or a notified invitation for one user.

        A user's newer invitation takes the place of an older one that was not used.
        """
        now = self._clock.now()
        hours = hours or self._live.current(ChatSettings).invitation_hours
        code = secrets.token_urlsafe(18)

        def save(session: Session) -> tuple[InvitationView, NoticeView | None, list[str]]:
            room, _ = keep_room(session, actor, name)
            if user_id is not None and not UserRepository(session).existing({user_id}):
                raise MemberMissing(user_id)
            gone = [] if user_id is None else InvitationRepository(session).withdraw(room.id, user_id, now)
            if len(InvitationRepository(session).open(room.id, now)) >= _OPEN:
                raise TooManyInvitations(_OPEN)
            row = Invitation(
                id=new_id(self._clock),
                room_id=room.id,
                code_hash=hash_of_code(code),
                user_id=user_id,
                created_by=actor.id,
                created_at=now,
                expires_at=now + timedelta(hours=hours),
                max_uses=1 if user_id else max_uses,
                uses=0,
            )
            InvitationRepository(session).add(row)
            note(session, actor, "room.invite", room, at=self._clock.now(), invitation=row.id, user=user_id)
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
            return invitation_view(row, room.slug, code), notice, gone

        view, notice, gone = await self._db.write(save)
        if user_id is not None:
            await tell_notices(self._bus, NoticeWord(user_id, notice, gone=gone))
        return view

    async def list(self, actor: Actor, name: str) -> list[InvitationView]:
        """Return the room's open invitations."""

        def read(session: Session) -> list[InvitationView]:
            room, _ = keep_room(session, actor, name)
            rows = InvitationRepository(session).open(room.id, self._clock.now())
            return [invitation_view(row, room.slug, None) for row in rows]

        return await self._db.read(read)

    async def revoke(self, actor: Actor, name: str, invitation_id: str) -> None:
        """Close an invitation."""

        def save(session: Session) -> tuple[str | None, list[str]]:
            room, _ = keep_room(session, actor, name)
            row = InvitationRepository(session).get(room.id, invitation_id) if ID.fullmatch(invitation_id) else None
            if row is None:
                raise InvitationInvalid
            row.revoked_at = self._clock.now()
            gone = []
            if row.user_id is not None:
                gone = InvitationRepository(session).withdraw(room.id, row.user_id, self._clock.now())
            note(session, actor, "room.uninvite", room, at=self._clock.now(), invitation=row.id)
            return row.user_id, gone

        user_id, gone = await self._db.write(save)
        if user_id is not None and gone:
            await tell_notices(self._bus, NoticeWord(user_id, gone=gone))

    async def accept(self, actor: Actor, code: str) -> RoomView:
        """Enter a room by an invitation's code; for who is a member already it costs nothing and never runs out."""
        require_user(actor)
        require_read(actor)

        def save(session: Session) -> tuple[str, list[str]]:
            rooms, invitations = RoomRepository(session), InvitationRepository(session)
            found = invitations.by_code(code)
            if found is None or found[0].user_id not in (None, actor.id):
                raise InvitationInvalid
            invitation, room = found
            rooms.hold(room.id)
            if rooms.member(room.id, actor.id) is None:
                if invitation.user_id is None and invitations.is_shut(room.id, actor.id):
                    raise InvitationInvalid
                invitations.pardon(room.id, actor.id)
                if not invitations.use(invitation, self._clock.now()):
                    raise InvitationInvalid
                add_member(session, room, actor.id, self._clock.now())
            return room.slug, NoticeRepository(session).read_invitations(actor.id, room.id, self._clock.now())

        name, read = await self._db.write(save)
        if read:
            await tell_notices(self._bus, NoticeWord(actor.id, read=read))
        return await self._rooms.room(actor, name)

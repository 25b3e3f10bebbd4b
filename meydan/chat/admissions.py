"""Invitations as a newcomer meets them: what one leads to, and how an account is made by one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.origin import Origin
from meydan.accounts.repository import UserRepository
from meydan.accounts.throttle import Throttle
from meydan.chat.access import add_member, member_id, require_read
from meydan.chat.errors import InvitationInvalid
from meydan.chat.models import Invitation, Room, RoomKind
from meydan.chat.repository import InvitationRepository, RoomRepository
from meydan.platform.clock import Clock
from meydan.platform.db import Database

_LOOKS_PER_MINUTE = 300  # of one address: a class may open one link at once


@dataclass(frozen=True, slots=True)
class Preview:
    """Where an invitation leads and who gave it.

    `newcomers` tells whether an account can be made by it, `member` whether the reader is in that room already.
    """

    room: str
    title: str
    topic: str
    private: bool
    invited_by: str
    expires_at: datetime
    newcomers: bool
    member: bool


class RoomAdmissions:
    """Lets newcomers in by the links that members of rooms give away; one that is for a user is for them alone."""

    def __init__(self, *, db: Database, throttle: Throttle, clock: Clock) -> None:
        self._db = db
        self._throttle = throttle
        self._clock = clock

    async def look(self, code: str, *, actor: Actor | None, origin: Origin) -> Preview:
        """Return what an invitation leads to; raise `InvitationInvalid` when it lets this reader in no more."""
        require_read(actor)
        reader = member_id(actor)
        await self._throttle.budget(f"invitation:{origin.line}", most=_LOOKS_PER_MINUTE, seconds=60)

        def read(session: Session) -> Preview:
            found = InvitationRepository(session).by_code(code)
            if found is None:
                raise InvitationInvalid
            invitation, room = found
            inside = reader is not None and RoomRepository(session).member(room.id, reader) is not None
            for_another = reader is not None and invitation.user_id not in (None, reader)
            shut = reader is not None and InvitationRepository(session).is_shut(room.id, reader)
            if (
                for_another
                or (shut and invitation.user_id is None)
                or not (inside or InvitationRepository(session).lets_in(invitation, self._clock.now()))
            ):
                raise InvitationInvalid
            names = UserRepository(session).names({invitation.created_by})
            return Preview(
                room=room.slug,
                title=room.title,
                topic=room.topic,
                private=room.kind != RoomKind.PUBLIC,
                invited_by=names.get(invitation.created_by) or invitation.created_by,
                expires_at=invitation.expires_at,
                newcomers=invitation.user_id is None,
                member=inside,
            )

        return await self._db.read(read)

    def check(self, session: Session, code: str) -> None:
        """Raise `InvitationInvalid` when the code lets no newcomer in."""
        invitation, _ = self._for_newcomers(session, code)
        if not InvitationRepository(session).lets_in(invitation, self._clock.now()):
            raise InvitationInvalid

    def take(self, session: Session, code: str, username: str) -> None:
        """Use the invitation and make the new account a member of its room."""
        invitation, room = self._for_newcomers(session, code)
        RoomRepository(session).hold(room.id)
        if not InvitationRepository(session).use(invitation, self._clock.now()):
            raise InvitationInvalid
        add_member(session, room, username, self._clock.now())

    def _for_newcomers(self, session: Session, code: str) -> tuple[Invitation, Room]:
        found = InvitationRepository(session).by_code(code)
        if found is None or found[0].user_id is not None:
            raise InvitationInvalid
        return found

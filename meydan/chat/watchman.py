"""The watch: whether those who are connected still may be, and in the rooms they are in, as the database has it.

Accounts, sign-ins and rooms change with a word on the bus. This is for the word that was lost, and for what ends
without one because its time has run out.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from meydan.accounts.actor import KEY_SESSION, Actor
from meydan.accounts.models import ApiKey, SignIn, User
from meydan.accounts.names import ENVIRONMENT_ID
from meydan.accounts.permissions import Role
from meydan.chat.channel import RoomChannel
from meydan.chat.models import Member, Room
from meydan.platform.clock import Clock
from meydan.platform.db import Database

T = TypeVar("T")
_AT_ONCE = 5_000  # what one query may name


@dataclass
class Standing:
    """Who of the asked is an active user, and as what; which sign-ins and rooms are open; who is in which room."""

    roles: dict[str, Role] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    rooms: set[int] = field(default_factory=set)
    members: set[tuple[int, str]] = field(default_factory=set)

    def is_gone(self, actor: Actor) -> bool:
        """Tell whether the account is closed."""
        return _has_account(actor) and actor.id not in self.roles

    def is_changed(self, actor: Actor) -> bool:
        """Tell whether the actor has another role now, or the sign-in or key is over."""
        return _has_account(actor) and (self.roles[actor.id] is not actor.role or actor.session not in self.sessions)

    def is_shut_out(self, actor: Actor, channel: RoomChannel) -> bool:
        """Tell whether the room is archived, or private and the actor no member."""
        return channel.room_id not in self.rooms or (
            not channel.public and (channel.room_id, actor.id) not in self.members
        )


class Watchman:
    """Asks the database about everybody who is here."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def look(self, actors: Iterable[Actor], channels: Collection[RoomChannel]) -> Standing:
        """Return how these people and rooms stand."""
        standing = Standing()
        people = [actor for actor in actors if _has_account(actor)]
        names = list({actor.id for actor in people})
        sessions = list({actor.session for actor in people})
        keys = list({actor.api_key for actor in people if actor.api_key is not None})
        rooms = list({channel.room_id for channel in channels})
        private = list({channel.room_id for channel in channels if not channel.public})

        def read(session: Session) -> None:
            now = self._clock.now()
            for some in _pieces(names):
                users = session.execute(select(User.username, User.role).where(User.username.in_(some), User.active))
                standing.roles.update((username, Role(role)) for username, role in users)
            for some in _pieces(sessions):
                open_ = select(SignIn.id).where(SignIn.revoked_at.is_(None), SignIn.expires_at > now)
                standing.sessions.update(session.scalars(open_.where(SignIn.id.in_(some))))
            for some in _pieces(keys):
                good = select(ApiKey.id).where(or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now))
                found = session.scalars(good.where(ApiKey.id.in_(some)))
                standing.sessions.update(f"{KEY_SESSION}{key_id}" for key_id in found)
            for numbers in _pieces(rooms):
                standing.rooms.update(
                    session.scalars(select(Room.id).where(Room.archived_at.is_(None), Room.id.in_(numbers)))
                )
            for numbers in _pieces(private):
                inside = session.execute(select(Member.room_id, Member.user_id).where(Member.room_id.in_(numbers)))
                standing.members.update((room_id, user_id) for room_id, user_id in inside)

        await self._db.read(read)
        return standing


def _has_account(actor: Actor) -> bool:
    return not actor.is_guest and actor.id != ENVIRONMENT_ID


def _pieces(names: Sequence[T]) -> Iterable[Sequence[T]]:
    return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))

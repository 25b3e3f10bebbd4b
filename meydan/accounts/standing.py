"""How each sign-in stands now, kept in memory and dropped at once when any node changes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy.orm import Session

from meydan.accounts.errors import SessionInvalid, UserInactive
from meydan.accounts.events import (
    NAMES_CHANNEL,
    SIGN_INS_CHANNEL,
    USERS_CHANNEL,
    NameWord,
    SignInEnded,
    UserAdded,
    UserChanged,
    UserRenamed,
)
from meydan.accounts.permissions import Role
from meydan.accounts.repository import SignInRepository, UserRepository
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database

_SECONDS: Final = 30.0  # how long a lost word from the bus can matter
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Who an open sign-in belongs to, and what they are now."""

    username: str
    name: str
    role: Role
    locale: str


class Standings:
    """Answers from memory; asks the database for what it does not know or has heard a change of."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._known: dict[str, tuple[Standing, float]] = {}
        self._changes = 0

    async def start(self) -> None:
        """Follow what other nodes change."""
        await self._bus.subscribe(USERS_CHANNEL, self._hearing(UserChanged), resync=self._forget_all)
        await self._bus.subscribe(SIGN_INS_CHANNEL, self._hearing(SignInEnded), resync=self._forget_all)
        await self._bus.subscribe(NAMES_CHANNEL, self._hearing(NameWord), resync=self._forget_all)

    async def of(self, sign_in: str) -> Standing:
        """Return how the sign-in stands; raise `SessionInvalid` when it is over, `UserInactive` when its user is."""
        known = self._known.get(sign_in)
        if known is not None and known[1] > self._clock.monotonic():
            return known[0]
        changes = self._changes
        found = await self._db.read(lambda session: self._read(session, sign_in))
        if changes == self._changes:  # else what was read may be older than the change that was heard meanwhile
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[sign_in] = (found, self._clock.monotonic() + _SECONDS)
        return found

    def forget(self, username: str) -> None:
        """Drop what is known of a user."""
        self._changes += 1
        self._known = {key: entry for key, entry in self._known.items() if entry[0].username != username}

    async def changed(self, username: str, *, role: Role, active: bool) -> None:
        """Tell every node that a user is not what they were."""
        self.forget(username)
        await self._bus.publish(USERS_CHANNEL, msgspec.json.encode(UserChanged(username, role.value, active)))

    async def added(self, username: str) -> None:
        """Tell every node that a username is taken."""
        await self._bus.publish(NAMES_CHANNEL, msgspec.json.encode(UserAdded(username)))

    async def renamed(self, shown: Mapping[str, str]) -> None:
        """Tell every node under which other names users are shown from now on."""
        for username, name in shown.items():
            self.forget(username)
            await self._bus.publish(NAMES_CHANNEL, msgspec.json.encode(UserRenamed(username, name)))

    async def ended(self, username: str, session: str) -> None:
        """Tell every node that a sign-in or an API key of a user is over."""
        self.forget(username)
        await self._bus.publish(SIGN_INS_CHANNEL, msgspec.json.encode(SignInEnded(username, session)))

    def _forget_all(self) -> None:
        self._changes += 1
        self._known.clear()

    def _hearing(self, event: Any) -> Callable[[bytes], None]:
        def heard(message: bytes) -> None:
            self.forget(msgspec.json.decode(message, type=event).user_id)

        return heard

    def _read(self, session: Session, sign_in: str) -> Standing:
        row = SignInRepository(session).get(sign_in)
        if row is None or row.revoked_at is not None or row.expires_at <= self._clock.now():
            raise SessionInvalid
        user = UserRepository(session).get(row.username)
        if user is None:
            raise SessionInvalid
        if not user.active:
            raise UserInactive
        return Standing(user.username, user.shown_name, Role(user.role), user.locale)

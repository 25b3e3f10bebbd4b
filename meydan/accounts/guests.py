"""Guests: people without an account. Each has an id, which is the session's, and a label, which is whatever they say.

A label may be any name and may repeat; only the id says who somebody is. Over HTTP the id is made from the session. On
the bare socket the name in the path is id and label while that id is free and does not look like the username of
somebody who moderates, else the same rule holds as over HTTP.
"""

from hashlib import blake2b
from typing import Final

from meydan.accounts.actor import Actor
from meydan.accounts.errors import GuestsClosed, NameReserved
from meydan.accounts.imitation import is_of_staff
from meydan.accounts.names import GUEST_PREFIX, is_reserved, is_username
from meydan.accounts.origin import Origin
from meydan.accounts.permissions import Role
from meydan.accounts.repository import UserRepository
from meydan.accounts.settings import AccountsSettings
from meydan.accounts.throttle import Throttle
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.errors import InvalidInput
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings
from meydan.platform.settings import Settings
from meydan.platform.visible import is_blank, one_line

CLAIM_SECONDS: Final = 90.0
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # none is taken for another
_LETTERS_OF_ID: Final = 6
_LABEL: Final = 64


class Guests:
    """Lets guests in, as many a minute from one address as an operator allows, and says whether they may stay."""

    def __init__(
        self,
        *,
        db: Database,
        store: EphemeralStore,
        clock: Clock,
        live: LiveSettings,
        settings: Settings,
        throttle: Throttle,
    ) -> None:
        self._db = db
        self._store = store
        self._clock = clock
        self._live = live
        self._settings = settings
        self._throttle = throttle

    @property
    def welcome(self) -> bool:
        """Whether guests are let in now."""
        live = self._live.current(AccountsSettings).guests
        return self._settings.guests_allowed if live is None else live

    async def open(self, label: str, origin: Origin) -> Actor:
        """Let somebody in as `label`, under an id of the session that nobody has."""
        label = await self._admit(label, origin)
        while True:
            guest = self._actor(label, origin)
            if await self._is_free(guest):
                return guest

    async def at_door(self, path: str, origin: Origin) -> Actor:
        """Let somebody in who says nothing but a name: it is their id too, while it is free."""
        label = await self._admit(path, origin)
        own = is_username(path) and not path.startswith(GUEST_PREFIX)  # such an id waits for whoever holds its token
        if own and not await self._db.read(lambda session: is_of_staff(UserRepository(session), path)):
            guest = self._actor(label, origin, guest_id=path)
            if await self._is_free(guest):
                return guest
        while True:
            guest = self._actor(label, origin)
            if await self._is_free(guest):
                return guest

    async def may_stay(self, guest: Actor) -> bool:
        """Tell whether a guest who was let in is still welcome, and the id no account's."""
        return self.welcome and not await self._is_registered(guest.id)

    async def _admit(self, label: str, origin: Origin) -> str:
        if not self.welcome:
            raise GuestsClosed
        label = one_line(label)
        if is_blank(label):
            raise InvalidInput(field="name", reason="nothing_visible")
        if len(label) > _LABEL:
            raise InvalidInput(field="name", reason="string_too_long", max_length=_LABEL)
        if is_reserved(label):
            raise NameReserved(label, field="name")
        most = self._live.current(AccountsSettings).guests_per_minute
        await self._throttle.budget(f"guest:{origin.line}", most=most, seconds=60)
        return label

    def _actor(self, label: str, origin: Origin, *, guest_id: str = "") -> Actor:
        session = new_id(self._clock)
        return Actor(guest_id or id_of(session), label, Role.GUEST, session, origin=origin)

    async def _is_free(self, guest: Actor) -> bool:
        """Hold the guest's id, unless it is an account's or another guest's."""
        if await self._is_registered(guest.id):
            return False
        return await self._store.claim(claim_of(guest.id), guest.session, seconds=CLAIM_SECONDS) == guest.session

    async def _is_registered(self, name: str) -> bool:
        return bool(await self._db.read(lambda session: UserRepository(session).existing([name])))


def claim_of(guest_id: str) -> str:
    """Return the key under which a guest's id is held."""
    return f"guest:{guest_id}"


def id_of(session: str) -> str:
    """Return the id of a guest's session, as in `misafir-7k2f9q`."""
    number = int.from_bytes(blake2b(session.encode(), digest_size=8).digest())
    letters = []
    for _ in range(_LETTERS_OF_ID):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return GUEST_PREFIX + "".join(letters)

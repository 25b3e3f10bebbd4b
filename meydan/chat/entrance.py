"""The door: who a new connection is, and whether a guest's id is held."""

import contextlib

from meydan import __version__
from meydan.accounts.actor import Actor
from meydan.accounts.guests import CLAIM_SECONDS, claim_of
from meydan.accounts.service import AccountService, BadTicket
from meydan.chat import wire
from meydan.chat.connection import CLOSE_BAD_TICKET, CLOSE_LATER, CLOSE_NOT_ALLOWED, CLOSE_RESTARTING, Connection
from meydan.platform.clock import Clock
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.errors import MeydanError, NotAllowed, RateLimited, Unavailable
from meydan.platform.texts import Language, text


class NameTaken(NotAllowed):
    """Another guest is here under this id."""

    status, code = 409, "ad_kullanimda"

    def __init__(self, name: str) -> None:
        super().__init__(ad=name)


class Entrance:
    """Turns a ticket, or a guest's name, into an `Actor`; keeps guests' ids from being used twice."""

    def __init__(self, *, accounts: AccountService, store: EphemeralStore, clock: Clock) -> None:
        self._accounts = accounts
        self._store = store
        self._clock = clock
        self._held: dict[str, str] = {}  # guests' ids, each with the session that holds it

    @property
    def guests_welcome(self) -> bool:
        """Whether guests are let in now."""
        return self._accounts.guests.welcome

    async def identify(self, connection: Connection) -> Actor:
        """Return who this is; raise `BadTicket`, `NameTaken` or `NotAllowed`."""
        if connection.ticket is not None:
            actor = await self._accounts.redeem_ticket(connection.ticket, origin=connection.origin)
            connection.ticket = None
            if connection.wanted_language is None:
                connection.language = await self._accounts.language_of(actor) or connection.language
            if actor.id != connection.path_id:
                raise NotAllowed(izin="kullanici_id")
        else:
            actor = await self._accounts.guests.at_door(connection.path_id, connection.origin)
        if actor.is_guest:
            await self._claim(connection, actor)
        return actor

    async def release(self, guest: Actor) -> None:
        """Free a guest's id."""
        if self._held.get(guest.id) == guest.session:
            del self._held[guest.id]
            with contextlib.suppress(Unavailable):  # it expires by itself
                await self._store.release(claim_of(guest.id), guest.session)

    def hand_over(self, name: str, session: str) -> None:
        """Let another node hold a guest's id, who has entered again there."""
        if self._held.get(name) == session:
            del self._held[name]

    async def renew(self) -> None:
        """Hold the ids of the guests who are here; to be called three times within `CLAIM_SECONDS`."""
        for name, session in tuple(self._held.items()):
            await self._store.claim(claim_of(name), session, seconds=CLAIM_SECONDS)

    def greeting(self, actor: Actor, language: Language, *, limits: dict[str, int]) -> bytes:
        """Return the first frame of a connection."""
        return wire.welcome(
            text=text(language, "chat.welcome"),
            at=self._clock.now(),
            user_id=actor.id,
            name=actor.name,
            role=actor.role.value,
            guest=actor.is_guest,
            version=__version__,
            limits=limits,
        )

    def close_code(self, error: MeydanError) -> int:
        """Return the close code that goes with a refusal at the door."""
        if isinstance(error, BadTicket):
            return CLOSE_BAD_TICKET
        if isinstance(error, RateLimited):
            return CLOSE_LATER
        return CLOSE_NOT_ALLOWED if error.status < 500 else CLOSE_RESTARTING

    async def _claim(self, connection: Connection, actor: Actor) -> None:
        if await self._store.claim(claim_of(actor.id), actor.session, seconds=CLAIM_SECONDS) != actor.session:
            raise NameTaken(actor.id)
        self._held[actor.id] = actor.session
        connection.holds_id = True

"""The sessions of this square's folder: who may see them, and who may put them away."""

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.telegram.client.errors import SessionNotConfirmed
from meydan.telegram.client.listing import SessionListing, SessionView


class SessionService:
    """Telegram accounts that are signed in on this machine; their keys never leave the folder."""

    def __init__(self, *, db: Database, clock: Clock, listing: SessionListing) -> None:
        self._db = db
        self._clock = clock
        self._listing = listing

    async def sessions(self, actor: Actor) -> list[SessionView]:
        """Return every session by name."""
        actor.require(Permission.TELEGRAM_READ)
        return await self._listing.sessions()

    async def put_away(self, actor: Actor, name: str, *, confirmed: str) -> None:
        """Put a session away, or delete one that was put away before, once its name was repeated."""
        actor.require(Permission.TELEGRAM_MANAGE)
        if confirmed != name:
            raise SessionNotConfirmed(name)
        done = await self._listing.put_away(name)

        def note(session: Session) -> None:
            AuditRepository(session).note(actor, f"telegram.session_{done}", name, at=self._clock.now())

        await self._db.write(note)

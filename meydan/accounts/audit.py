"""Reading the audit log; lines are written by the services, in the transaction of what they tell of."""

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.accounts.views import AuditView, Page, audit_view
from meydan.platform.db import Database


class AuditService:
    """Who may read what was done."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    async def page(
        self, actor: Actor, *, by: str = "", action: str = "", before: int | None = None, limit: int = 50
    ) -> Page[AuditView]:
        """Return lines, newest first."""
        actor.require(Permission.AUDIT_READ)

        def read(session: Session) -> list[AuditView]:
            rows = AuditRepository(session).page(actor_id=by, action=action, before=before, limit=limit + 1)
            return [audit_view(row) for row in rows]

        found = await self._db.read(read)
        return Page(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

"""Reading the audit log; lines are written by the services, in the transaction of what they tell of."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.orders import AuditOrder, AuditPlace
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.accounts.views import AuditView, Page, audit_view
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_in
from meydan.platform.db import Database


class AuditService:
    """Who may read what was done."""

    def __init__(self, *, db: Database) -> None:
        self._db = db

    async def page(
        self,
        actor: Actor,
        *,
        by: str = "",
        action: str = "",
        order: AuditOrder = AuditOrder.NEWEST,
        after: str = "",
        limit: int = 50,
    ) -> Page[AuditView]:
        """Return lines in `order`; raise `CursorInvalid` when `after` comes from the other one."""
        actor.require(Permission.AUDIT_READ)
        last = place_in(order, after, AuditPlace)

        def read(session: Session) -> list[AuditView]:
            rows = AuditRepository(session).page(actor_id=by, action=action, order=order, after=last, limit=limit + 1)
            return [audit_view(row) for row in rows]

        found = await self._db.read(read)
        return Page(found[:limit], cursor(AuditPlace(order, found[limit - 1].id)) if len(found) > limit else None)


def settings_note(clock: Clock, section: str, actor: Actor) -> Callable[[Session, dict[str, Any]], None]:
    """Return what writes the line about changed live settings."""

    def note(session: Session, values: dict[str, Any]) -> None:
        AuditRepository(session).note(actor, "settings.changed", section, at=clock.now(), **values)

    return note

"""What the `meydan` command did to people, heard where no bus carries it: on a square without Redis."""

from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.imitation import alike
from meydan.accounts.models import User
from meydan.accounts.names import CONSOLE_ID
from meydan.accounts.permissions import Role
from meydan.accounts.repository import AuditRepository, UserRepository
from meydan.accounts.standing import Standings
from meydan.platform.db import Database

EVERY: Final = 1.0
_LATE: Final = 500  # lines: PostgreSQL shows one with a lower number after those that were committed before it


class ConsoleNews:
    """Looks for new lines of the console in the audit log, and tells this node whom they are about."""

    def __init__(self, *, db: Database, standings: Standings) -> None:
        self._db = db
        self._standings = standings
        self._newest: int | None = None
        self._told: set[int] = set()

    async def look(self) -> None:
        """Tell of everybody who was changed since the last look, and of those who look like them.

        The first look only finds out where the log ends.
        """

        def read(session: Session) -> tuple[int, set[int], list[User], dict[str, str]]:
            lines, users = AuditRepository(session), UserRepository(session)
            newest = lines.newest_id()
            before = newest if self._newest is None else self._newest
            found = lines.since(before - _LATE, actor_id=CONSOLE_ID)
            new = [] if self._newest is None else [line for line in found if line.id not in self._told]
            people = {line.target for line in new if line.action.startswith("user.") and line.target is not None}
            changed = users.many(people)
            shown = {other.username: other.shown_name for user in changed for other in alike(users, user)}
            return newest, {line.id for line in found}, changed, shown

        self._newest, self._told, changed, shown = await self._db.read(read)
        for user in changed:
            await self._standings.changed(user.username, role=Role(user.role), active=user.active)
        await self._standings.renamed(shown)

"""Notifications as their user meets them: listed, and read."""

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.chat.events import NoticeView
from meydan.chat.news import NoticeWord, tell_notices
from meydan.chat.notice_repository import NoticeRepository
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database


class NoticeService:
    """The notifications of users; guests have none."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock

    async def page(
        self, actor: Actor, *, unread_only: bool, before: str | None, limit: int
    ) -> tuple[list[NoticeView], int]:
        """Return the actor's notifications, newest first, and how many are unread."""
        actor.require(Permission.ROOMS_READ)

        def read(session: Session) -> tuple[list[NoticeView], int]:
            notices = NoticeRepository(session)
            if actor.is_guest:
                return [], 0
            shown = notices.page(actor.id, unread_only=unread_only, before=before, limit=limit)
            return shown, notices.unread(actor.id)

        return await self._db.read(read)

    async def mark_read(self, actor: Actor, ids: list[str] | None) -> None:
        """Mark these, or all, of the actor's notifications as read, and tell the actor's connections."""
        actor.require(Permission.ROOMS_WRITE)
        if actor.is_guest:
            return
        now = self._clock.now()
        read = await self._db.write(lambda session: NoticeRepository(session).mark_read(actor.id, ids, now))
        if read:
            await tell_notices(self._bus, NoticeWord(actor.id, read=read))

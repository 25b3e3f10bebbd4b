"""What befalls a bot, written down for its operators and for the process that has it next.

Nothing here stops a bot from working: while the database is away it goes unwritten.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database, insert_missing, rows_changed
from meydan.platform.errors import Unavailable
from meydan.telegram.events import BOTS_CHANNEL, BotsChanged
from meydan.telegram.limiter import Penalty
from meydan.telegram.models import Bot, Chat, StoredPenalty

log = structlog.get_logger(__name__)


class BotRecords:
    """The rows of bots, their chats and their penalties, as those who run bots change them."""

    def __init__(self, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._noting = asyncio.Lock()  # what was noted last stands last

    async def switch_off(self, bot_id: str, sealed: str, reason: str) -> None:
        """Switch a bot off whose token is no longer good, unless it has another by now; what is queued stays queued."""
        log.error("telegram.token_revoked", bot=bot_id)
        now = self._clock.now()
        off = (
            update(Bot)
            .where(Bot.id == bot_id, Bot.token == sealed)
            .values(enabled=False, last_error=reason[:300], last_error_at=now)
        )
        with contextlib.suppress(Unavailable):  # it starts again and is told again
            await self._db.write(lambda session: rows_changed(session, off))

    async def note(self, bot_id: str, reason: str | None, at: datetime) -> None:
        """Keep a bot's last error for its operators; nothing when it is over."""
        kept = None if reason is None else reason[:300]
        note = update(Bot).where(Bot.id == bot_id).values(last_error=kept, last_error_at=None if kept is None else at)
        if kept is None:
            note = note.where(Bot.enabled)  # what switched a bot off stays to be read
        async with self._noting:
            with contextlib.suppress(Unavailable):
                await self._db.write(lambda session: rows_changed(session, note))

    async def forbid(self, bot_id: str, chat_id: int, reason: str) -> None:
        """Keep that a bot may not write in a chat, be it one that it was never heard to be in."""
        status = "kicked" if "kicked" in reason or "blocked" in reason else "restricted"
        now = self._clock.now()
        kind = "private" if chat_id > 0 else "group"

        def save(session: Session) -> None:
            row = {
                "bot_id": bot_id, "chat_id": chat_id, "kind": kind, "title": str(chat_id), "forum": False,
                "status": status, "rights": {}, "shared": False, "seen_at": now,
            }  # fmt: skip
            session.execute(insert_missing(session, Chat), [row])
            session.execute(update(Chat).where(Chat.bot_id == bot_id, Chat.chat_id == chat_id).values(status=status))

        with contextlib.suppress(Unavailable, IntegrityError):  # or the bot was removed a moment ago
            await self._db.write(save)
            await self._bus.publish(BOTS_CHANNEL, msgspec.json.encode(BotsChanged(bot_id)))

    async def keep_penalties(self, penalties: list[Penalty]) -> None:
        """Write down what is held back, for a limiter that forgets with its process."""
        now = self._clock.now()

        def save(session: Session) -> None:
            for penalty in penalties:
                until = now + timedelta(seconds=penalty.seconds)
                session.merge(
                    StoredPenalty(bot_id=penalty.bot_id, chat_id=penalty.chat_id, until=until, strikes=penalty.strikes)
                )

        with contextlib.suppress(Unavailable, IntegrityError):  # or the bot was removed a moment ago
            await self._db.write(save)

    async def penalties(self, bot_id: str) -> list[Penalty]:
        """Return what is still held back for a bot."""
        now = self._clock.now()
        return await self._db.read(lambda session: stored_penalties(session, bot_id, now))


def stored_penalties(session: Session, bot_id: str, now: datetime) -> list[Penalty]:
    """Return what was written down of a bot's 429s, as far as it is still waited out."""
    rows = session.scalars(select(StoredPenalty).where(StoredPenalty.bot_id == bot_id, StoredPenalty.until > now))
    return [Penalty(bot_id, row.chat_id, (row.until - now).total_seconds(), row.strikes) for row in rows]

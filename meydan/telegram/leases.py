"""Which process runs which bot."""

import math
from collections.abc import Container
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from meydan.platform.db import insert_missing, rows_changed
from meydan.telegram.models import Bot, Worker


class BotLeases:
    """Which process runs which bot."""

    def __init__(self, session: Session, *, worker: str, now: datetime) -> None:
        self._session = session
        self._worker = worker
        self._now = now

    def share(self, *, until: datetime, running: Container[str]) -> dict[str, Bot]:
        """Say that this process is alive, keep its bots, take its share of those without one, and return all it has.

        Of what is more than its share it leaves to others what is not `running` here.
        """
        session, now = self._session, self._now
        session.execute(insert_missing(session, Worker), [{"id": self._worker, "seen_until": until}])
        session.execute(update(Worker).where(Worker.id == self._worker).values(seen_until=until))
        session.execute(delete(Worker).where(Worker.seen_until < now - timedelta(hours=1)))
        workers = session.scalar(select(func.count()).where(Worker.seen_until >= now)) or 1
        bots = list(session.scalars(select(Bot).where(Bot.enabled).order_by(Bot.id)))
        share = math.ceil(len(bots) / workers)
        mine = [bot for bot in bots if bot.owner == self._worker]
        for bot in mine[share:]:
            if bot.id not in running:
                self.release(bot.id)
        held: dict[str, Bot] = {}
        for bot in (*mine[:share], *(bot for bot in bots if bot.owner != self._worker)):
            if len(held) < share and self.hold(bot.id, until=until):
                held[bot.id] = bot
        return held

    def hold(self, bot_id: str, *, until: datetime) -> bool:
        """Take or keep a bot; False when another process has it or it is switched off."""
        return bool(
            rows_changed(
                self._session,
                update(Bot)
                .where(
                    Bot.id == bot_id,
                    Bot.enabled,
                    (Bot.owner.is_(None)) | (Bot.owner == self._worker) | (Bot.owner_until < self._now),
                )
                .values(owner=self._worker, owner_until=until),
            )
        )

    def release(self, bot_id: str) -> None:
        """Leave a bot to others."""
        self._session.execute(
            update(Bot).where(Bot.id == bot_id, Bot.owner == self._worker).values(owner=None, owner_until=None)
        )

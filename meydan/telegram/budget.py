"""How full a bot's budgets are, for its operators."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.platform.db import Database
from meydan.telegram.errors import BotMissing
from meydan.telegram.limiter import Gauge, Holder, Limiter
from meydan.telegram.limits import Ask
from meydan.telegram.models import Bot, Send

_CHATS = 20


@dataclass(frozen=True, slots=True)
class GaugeView:
    """How full one window is."""

    scope: Holder
    chat_id: int | None
    used: int
    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PenaltyView:
    """A 429 that is waited out."""

    chat_id: int | None
    seconds: float
    strikes: int


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A bot's windows and penalties at one moment."""

    gauges: list[GaugeView]
    penalties: list[PenaltyView]


class BudgetService:
    """Reads the limiter."""

    def __init__(self, *, db: Database, limiter: Limiter) -> None:
        self._db = db
        self._limiter = limiter

    async def of(self, actor: Actor, bot_id: str) -> BudgetView:
        """Return the budget of a bot, over all chats and in those where it last had something to say."""
        actor.require(Permission.TELEGRAM_READ)

        def read(session: Session) -> list[tuple[int, bool]]:
            if session.get(Bot, bot_id) is None:
                raise BotMissing(bot_id)
            latest = select(Send.chat_id, Send.shared).where(Send.bot_id == bot_id).order_by(Send.id.desc()).limit(500)
            return list(dict.fromkeys((chat_id, shared) for chat_id, shared in session.execute(latest)))[:_CHATS]

        chats = await self._db.read(read)
        gauges = [
            _view(Holder.BOT, None, gauge) for gauge in (await self._limiter.gauges(Ask(bot_id, 0))).get(Holder.BOT, [])
        ]
        for chat_id, shared in chats:
            found = await self._limiter.gauges(Ask(bot_id, chat_id, group=chat_id < 0, shared=shared))
            gauges += [
                _view(scope, chat_id, gauge) for scope in (Holder.CHAT, Holder.SHARED) for gauge in found.get(scope, [])
            ]
        penalties = [
            PenaltyView(penalty.chat_id or None, penalty.seconds, penalty.strikes)
            for penalty in await self._limiter.penalties(bot_id)
        ]
        return BudgetView(gauges, penalties)


def _view(scope: Holder, chat_id: int | None, gauge: Gauge) -> GaugeView:
    return GaugeView(scope, chat_id, gauge.used, gauge.count, gauge.seconds)

"""How full a bot's budgets are and what Telegram holds back, for its operators."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput
from meydan.telegram.bot_records import stored_penalties
from meydan.telegram.errors import BotMissing
from meydan.telegram.events import BOTS_CHANNEL, BotsChanged
from meydan.telegram.limiter import Gauge, Holder, Limiter, Penalty, bounded
from meydan.telegram.limits import Ask
from meydan.telegram.models import Bot, Send, StoredPenalty

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
    """Reads the limiter, and lifts what it holds back."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock, limiter: Limiter) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
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
        now = self._clock.now()
        # Another process may have been told, whose limiter stands in its memory.
        stored = await self._db.read(lambda session: stored_penalties(session, bot_id, now))
        held: dict[int, Penalty] = {}
        for penalty in (*stored, *await self._limiter.penalties(bot_id)):
            held[penalty.chat_id] = max(penalty, held.get(penalty.chat_id, penalty), key=lambda one: one.seconds)
        penalties = [
            PenaltyView(chat_id or None, bounded(chat_id, penalty.seconds), penalty.strikes)
            for chat_id, penalty in sorted(held.items())
        ]
        return BudgetView(gauges, penalties)

    async def lift(self, actor: Actor, bot_id: str, *, chat_id: int | None = None) -> None:
        """Let a bot try again before a 429 is waited out: in one chat, or where the bot as a whole is held back."""
        actor.require(Permission.TELEGRAM_MANAGE)
        if chat_id == 0:
            raise InvalidInput(field="chat_id", reason="no_chat")
        now, held = self._clock.now(), chat_id or 0

        def save(session: Session) -> None:
            bot = session.get(Bot, bot_id)
            if bot is None:
                raise BotMissing(bot_id)
            session.execute(delete(StoredPenalty).where(StoredPenalty.bot_id == bot_id, StoredPenalty.chat_id == held))
            AuditRepository(session).note(actor, "telegram.hold_lift", bot.username, at=now, bot=bot_id, chat=chat_id)

        await self._db.write(save)
        await self._limiter.lift(bot_id, held)
        await self._bus.publish(BOTS_CHANNEL, msgspec.json.encode(BotsChanged(bot_id, lifted=held)))


def _view(scope: Holder, chat_id: int | None, gauge: Gauge) -> GaugeView:
    return GaugeView(scope, chat_id, gauge.used, gauge.count, gauge.seconds)

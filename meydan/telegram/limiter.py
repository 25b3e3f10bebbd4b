"""Keeps the budget of `limits`: who may send now, who must wait, and how long."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from meydan.telegram.limits import Ask, TelegramLimits, Window


class Holder(StrEnum):
    """Which budget makes an ask wait."""

    CHAT = "chat"
    BOT = "bot"
    SHARED = "shared"
    PENALTY = "penalty"


class Grant(NamedTuple):
    """A slot that is taken; it counts as full until settled or given back, or until it is forgotten after a minute.

    The request may leave once `delay` seconds have passed.
    """

    ask: Ask
    ticket: str
    delay: float = 0.0


class Hold(NamedTuple):
    """No slot now. Asking again before `seconds` is no use; then there is one, unless others took it or are under way.

    `holder` is the budget that holds longest.
    """

    ask: Ask
    seconds: float
    holder: Holder


class Penalty(NamedTuple):
    """A 429 that is being waited out. `chat_id` 0: the whole bot."""

    bot_id: str
    chat_id: int
    seconds: float
    strikes: int


@dataclass(frozen=True)
class Gauge:
    """How full one budget is."""

    used: int
    count: int
    seconds: float


class Limiter(Protocol):
    """Exact sliding windows and penalties, shared by whoever shares the engine. Costs count as that many slots."""

    async def take(self, asks: Sequence[Ask], *, lead: float = 0.0) -> list[Grant | Hold]:
        """Answer every ask in order; an earlier grant of the same call counts against the later ones.

        A slot that opens within `lead` seconds is granted already: what a request needs before it leaves can be done
        meanwhile.
        """
        ...

    async def settle(self, grants: Sequence[Grant]) -> None:
        """Count these slots from now on: their requests were answered, or can no longer arrive. Never raises."""
        ...

    async def give_back(self, grants: Sequence[Grant]) -> None:
        """Free these slots: their requests never left. Never raises."""
        ...

    async def punish(self, bot_id: str, chat_id: int, *, seconds: float) -> list[Penalty]:
        """Take note of a 429 and return what is held back because of it: the chat, or also the whole bot."""
        ...

    async def outlook(self, asks: Sequence[Ask], *, ahead: Sequence[int]) -> list[float]:
        """Return for each ask in how many seconds it would be granted with `ahead` others of its lane before it."""
        ...

    async def gauges(self, ask: Ask) -> dict[Holder, list[Gauge]]:
        """Return how full the budgets are that `ask` would draw on."""
        ...

    async def penalties(self, bot_id: str) -> list[Penalty]:
        """Return what is held back for a bot now."""
        ...

    async def restore(self, penalties: Sequence[Penalty]) -> None:
        """Hold back again what was held back before a restart; of two that differ the longer counts."""
        ...


# -- what both engines reckon with ------------------------------------------------------------------------------------

SECOND: Final = 1_000_000
FORGET: Final = 60 * SECOND
QUIET: Final = 60 * SECOND
MARGIN: Final = SECOND // 20
REMEMBER: Final = 60 * SECOND
_EXACT: Final = 2_000

Spans = tuple[tuple[int, int], ...]


class Rules(NamedTuple):
    """The windows of `TelegramLimits` in whole microseconds, so that no engine rounds them differently."""

    private: Spans
    group: Spans
    shared: Spans
    bot: Spans

    @classmethod
    def of(cls, limits: TelegramLimits) -> "Rules":
        """Return the windows that these limits mean."""
        return cls(
            _spans(limits.chat_windows(group=False)),
            _spans(limits.chat_windows(group=True)),
            _spans(limits.shared_windows()),
            _spans(limits.bot_windows()),
        )

    def scopes(self, ask: Ask) -> list[tuple[Holder, Spans]]:
        """Return the budgets that `ask` draws on."""
        bot = (Holder.BOT, self.bot)
        if not ask.chat_id:
            return [bot]
        chat = (Holder.CHAT, self.group if ask.group else self.private)
        return [chat, (Holder.SHARED, self.shared), bot] if ask.shared else [chat, bot]


def keep(scope: Holder, spans: Spans) -> int:
    """Return for how long slots are remembered: a chat's for any window that a setting may give it."""
    return max(span for _, span in spans) if scope is Holder.BOT else REMEMBER


def room_after(moments: Sequence[int], spans: Spans, *, cost: int, now: int) -> int:
    """Return in how many microseconds `cost` more slots fit after these, 0 for now; slots under way lie at `now`."""
    longest = 0
    for units, span in spans:
        staying = max(units - cost, 0)
        if len(moments) > staying:
            longest = max(longest, moments[-1 - staying] + span - now)
    return longest


def eta(budgets: Sequence[tuple[Sequence[int], Spans]], *, ahead: int, cost: int, now: int, start: int) -> int:
    """Return in how many microseconds an ask is granted after `ahead` others, each granted as early as it can be.

    Nothing is granted before `start`. Far ahead it goes on at the pace of the slowest window, which is never too late.
    """
    lines = [(list(moments), spans) for moments, spans in budgets]
    slowest = max((span / units for _, spans in lines for units, span in spans), default=0.0)
    moment = start
    for _ in range(min(ahead, _EXACT)):
        moment = max(moment, *(now + room_after(line, spans, cost=1, now=now) for line, spans in lines))
        for line, _ in lines:
            line.append(moment)
    moment = max(moment, *(now + room_after(line, spans, cost=cost, now=now) for line, spans in lines))
    return moment - now + int(max(0, ahead - _EXACT) * slowest)


def _spans(windows: Sequence[Window]) -> Spans:
    return tuple((window.units, math.ceil(window.seconds * SECOND)) for window in windows)

"""Keeps the budget of `limits`: who may send now, who must wait, and how long."""

import math
from collections.abc import Collection, Sequence
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


class Spent(NamedTuple):
    """A request that some other limiter counted, `seconds` ago."""

    ask: Ask
    seconds: float


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

    async def lift(self, bot_id: str, chat_id: int) -> None:
        """Forget a 429 before it is waited out. `chat_id` 0: that of the whole bot; its chats' stay."""
        ...

    async def restore(self, penalties: Sequence[Penalty]) -> None:
        """Hold back again what was held back before a restart; of two that differ the longer counts."""
        ...

    async def recall(self, spent: Sequence[Spent]) -> None:
        """Count what was sent before a restart; a limiter that outlives its process has counted it already."""
        ...


# -- what both engines reckon with ------------------------------------------------------------------------------------

SECOND: Final = 1_000_000
FORGET: Final = 60 * SECOND
QUIET: Final = 60 * SECOND
MARGIN: Final = SECOND // 20
REMEMBER: Final = 60 * SECOND
_EXACT: Final = 2_000

LONGEST_BOT_HOLD: Final = 300.0
LONGEST_CHAT_HOLD: Final = 86_400.0
"""Seconds. Whatever Telegram tells: a longer wait is broken off by a try, which costs one more 429 at the worst."""


def bounded(chat_id: int, seconds: float) -> float:
    """Return for how long a 429 holds a chat, or with `chat_id` 0 the whole bot."""
    longest = LONGEST_CHAT_HOLD if chat_id else LONGEST_BOT_HOLD
    return min(seconds, longest) if seconds > 0 else 0.0


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


def by_ask(asks: Sequence[Ask], ahead: Sequence[int]) -> dict[Ask, list[int]]:
    """Gather how many stand before each of those that ask for the same."""
    gathered: dict[Ask, list[int]] = {}
    for ask, before in zip(asks, ahead, strict=True):
        gathered.setdefault(ask, []).append(before)
    return gathered


def etas(
    budgets: Sequence[tuple[Sequence[int], Spans]], *, ahead: Collection[int], cost: int, now: int, start: int
) -> dict[int, float]:
    """Return in how many seconds an ask is granted after so many others, each granted as early as it can be.

    Nothing is granted before `start`. Far ahead it goes on at the pace of the slowest window, which is never too late.
    """
    forecast = _Forecast(budgets, now=now, start=start)
    return {before: (forecast.moment(before, cost) - now) / SECOND for before in set(ahead)}


class _Forecast:
    """When a lane that always has something to say is granted one slot after another.

    Once the slots of the past lie outside every window and each grant came one span of the slowest window after the
    grant that many units before it, for as many grants as the largest window that matters looks back, so will every
    later one: what follows is reckoned, not tried.
    """

    def __init__(self, budgets: Sequence[tuple[Sequence[int], Spans]], *, now: int, start: int) -> None:
        self._windows = [(moments, units, span) for moments, spans in budgets for units, span in spans]
        self._start = start
        self._granted: list[int] = []
        self._units, self._span = max(
            ((units, span) for _, units, span in self._windows), key=lambda window: window[1] / window[0]
        )
        self._clear = now + max(span for _, _, span in self._windows)
        # Whoever keeps to the slowest window keeps to a shorter one that holds as much in its time.
        self._reach = max(
            units
            for _, units, span in self._windows
            if units == self._units or units // self._units * self._span < span
        )
        self._alike = 0

    def moment(self, before: int, cost: int) -> int:
        """Return when `cost` more slots are granted after `before` single ones."""
        moment = self._grant(before - 1) if before else self._start
        for past, units, span in self._windows:
            place = before - 1 - max(units - cost, 0)
            if place >= 0:
                moment = max(moment, self._grant(place) + span)
            elif len(past) + place >= 0:
                moment = max(moment, past[place] + span)
        return moment

    def _grant(self, number: int) -> int:
        granted = self._granted
        while len(granted) <= number and self._alike < self._reach and len(granted) < _EXACT:
            self._go_on()
        if number < len(granted):
            return granted[number]
        if self._alike < self._reach:
            return granted[-1] + int((number + 1 - len(granted)) * self._span / self._units)
        turns = (number - len(granted)) // self._units + 1
        return granted[number - turns * self._units] + turns * self._span

    def _go_on(self) -> None:
        granted = self._granted
        count = len(granted)
        moment = granted[-1] if granted else self._start
        for past, units, span in self._windows:
            place = count - units
            if place >= 0:
                opens = granted[place] + span
            elif len(past) + place >= 0:
                opens = past[place] + span
            else:
                continue
            moment = max(moment, opens)
        regular = count >= self._units and moment >= self._clear and moment == granted[-self._units] + self._span
        self._alike = self._alike + 1 if regular else 0
        granted.append(moment)


def _spans(windows: Sequence[Window]) -> Spans:
    return tuple((window.units, math.ceil(window.seconds * SECOND)) for window in windows)

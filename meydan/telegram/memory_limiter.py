"""The limiter of a single process."""

import itertools
import math
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from meydan.platform.clock import Clock
from meydan.telegram.limiter import (
    FORGET,
    MARGIN,
    QUIET,
    REMEMBER,
    SECOND,
    Gauge,
    Grant,
    Hold,
    Holder,
    Penalty,
    Rules,
    Spans,
    Spent,
    bounded,
    by_ask,
    etas,
    keep,
)
from meydan.telegram.limits import Ask, TelegramLimits

Key = tuple[Holder, str, int]


class _Budget:
    """Settled slots by their moments, and those under way by ticket: both in order of time."""

    __slots__ = ("_first", "_moments", "_under_way", "flying")

    def __init__(self) -> None:
        self._moments = array("q")
        self._first = 0
        self._under_way: dict[str, tuple[int, int]] = {}
        self.flying = 0

    def trim(self, now: int, age: int) -> None:
        """Settle what was never settled, and forget what no window reaches any more."""
        while self._under_way:
            ticket, (_, since) = next(iter(self._under_way.items()))
            if since + FORGET > now:
                break
            self.end(ticket, since + FORGET)
        while self._first < len(self._moments) and self._moments[self._first] + age <= now:
            self._first += 1
        if self._first * 2 > len(self._moments):
            del self._moments[: self._first]
            self._first = 0

    def idle(self) -> bool:
        """Tell whether nothing is left to remember."""
        return not self._under_way and self._first == len(self._moments)

    def begin(self, ticket: str, cost: int, now: int) -> None:
        """Let `cost` slots be under way."""
        self._under_way[ticket] = (cost, now)
        self.flying += cost

    def end(self, ticket: str, moment: int | None) -> None:
        """Count the slots of a ticket from `moment` on; without one, free them."""
        cost, _ = self._under_way.pop(ticket, (0, 0))
        self.flying -= cost
        if moment is not None:
            self._moments.extend([moment] * cost)

    def recall(self, moments: list[int]) -> None:
        """Count slots that were settled elsewhere."""
        self._moments = array("q", sorted([*self._moments[self._first :], *moments]))
        self._first = 0

    def wait(self, spans: Spans, cost: int, now: int) -> int:
        """Return in how many microseconds `cost` more fit, 0 for now; what is under way may settle at once."""
        longest = 0
        settled = len(self._moments) - self._first
        for units, span in spans:
            staying = max(units - cost, 0) - self.flying
            if staying < 0:
                longest = max(longest, span)
            elif settled > staying:
                longest = max(longest, self._moments[-1 - staying] + span - now)
        return longest

    def slots(self, now: int) -> list[int]:
        """Return the moments of all slots, those under way as settled now."""
        return [*self._moments[self._first :], *[now] * self.flying]


@dataclass(slots=True)
class _Strike:
    until: int
    strikes: int


class MemoryLimiter:
    """Exact sliding windows in this process's memory; `limits` may answer differently at any time."""

    def __init__(self, clock: Clock, limits: Callable[[], TelegramLimits]) -> None:
        self._clock = clock
        self._limits = limits
        self._seen = limits()
        self._windows = Rules.of(self._seen)
        self._budgets: OrderedDict[Key, _Budget] = OrderedDict()
        self._strikes: dict[str, dict[int, _Strike]] = {}
        self._tickets = itertools.count()

    def __len__(self) -> int:
        """Return how many budgets are remembered."""
        return len(self._budgets)

    async def take(self, asks: Sequence[Ask], *, lead: float = 0.0) -> list[Grant | Hold]:
        """Answer every ask in order; an earlier grant of the same call counts against the later ones."""
        now = math.floor(self._clock.monotonic() * SECOND)
        rules = self._rules()
        return [self._take(ask, rules, now, int(lead * SECOND)) for ask in asks]

    async def settle(self, grants: Sequence[Grant]) -> None:
        """Count these slots from now on."""
        now = math.ceil(self._clock.monotonic() * SECOND)
        self._end(grants, now)

    async def give_back(self, grants: Sequence[Grant]) -> None:
        """Free these slots."""
        self._end(grants, None)

    async def punish(self, bot_id: str, chat_id: int, *, seconds: float) -> list[Penalty]:
        """Take note of a 429 and return what is held back because of it."""
        now = math.ceil(self._clock.monotonic() * SECOND)
        strikes = self._recent(bot_id, now)
        spread = any(chat not in (0, chat_id) for chat in strikes)
        held = (chat_id, 0) if chat_id and spread else (chat_id,)
        told = [self._strike(strikes, bot_id, one, _wait(one, seconds) + MARGIN, now) for one in held]
        self._strikes[bot_id] = strikes
        return told

    async def outlook(self, asks: Sequence[Ask], *, ahead: Sequence[int]) -> list[float]:
        """Return when each ask would be granted with others of its lane before it."""
        now = math.floor(self._clock.monotonic() * SECOND)
        rules = self._rules()
        found: dict[Ask, dict[int, float]] = {}
        for ask, before in by_ask(asks, ahead).items():
            budgets = [(budget.slots(now), spans) for _, budget, spans in self._look(ask, rules, now)]
            found[ask] = etas(budgets, ahead=before, cost=ask.cost, now=now, start=self._held_until(ask, now))
        return [found[ask][before] for ask, before in zip(asks, ahead, strict=True)]

    async def gauges(self, ask: Ask) -> dict[Holder, list[Gauge]]:
        """Return how full the budgets are that `ask` would draw on."""
        now = math.floor(self._clock.monotonic() * SECOND)
        found: dict[Holder, list[Gauge]] = {}
        for holder, budget, spans in self._look(ask, self._rules(), now):
            slots = budget.slots(now)
            found[holder] = [
                Gauge(len(slots) - bisect_right(slots, now - span), units, span / SECOND) for units, span in spans
            ]
        return found

    async def penalties(self, bot_id: str) -> list[Penalty]:
        """Return what is held back for a bot now."""
        now = math.floor(self._clock.monotonic() * SECOND)
        return [
            Penalty(bot_id, chat_id, (strike.until - now) / SECOND, strike.strikes)
            for chat_id, strike in self._strikes.get(bot_id, {}).items()
            if strike.until > now
        ]

    async def lift(self, bot_id: str, chat_id: int) -> None:
        """Forget a 429 before it is waited out."""
        self._strikes.get(bot_id, {}).pop(chat_id, None)

    async def restore(self, penalties: Sequence[Penalty]) -> None:
        """Hold back again what was held back before a restart; of two that differ the longer counts."""
        now = math.ceil(self._clock.monotonic() * SECOND)
        for penalty in penalties:
            until = now + _wait(penalty.chat_id, penalty.seconds)
            strikes = self._strikes.setdefault(penalty.bot_id, {})
            before = strikes.get(penalty.chat_id)
            if before is None or before.until < until:
                strikes[penalty.chat_id] = _Strike(until, penalty.strikes)

    async def recall(self, spent: Sequence[Spent]) -> None:
        """Count what was sent before a restart."""
        now = math.ceil(self._clock.monotonic() * SECOND)
        rules = self._rules()
        found: dict[Key, list[int]] = {}
        for ask, seconds in spent:
            moment = now - max(0, math.floor(seconds * SECOND))
            for scope, _ in rules.scopes(ask):
                found.setdefault(_key(scope, ask), []).extend([moment] * ask.cost)
        for key, moments in found.items():
            self._budgets.setdefault(key, _Budget()).recall(moments)
            self._budgets.move_to_end(key)

    def _take(self, ask: Ask, rules: Rules, now: int, lead: int) -> Grant | Hold:
        self._sweep(now)
        wait, holder = max(0, self._held_until(ask, now) - now), Holder.PENALTY
        found: list[_Budget] = []
        for scope, spans in rules.scopes(ask):
            budget = self._budgets.get(key := _key(scope, ask))
            if budget is None:
                budget = self._budgets[key] = _Budget()
            self._budgets.move_to_end(key)
            budget.trim(now, keep(scope, spans))
            found.append(budget)
            longer = budget.wait(spans, ask.cost, now)
            if longer > wait:
                wait, holder = longer, scope
        seconds = (wait + 1) / SECOND if wait else 0.0  # one more: what floating point may lose on the way back
        if wait > lead:
            return Hold(ask, seconds, holder)
        ticket = str(next(self._tickets))
        for budget in found:
            budget.begin(ticket, ask.cost, now)
        return Grant(ask, ticket, seconds)

    def _end(self, grants: Sequence[Grant], moment: int | None) -> None:
        rules = self._rules()
        for grant in grants:
            for scope, spans in rules.scopes(grant.ask):
                budget = self._budgets.get(key := _key(scope, grant.ask))
                if budget is not None:
                    if moment is not None:
                        budget.trim(moment, keep(scope, spans))
                    budget.end(grant.ticket, moment)
                    self._budgets.move_to_end(key)

    def _look(self, ask: Ask, rules: Rules, now: int) -> Iterator[tuple[Holder, _Budget, Spans]]:
        for scope, spans in rules.scopes(ask):
            budget = self._budgets.get(_key(scope, ask), _Budget())
            budget.trim(now, keep(scope, spans))
            yield scope, budget, spans

    def _sweep(self, now: int) -> None:
        """Drop a few of the budgets that were used longest ago; a take adds three at most, so none pile up."""
        for _ in range(min(4, len(self._budgets))):
            key = next(iter(self._budgets))
            budget = self._budgets[key]
            budget.trim(now, REMEMBER)
            if not budget.idle():
                return
            del self._budgets[key]

    def _rules(self) -> Rules:
        limits = self._limits()
        if limits is not self._seen:
            self._seen, self._windows = limits, Rules.of(limits)
        return self._windows

    def _held_until(self, ask: Ask, now: int) -> int:
        strikes = self._strikes.get(ask.bot_id)
        if not strikes:
            return now
        return max(now, *(strike.until for chat in (0, ask.chat_id) if (strike := strikes.get(chat))), now)

    def _recent(self, bot_id: str, now: int) -> dict[int, _Strike]:
        """Return a bot's penalties that last or ended a short while ago."""
        strikes = self._strikes.get(bot_id, {})
        return {chat: strike for chat, strike in strikes.items() if strike.until + QUIET > now}

    def _strike(self, strikes: dict[int, _Strike], bot_id: str, chat_id: int, wait: int, now: int) -> Penalty:
        before = strikes.get(chat_id)
        strike = _Strike(max(now + wait, before.until), before.strikes + 1) if before else _Strike(now + wait, 1)
        strikes[chat_id] = strike
        return Penalty(bot_id, chat_id, (strike.until - now) / SECOND, strike.strikes)


def _wait(chat_id: int, seconds: float) -> int:
    return math.ceil(bounded(chat_id, seconds) * SECOND)


def _key(scope: Holder, ask: Ask) -> Key:
    if scope is Holder.BOT:
        return scope, ask.bot_id, 0
    return scope, "" if scope is Holder.SHARED else ask.bot_id, ask.chat_id

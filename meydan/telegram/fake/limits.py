"""Telegram's limits as Telegram keeps them: by arrival, in windows that roll, with penalties that grow.

Written apart from the limiter that our own sender uses, on purpose: this one is its judge.
"""

import math
from collections import Counter, deque
from typing import Final

import msgspec

# A clock read twice around the end of a window may differ in the last bits: in doubt the sender is right.
_GRACE: Final = 1e-6
_LONGEST: Final = 300


class FakeLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the fake Telegram permits. `enforced` off counts nothing and refuses nothing."""

    chat_count: int = 3
    chat_seconds: float = 3.0
    group_count: int = 20
    group_seconds: float = 60.0
    bot_count: int = 30
    bot_seconds: float = 1.0
    enforced: bool = True


class LimitReport(msgspec.Struct):
    """What arrived and what was refused; `arrivals` by (bot, chat) only when they are kept."""

    requests: int = 0
    accepted: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    bots: dict[int, Counter[str]] = msgspec.field(default_factory=dict)
    arrivals: dict[tuple[int, int], list[float]] = msgspec.field(default_factory=dict)

    @property
    def refusals(self) -> int:
        """How many requests were answered 429."""
        return sum(self.refused.values())


def _whole(seconds: float) -> int:
    return min(max(1, math.ceil(seconds - _GRACE)), _LONGEST)


class _Window:
    """The arrivals of the last `seconds`; one that costs more than the window holds needs it empty."""

    __slots__ = ("_times", "count", "seconds")

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self._times: deque[float] = deque()

    def wait(self, cost: int, now: float) -> float:
        """Return the seconds until `cost` more may arrive, 0 when they may now."""
        times = self._times
        while times and times[0] <= now - self.seconds + _GRACE:
            times.popleft()
        over = len(times) + min(cost, self.count) - self.count
        return times[over - 1] + self.seconds - now if over > 0 else 0.0

    def add(self, cost: int, now: float) -> None:
        if cost == 1:
            self._times.append(now)
        else:
            self._times.extend([now] * min(cost, self.count))

    def used(self, now: float) -> int:
        return sum(1 for moment in self._times if moment > now - self.seconds + _GRACE)


class _Lane:
    """One budget with its windows and its penalty, which grows with everyone who was told to wait and does not."""

    __slots__ = ("strikes", "until", "windows")

    def __init__(self, *windows: _Window) -> None:
        self.windows = windows
        self.until = 0.0
        self.strikes = 0

    def refuse(self, cost: int, now: float, *, warned: bool) -> int:
        """Return the `retry_after` that an arrival gets now, 0 when it may pass."""
        left = self.until - now
        if left > _GRACE:
            if not warned:
                return _whole(left)
            self.strikes += 1
            left += 2.0 ** min(self.strikes, 8)
        else:
            left = max(window.wait(cost, now) for window in self.windows)
            if left <= 0:
                self.strikes = 0
                return 0
        seconds = _whole(left)
        self.until = max(self.until, now + seconds)
        return seconds

    def add(self, cost: int, now: float) -> None:
        for window in self.windows:
            window.add(cost, now)


class FloodControl:
    """Judges arrivals per (bot, chat) and per bot."""

    def __init__(self, limits: FakeLimits, *, keep_arrivals: bool = False) -> None:
        self.limits = limits
        self.report = LimitReport()
        self._keep = keep_arrivals
        self._chats: dict[tuple[int, int], _Lane] = {}
        self._bots: dict[int, _Lane] = {}
        self._told: dict[tuple[int, int], float] = {}

    def change(self, limits: FakeLimits) -> None:
        """Go by other limits from now on; what was counted is forgotten."""
        self.limits = limits
        self._chats.clear()
        self._bots.clear()
        self._told.clear()

    def arrive(self, bot_id: int, chat_id: int, *, group: bool, cost: int, now: float) -> int:
        """Count an arrival and return 0, or the `retry_after` it is refused with. `chat_id` 0: only the bot counts."""
        report = self.report
        report.requests += 1
        if self.limits.enforced and (refusal := self._judge(bot_id, chat_id, group=group, cost=cost, now=now)):
            scope, seconds = refusal
            self._told[bot_id, chat_id] = now + seconds
            report.refused[scope] += 1
            self._counts(bot_id)["refused"] += 1
            return seconds
        report.accepted += cost
        self._counts(bot_id)["accepted"] += cost
        if self._keep and chat_id:
            report.arrivals.setdefault((bot_id, chat_id), []).extend([now] * cost)
        return 0

    def gauges(self, bot_id: int, now: float) -> dict[str, int]:
        """Return how much of the bot's budget is used now, and for how long it is held back."""
        lane = self._bots.get(bot_id)
        held = [lane for (owner, _), lane in self._chats.items() if owner == bot_id and lane.until > now]
        longest = max((lane.until - now for lane in held), default=0.0)
        used = lane.windows[0].used(now) if lane is not None else 0
        return {"used": used, "count": self.limits.bot_count, "held": len(held), "longest": math.ceil(longest)}

    def _judge(self, bot_id: int, chat_id: int, *, group: bool, cost: int, now: float) -> tuple[str, int] | None:
        limits = self.limits
        bot = self._bots.get(bot_id)
        if bot is None:
            bot = self._bots[bot_id] = _Lane(_Window(limits.bot_count, limits.bot_seconds))
        warned = now < self._told.pop((bot_id, chat_id), 0.0) - _GRACE
        lane: _Lane | None = None
        if chat_id:
            lane = self._chats.get((bot_id, chat_id))
            if lane is None:
                lane = self._chats[bot_id, chat_id] = _Lane(*self._windows(group=group))
            if seconds := lane.refuse(cost, now, warned=warned):
                return ("group" if group else "chat"), seconds
        if seconds := bot.refuse(cost, now, warned=warned):
            return "bot", seconds
        bot.add(cost, now)
        if lane is not None:
            lane.add(cost, now)
        return None

    def _windows(self, *, group: bool) -> list[_Window]:
        limits = self.limits
        windows = [_Window(limits.chat_count, limits.chat_seconds)]
        if group:
            windows.append(_Window(limits.group_count, limits.group_seconds))
        return windows

    def _counts(self, bot_id: int) -> Counter[str]:
        counts = self.report.bots.get(bot_id)
        if counts is None:
            counts = self.report.bots[bot_id] = Counter()
        return counts

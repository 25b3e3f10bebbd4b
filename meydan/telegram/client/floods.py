"""Who must not be written to yet: one send a moment to each peer, and the waits that Telegram asked for.

A wait concerns the peer it was asked for. When a second peer is told to wait while the first still waits, the account
sends too much as a whole, and waits with it. Slow mode is a rule of its chat and never a sign of that.
"""

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from meydan.platform.clock import Clock
from meydan.telegram.client.results import Hold
from meydan.telegram.client.within import within

log = structlog.get_logger(__name__)

ACCOUNT: Final = 0
"""Stands for every peer; no peer has this number."""

_SECOND: Final = 1_000_000
_PATIENCE: Final = 2.0
_PAUSE: Final = 5.0
"""Seconds that a send waits for Redis, and for which none asks it again after it was away."""


class Wait(NamedTuple):
    """Not yet, for `seconds`. `asked`: Telegram asked for it; else it is only the pace."""

    seconds: float
    asked: bool


class Floods(Protocol):
    """The pace and the waits of one session."""

    async def take(self, peer: int, *, pace: float) -> Wait | None:
        """Take the peer's turn and return `None`, or return how long to wait before asking again."""
        ...

    async def hold(self, peer: int, seconds: float, kind: Hold) -> None:
        """Take note of a wait that Telegram asked for; of two the longer counts."""
        ...

    async def held(self, peer: int) -> float:
        """Return for how many seconds Telegram wants nothing sent to the peer."""
        ...


class MemoryFloods:
    """Kept by this process and forgotten with it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[int, float] = {}
        self._waits: dict[Hold, dict[int, float]] = {Hold.PEER: {}, Hold.SLOW_MODE: {}}

    async def take(self, peer: int, *, pace: float) -> Wait | None:
        """Take the peer's turn."""
        if left := await self.held(peer):
            return Wait(left, asked=True)
        now = self._clock.monotonic()
        left = self._sent.get(peer, -math.inf) + pace - now
        if left > 0:
            return Wait(left, asked=False)
        if len(self._sent) > 10_000:
            self._sent = {one: moment for one, moment in self._sent.items() if moment + pace > now}
        self._sent[peer] = now
        return None

    async def hold(self, peer: int, seconds: float, kind: Hold) -> None:
        """Take note of a wait."""
        now = self._clock.monotonic()
        for kept in self._waits.values():
            for one in [one for one, until in kept.items() if until <= now]:
                del kept[one]
        waits = self._waits[kind]
        concerned = [peer]
        if kind is Hold.PEER and waits.keys() - {peer, ACCOUNT}:
            concerned.append(ACCOUNT)
        for one in concerned:
            waits[one] = max(waits.get(one, 0.0), now + seconds)

    async def held(self, peer: int) -> float:
        """Return how long the peer is held."""
        now = self._clock.monotonic()
        return max(0.0, *(kept.get(one, now) - now for kept in self._waits.values() for one in (peer, ACCOUNT)))


_NOW: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function left(key, member)
  local moment = redis.call('ZSCORE', key, member)
  return moment and math.max(tonumber(moment) - now, 0) or 0
end
local function keep(key, member, moment)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZADD', key, 'GT', moment, member)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  redis.call('PEXPIRE', key, math.ceil((last - now) / 1000) + 1000)
end
local peer, given = ARGV[2], tonumber(ARGV[3])
local held = 0
for _, key in ipairs({KEYS[1], KEYS[2]}) do
  held = math.max(held, left(key, peer), left(key, '0'))
end
"""
_HELD: Final = _NOW + "return held"
_TAKE: Final = (
    _NOW
    + """
if held > 0 then return {held, 1} end
local pace = left(KEYS[3], peer)
if pace > 0 then return {pace, 0} end
if given > 0 then keep(KEYS[3], peer, now + given) end
return {0, 0}
"""
)
_HOLD: Final = (
    _NOW
    + """
local key = ARGV[4] == 'slow_mode' and KEYS[2] or KEYS[1]
keep(key, peer, now + given)
if key == KEYS[1] then
  for _, other in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if other ~= peer and other ~= '0' then
      keep(key, '0', now + given)
      break
    end
  end
end
"""
)


class RedisFloods:
    """Kept in Redis for all processes and over restarts; what this process knows itself counts in any case.

    Time is the server's; tests hand in a clock of their own.
    """

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        *,
        session: str,
        prefix: str = "meydan:telegram:floods:",
        own_time: bool = False,
    ) -> None:
        self._memory = MemoryFloods(clock)
        self._clock = clock
        self._own_time = own_time
        self._keys = [f"{prefix}{session}:{kind}" for kind in ("waits", "slow", "sent")]
        self._asked_again_at = -math.inf
        self._held, self._take, self._hold = (redis.register_script(script) for script in (_HELD, _TAKE, _HOLD))

    async def take(self, peer: int, *, pace: float) -> Wait | None:
        """Take the peer's turn."""
        if left := await self._memory.held(peer):  # which Redis may never have heard of, or have lost
            return Wait(left, asked=True)
        own = await self._memory.take(peer, pace=pace)
        answer = await self._run(self._take, peer, pace)
        if answer is None:
            return own
        left, asked = answer
        return Wait(left / _SECOND, asked=bool(asked)) if left else None

    async def hold(self, peer: int, seconds: float, kind: Hold) -> None:
        """Take note of a wait."""
        await self._memory.hold(peer, seconds, kind)
        await self._run(self._hold, peer, seconds, kind)

    async def held(self, peer: int) -> float:
        """Return how long the peer is held."""
        answer = await self._run(self._held, peer, 0)
        return max(await self._memory.held(peer), (answer or 0) / _SECOND)

    async def _run(self, script: Callable[..., Any], peer: int, seconds: float, *more: str) -> Any:
        if self._clock.monotonic() < self._asked_again_at:
            return None
        now = str(math.floor(self._clock.monotonic() * _SECOND)) if self._own_time else ""
        args = [now, str(peer), math.ceil(seconds * _SECOND), *more]
        try:
            return await within(self._clock, _PATIENCE, script(keys=self._keys, args=args)) or 0
        except (RedisError, OSError) as error:
            self._asked_again_at = self._clock.monotonic() + _PAUSE
            log.warning("telegram.floods_unshared", error=type(error).__name__)
            return None

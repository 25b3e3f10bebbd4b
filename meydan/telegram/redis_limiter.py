"""The limiter of several processes: one script per method, under the server's clock.

A budget is a sorted set with a member for each slot; its score is the moment in microseconds from which it counts.
While its request is under way that moment lies a minute ahead, where every window sees it; if nobody settles it, it
ages from there. A bot's penalties are a hash from chat to moment and strikes. All keys expire by themselves.
"""

import contextlib
import itertools
import json
import math
import secrets
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from meydan.platform.clock import Clock
from meydan.platform.errors import Unavailable
from meydan.platform.gather import Gatherer
from meydan.telegram.limiter import (
    FORGET,
    MARGIN,
    QUIET,
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

log = structlog.get_logger(__name__)

_HOLDERS: Final = tuple(Holder)
_NOW: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local input = cjson.decode(ARGV[2])
"""
_TAKE: Final = (
    _NOW
    + """
local answers = {}
for number, ask in ipairs(input.asks) do
  local ticket, cost, penalties, chat, scopes = unpack(ask)
  local wait, holder = 0, 0
  for _, until_ in ipairs(redis.call('HMGET', penalties, '0', chat)) do
    if until_ then
      local left = tonumber(string.match(until_, '^%d+')) - now
      if left > wait then wait, holder = left, input.penalty end
    end
  end
  for _, scope in ipairs(scopes) do
    for _, window in ipairs(input.spans[scope[2]]) do
      local place = -1 - math.max(window[1] - cost, 0)
      local slot = redis.call('ZRANGE', scope[1], place, place, 'WITHSCORES')
      if slot[2] then
        local left = math.min(tonumber(slot[2]), now) + window[2] - now
        if left > wait then wait, holder = left, scope[3] end
      end
    end
  end
  if wait <= input.lead then
    for _, scope in ipairs(scopes) do
      local arguments = {}
      for slot = 1, cost do
        arguments[slot * 2 - 1] = now + input.forget
        arguments[slot * 2] = ticket .. slot
      end
      redis.call('ZREMRANGEBYSCORE', scope[1], '-inf', now - scope[4])
      redis.call('ZADD', scope[1], unpack(arguments))
      redis.call('PEXPIRE', scope[1], (input.forget + scope[4]) / 1000)
    end
  end
  answers[number * 2 - 1] = wait
  answers[number * 2] = holder
end
return answers
"""
)
_SETTLE: Final = (
    _NOW
    + """
for _, grant in ipairs(input.grants) do
  for _, key in ipairs(grant[3]) do
    for slot = 1, grant[2] do
      redis.call('ZADD', key, 'XX', 'LT', now, grant[1] .. slot)
    end
  end
end
"""
)
_GIVE_BACK: Final = """
for _, grant in ipairs(cjson.decode(ARGV[2]).grants) do
  for _, key in ipairs(grant[3]) do
    for slot = 1, grant[2] do redis.call('ZREM', key, grant[1] .. slot) end
  end
end
"""
_PUNISH: Final = (
    _NOW
    + """
local recent, last, spread = {}, now, false
local stored = redis.call('HGETALL', input.key)
for place = 1, #stored, 2 do
  local moment, strikes = string.match(stored[place + 1], '^(%d+) (%d+)$')
  if moment + input.quiet > now then
    recent[stored[place]] = {tonumber(moment), tonumber(strikes)}
    last = math.max(last, tonumber(moment))
    spread = spread or (stored[place] ~= '0' and stored[place] ~= input.chat)
  else
    redis.call('HDEL', input.key, stored[place])
  end
end
local told = {}
local function keep(chat, moment, strikes)
  redis.call('HSET', input.key, chat, string.format('%.0f %d', moment, strikes))
  last = math.max(last, moment)
  told[#told + 1] = {chat, moment - now, strikes}
end
if input.strikes then
  local before = recent[input.chat]
  if not before or before[1] < now + input.wait then keep(input.chat, now + input.wait, input.strikes) end
else
  local chats = {{input.chat, input.wait}}
  if spread and input.chat ~= '0' then chats[2] = {'0', input.bot_wait} end
  for _, held in ipairs(chats) do
    local chat, wait = held[1], held[2]
    local before = recent[chat] or {0, 0}
    keep(chat, math.max(now + wait, before[1]), before[2] + 1)
  end
end
redis.call('PEXPIRE', input.key, math.ceil((last + input.quiet - now) / 1000))
return told
"""
)
_LOOK: Final = (
    _NOW
    + """
local slots, penalties = {}, {}
for number, scope in ipairs(input.scopes) do
  local scores = redis.call('ZRANGEBYSCORE', scope[1], string.format('(%.0f', now - scope[2]), '+inf', 'WITHSCORES')
  slots[number] = {}
  for place = 2, #scores, 2 do slots[number][place / 2] = math.min(tonumber(scores[place]), now) end
end
for number, key in ipairs(input.penalties) do penalties[number] = redis.call('HGETALL', key) end
return {now, slots, penalties}
"""
)


class RedisLimiter:
    """Exact sliding windows shared by all processes on one Redis. Raises `Unavailable` while Redis is away.

    Slots whose end it cannot be told then count until they are forgotten. Time is the server's; tests hand in a clock
    of their own.
    """

    def __init__(
        self, redis: Redis, limits: Callable[[], TelegramLimits], *, prefix: str, clock: Clock | None = None
    ) -> None:
        self._redis = redis
        self._limits = limits
        self._seen = limits()
        self._windows = Rules.of(self._seen)
        self._prefix = prefix
        self._clock = clock
        self._name = secrets.token_hex(6)
        self._tickets = itertools.count()
        self._settled = Gatherer[Grant](self._tell_settled)
        self._given_back = Gatherer[Grant](self._tell_given_back)
        self._take, self._settle, self._give_back, self._punish, self._look = (
            redis.register_script(script) for script in (_TAKE, _SETTLE, _GIVE_BACK, _PUNISH, _LOOK)
        )

    async def take(self, asks: Sequence[Ask], *, lead: float = 0.0) -> list[Grant | Hold]:
        """Answer every ask in order; an earlier grant of the same call counts against the later ones."""
        if not asks:
            return []
        rules = self._rules()
        spans: dict[Spans, int] = {}
        wanted: list[Any] = []
        for ask in asks:
            ticket = f"{self._name}:{next(self._tickets)}:"
            scopes = [
                (self._key(scope, ask), spans.setdefault(one, len(spans) + 1), _HOLDERS.index(scope), keep(scope, one))
                for scope, one in rules.scopes(ask)
            ]
            wanted.append((ticket, ask.cost, self._penalties_key(ask.bot_id), str(ask.chat_id), scopes))
        within = int(lead * SECOND)
        answers = await self._run(
            self._take,
            asks=wanted,
            spans=list(spans),
            forget=FORGET,
            penalty=_HOLDERS.index(Holder.PENALTY),
            lead=within,
        )
        given: list[Grant | Hold] = []
        for ask, (ticket, *_), wait, holder in zip(asks, wanted, answers[::2], answers[1::2], strict=True):
            seconds = (wait + 1) / SECOND if wait else 0.0
            given.append(Hold(ask, seconds, _HOLDERS[holder]) if wait > within else Grant(ask, ticket, seconds))
        return given

    async def settle(self, grants: Sequence[Grant]) -> None:
        """Count these slots from now on."""
        await self._settled.add(grants)

    async def give_back(self, grants: Sequence[Grant]) -> None:
        """Free these slots."""
        await self._given_back.add(grants)

    async def punish(self, bot_id: str, chat_id: int, *, seconds: float) -> list[Penalty]:
        """Take note of a 429 and return what is held back because of it."""
        told = await self._run(
            self._punish,
            up=True,
            key=self._penalties_key(bot_id),
            chat=str(chat_id),
            wait=_wait(chat_id, seconds) + MARGIN,
            bot_wait=_wait(0, seconds) + MARGIN,
            quiet=QUIET,
        )
        return [Penalty(bot_id, int(chat), left / SECOND, strikes) for chat, left, strikes in told]

    async def outlook(self, asks: Sequence[Ask], *, ahead: Sequence[int]) -> list[float]:
        """Return when each ask would be granted with others of its lane before it."""
        gathered = by_ask(asks, ahead)
        now, slots, penalties = await self._see(tuple(gathered))
        found: dict[Ask, dict[int, float]] = {}
        for ask, before in gathered.items():
            budgets = [(slots[self._key(scope, ask)], spans) for scope, spans in self._rules().scopes(ask)]
            held = penalties[ask.bot_id]
            start = max(now, *(held[chat][0] if chat in held else now for chat in (0, ask.chat_id)))
            found[ask] = etas(budgets, ahead=before, cost=ask.cost, now=now, start=start)
        return [found[ask][before] for ask, before in zip(asks, ahead, strict=True)]

    async def gauges(self, ask: Ask) -> dict[Holder, list[Gauge]]:
        """Return how full the budgets are that `ask` would draw on."""
        now, slots, _ = await self._see([ask])
        found: dict[Holder, list[Gauge]] = {}
        for scope, spans in self._rules().scopes(ask):
            taken = slots[self._key(scope, ask)]
            found[scope] = [
                Gauge(len(taken) - bisect_right(taken, now - span), units, span / SECOND) for units, span in spans
            ]
        return found

    async def penalties(self, bot_id: str) -> list[Penalty]:
        """Return what is held back for a bot now."""
        now, _, penalties = await self._see([Ask(bot_id, 0)])
        return [
            Penalty(bot_id, chat_id, (until - now) / SECOND, strikes)
            for chat_id, (until, strikes) in penalties[bot_id].items()
            if until > now
        ]

    async def lift(self, bot_id: str, chat_id: int) -> None:
        """Forget a 429 before it is waited out."""
        try:
            await self._redis.hdel(self._penalties_key(bot_id), str(chat_id))
        except (RedisError, OSError) as error:
            raise Unavailable from error

    async def restore(self, penalties: Sequence[Penalty]) -> None:
        """Hold back again what was held back before a restart; of two that differ the longer counts."""
        for penalty in penalties:
            await self._run(
                self._punish,
                up=True,
                key=self._penalties_key(penalty.bot_id),
                chat=str(penalty.chat_id),
                wait=_wait(penalty.chat_id, penalty.seconds),
                strikes=penalty.strikes,
                quiet=QUIET,
            )

    async def recall(self, spent: Sequence[Spent]) -> None:
        """Do nothing: Redis has counted it."""

    async def _tell_settled(self, grants: list[Grant]) -> None:
        with _told(grants):
            await self._run(self._settle, up=True, grants=self._slots(grants))

    async def _tell_given_back(self, grants: list[Grant]) -> None:
        with _told(grants):
            await self._run(self._give_back, grants=self._slots(grants))

    async def _see(
        self, asks: Sequence[Ask]
    ) -> tuple[int, dict[str, list[int]], dict[str, dict[int, tuple[int, int]]]]:
        """Return the present moment, the slots of every budget by key, and the penalties of every bot by chat."""
        scopes = {self._key(scope, ask): keep(scope, one) for ask in asks for scope, one in self._rules().scopes(ask)}
        bots = list(dict.fromkeys(ask.bot_id for ask in asks))
        now, slots, penalties = await self._run(
            self._look, scopes=list(scopes.items()), penalties=[self._penalties_key(bot_id) for bot_id in bots]
        )
        held = {
            bot_id: {
                int(chat): (int(until.split()[0]), int(until.split()[1]))
                for chat, until in zip(stored[::2], stored[1::2], strict=True)
            }
            for bot_id, stored in zip(bots, penalties, strict=True)
        }
        return now, dict(zip(scopes, slots, strict=True)), held

    async def _run(self, script: Callable[..., Any], *, up: bool = False, **given: Any) -> Any:
        """Run a script; `up`: its moment is rounded up, so that nothing counts from before it happened."""
        now = ""
        if self._clock is not None:
            now = str((math.ceil if up else math.floor)(self._clock.monotonic() * SECOND))
        try:
            return await script(args=[now, json.dumps(given, separators=(",", ":"))])
        except (RedisError, OSError) as error:
            raise Unavailable from error

    def _slots(self, grants: Sequence[Grant]) -> list[tuple[str, int, list[str]]]:
        rules = self._rules()
        return [
            (grant.ticket, grant.ask.cost, [self._key(scope, grant.ask) for scope, _ in rules.scopes(grant.ask)])
            for grant in grants
        ]

    def _rules(self) -> Rules:
        limits = self._limits()
        if limits is not self._seen:
            self._seen, self._windows = limits, Rules.of(limits)
        return self._windows

    def _key(self, scope: Holder, ask: Ask) -> str:
        if scope is Holder.CHAT:
            return f"{self._prefix}chat:{ask.bot_id}:{ask.chat_id}"
        return f"{self._prefix}shared:{ask.chat_id}" if scope is Holder.SHARED else f"{self._prefix}bot:{ask.bot_id}"

    def _penalties_key(self, bot_id: str) -> str:
        return f"{self._prefix}penalties:{bot_id}"


def _wait(chat_id: int, seconds: float) -> int:
    return math.ceil(bounded(chat_id, seconds) * SECOND)


@contextlib.contextmanager
def _told(grants: Sequence[Grant]) -> Iterator[None]:
    """Let it pass when Redis cannot be told: the slots age out by themselves."""
    try:
        yield
    except Unavailable:
        log.warning("telegram.limiter_away", grants=len(grants))

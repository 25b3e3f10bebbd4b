"""The limiter's two engines: alike in their answers, and each with what is its own."""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from meydan.platform.clock import ManualClock
from meydan.platform.errors import Unavailable
from meydan.platform.redis import open_redis
from meydan.telegram.limiter import (
    SECOND,
    Grant,
    Hold,
    Limiter,
    etas,
)
from meydan.telegram.limits import Ask
from meydan.telegram.memory_limiter import MemoryLimiter
from meydan.telegram.redis_limiter import RedisLimiter
from tests.telegram.test_limiter import ASKS, LIMITS, PERSON, RUNS, TIGHT, Step, spend


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.tuples(st.sampled_from(["take", "settle", "give_back", "punish"]), st.integers(0, 200),
                               st.integers(0, 9)), max_size=40))  # fmt: skip
async def test_both_engines_answer_alike(redis: Redis, plan: list[Step]) -> None:
    clock = ManualClock()
    both: list[Limiter] = [
        MemoryLimiter(clock, lambda: TIGHT),
        RedisLimiter(redis, lambda: TIGHT, prefix=f"alike:{os.getpid()}:{next(RUNS)}:", clock=clock),
    ]
    open_: list[list[Grant]] = []
    for kind, pause, number in plan:
        clock.advance(pause / 64)  # whole microseconds, or one rounds up what the other rounds down
        ask = ASKS[number % len(ASKS)]
        if kind == "take":
            answers = [await limiter.take([ask, ask], lead=0.25 * (number % 2)) for limiter in both]
            plain = [[one if isinstance(one, Hold) else one._replace(ticket="") for one in given] for given in answers]
            assert plain[0] == plain[1]
            for pair in zip(*answers, strict=True):
                grants = [answer for answer in pair if isinstance(answer, Grant)]
                open_ += [grants] if grants else []
        elif kind == "punish":
            told = [await limiter.punish(ask.bot_id, ask.chat_id, seconds=number) for limiter in both]
            assert told[0] == told[1]
        elif open_:
            for limiter, grant in zip(both, open_.pop(number % len(open_)), strict=True):
                await (limiter.settle([grant]) if kind == "settle" else limiter.give_back([grant]))
        etas = [await limiter.outlook(ASKS, ahead=[number] * len(ASKS)) for limiter in both]
        assert etas[0] == etas[1]
        assert await both[0].gauges(ask) == await both[1].gauges(ask)
        held = [sorted(await limiter.penalties(ask.bot_id)) for limiter in both]
        assert held[0] == held[1]


WINDOW = st.tuples(st.integers(1, 12), st.integers(1, 40))


@settings(max_examples=300, deadline=None)
@given(
    budgets=st.lists(st.tuples(st.lists(st.integers(0, 60), max_size=15), st.lists(WINDOW, min_size=1, max_size=2)),
                     min_size=1, max_size=3),
    start=st.integers(60, 90), ahead=st.integers(0, 400), cost=st.integers(1, 5),
)  # fmt: skip
def test_far_ahead_is_reckoned_as_if_each_slot_was_taken(
    budgets: list[tuple[list[int], list[tuple[int, int]]]], start: int, ahead: int, cost: int
) -> None:
    now = 60
    lines = [(sorted(past), tuple(spans)) for past, spans in budgets]
    (eta,) = etas(lines, ahead=[ahead], cost=cost, now=now, start=start).values()

    def opens(cost: int) -> int:
        return max(
            [moment]
            + [
                line[len(line) - 1 - max(units - cost, 0)] + span
                for line, spans in tried
                for units, span in spans
                if len(line) > max(units - cost, 0)
            ]
        )

    tried, moment = [(list(past), spans) for past, spans in lines], start
    for _ in range(ahead):
        moment = opens(1)
        for line, _ in tried:
            line.append(moment)
    assert round(eta * SECOND) == opens(cost) - now


async def test_memory_forgets_idle_lanes(clock: ManualClock) -> None:
    limiter = MemoryLimiter(clock, lambda: LIMITS)
    for chat in range(1, 500):
        await spend(limiter, Ask("b", chat))
        clock.advance(0.1)
    assert len(limiter) > 400
    for chat in range(500, 900):
        clock.advance(1)
        await spend(limiter, Ask("b", chat))
    assert len(limiter) < 70


async def test_redis_forgets_idle_lanes_by_itself(redis: Redis) -> None:
    prefix = f"idle:{os.getpid()}:"
    limiter = RedisLimiter(redis, lambda: LIMITS, prefix=prefix)
    await limiter.take([Ask("b", -5, group=True, shared=True)])
    await limiter.punish("b", 5, seconds=1)
    keys = [key async for key in redis.scan_iter(match=f"{prefix}*")]
    assert len(keys) == 4
    for key in keys:
        assert 60_000 < await redis.pttl(key) <= 121_000
    await redis.delete(*keys)


async def test_processes_on_one_redis_keep_one_budget(redis: Redis) -> None:
    prefix = f"two:{os.getpid()}:"
    both = [RedisLimiter(redis, lambda: LIMITS, prefix=prefix) for _ in range(2)]  # the server's clock
    answers = await asyncio.gather(*(both[number % 2].take([PERSON]) for number in range(20)))
    grants = [answer for (answer,) in answers if isinstance(answer, Grant)]
    assert len(grants) == len({grant.ticket for grant in grants}) == 3
    await both[0].give_back(grants[:1])
    answers = await asyncio.gather(*(limiter.take([PERSON, PERSON]) for limiter in both))
    assert sum(isinstance(answer, Grant) for one in answers for answer in one) == 1
    await both[0].punish("b", 7, seconds=5)
    assert {penalty.chat_id for penalty in await both[1].punish("b", 8, seconds=5)} == {0, 8}
    await redis.delete(*[key async for key in redis.scan_iter(match=f"{prefix}*")])


async def test_a_redis_that_is_away_is_told() -> None:
    redis = open_redis("redis://127.0.0.1:1")
    limiter = RedisLimiter(redis, lambda: LIMITS, prefix="x:")
    with pytest.raises(Unavailable):
        await limiter.take([PERSON])
    await redis.aclose()

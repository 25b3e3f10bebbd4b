"""One contract over both keepers of pace and waits."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from meydan.platform.clock import ManualClock
from meydan.platform.redis import open_redis
from meydan.telegram.client.floods import Floods, MemoryFloods, RedisFloods, Wait
from meydan.telegram.client.results import Hold
from tests.conftest import REDIS, need
from tests.telegram.client.conftest import settle

RUNS = itertools.count()
GROUP, PERSON, OTHER = -1001, 5, 6


@pytest.fixture
def prefix() -> str:
    return f"meydan-test:floods:{os.getpid()}:{next(RUNS)}:"


@pytest.fixture(params=["memory", "redis"])
async def floods(request: pytest.FixtureRequest, clock: ManualClock, prefix: str) -> AsyncIterator[Floods]:
    if request.param == "memory":
        yield MemoryFloods(clock)
        return
    need("Redis", REDIS)
    redis = Redis.from_url(REDIS)
    yield RedisFloods(redis, clock, session="s", prefix=prefix, own_time=True)
    keys = [key async for key in redis.scan_iter(match=f"{prefix}*")]
    assert all([await redis.pttl(key) > 0 for key in keys])
    if keys:
        await redis.delete(*keys)
    await redis.aclose()


class TestFloods:
    async def test_a_peer_is_written_to_once_a_pace_and_others_meanwhile(
        self, floods: Floods, clock: ManualClock
    ) -> None:
        assert await floods.take(GROUP, pace=1.0) is None
        assert await floods.take(GROUP, pace=1.0) == Wait(1.0, asked=False)
        assert await floods.take(PERSON, pace=1.0) is None
        clock.advance(0.75)
        assert await floods.take(GROUP, pace=1.0) == Wait(0.25, asked=False)
        clock.advance(0.25)
        assert await floods.take(GROUP, pace=1.0) is None

    async def test_no_pace_is_no_wait(self, floods: Floods) -> None:
        assert await floods.take(GROUP, pace=0) is None
        assert await floods.take(GROUP, pace=0) is None

    async def test_a_wait_holds_its_peer_alone(self, floods: Floods, clock: ManualClock) -> None:
        await floods.hold(GROUP, 30, Hold.PEER)
        assert await floods.held(GROUP) == 30
        assert await floods.take(GROUP, pace=1.0) == Wait(30, asked=True)
        assert await floods.held(PERSON) == 0
        assert await floods.take(PERSON, pace=1.0) is None
        clock.advance(30)
        assert await floods.held(GROUP) == 0
        assert await floods.take(GROUP, pace=1.0) is None

    async def test_a_second_peer_that_must_wait_holds_the_account(self, floods: Floods, clock: ManualClock) -> None:
        await floods.hold(GROUP, 30, Hold.PEER)
        clock.advance(10)
        await floods.hold(PERSON, 40, Hold.PEER)
        assert await floods.held(OTHER) == 40
        clock.advance(30)
        assert await floods.held(GROUP) == 10
        clock.advance(10)
        assert await floods.take(OTHER, pace=1.0) is None

    async def test_a_peer_that_must_wait_twice_holds_nobody_else(self, floods: Floods, clock: ManualClock) -> None:
        await floods.hold(GROUP, 30, Hold.PEER)
        await floods.hold(GROUP, 10, Hold.PEER)
        assert await floods.held(GROUP) == 30
        assert await floods.held(OTHER) == 0
        clock.advance(30)
        await floods.hold(PERSON, 10, Hold.PEER)
        assert await floods.held(OTHER) == 0

    async def test_slow_mode_is_no_sign_of_sending_too_much(self, floods: Floods, clock: ManualClock) -> None:
        await floods.hold(GROUP, 30, Hold.SLOW_MODE)
        await floods.hold(PERSON, 20, Hold.PEER)
        assert (await floods.held(GROUP), await floods.held(PERSON), await floods.held(OTHER)) == (30, 20, 0)
        clock.advance(20)
        assert await floods.take(GROUP, pace=1.0) == Wait(10, asked=True)


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "hold", "slow", "held", "wait"]), st.integers(1, 4), st.integers(1, 20))
)


@given(steps=STEPS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_say_the_same(steps: list[Step], redis: Redis, prefix: str) -> None:
    clock = ManualClock()
    run = f"{prefix}{next(RUNS)}:"
    both: list[Floods] = [
        MemoryFloods(clock),
        RedisFloods(redis, clock, session="s", prefix=run, own_time=True),
    ]
    for kind, peer, seconds in steps:
        if kind == "wait":
            clock.advance(seconds / 4)
            continue
        said = []
        for one in both:
            if kind == "take":
                said.append(await one.take(peer, pace=2.0))
            elif kind == "held":
                said.append(Wait(await one.held(peer), asked=True))
            else:
                await one.hold(peer, seconds, Hold.PEER if kind == "hold" else Hold.SLOW_MODE)
        assert len(set(said)) <= 1
    if keys := [key async for key in redis.scan_iter(match=f"{run}*")]:
        await redis.delete(*keys)


async def test_waits_outlive_the_process_and_are_shared_under_the_servers_time(
    redis: Redis, clock: ManualClock, prefix: str
) -> None:
    first, second = (RedisFloods(redis, clock, session="s", prefix=prefix) for _ in range(2))
    assert await first.take(PERSON, pace=100) is None
    await first.hold(GROUP, 100, Hold.PEER)
    assert 90 < await second.held(GROUP) <= 100
    paced = await second.take(PERSON, pace=100)
    assert paced is not None
    assert not paced.asked
    assert 90 < paced.seconds <= 100
    assert await RedisFloods(redis, clock, session="t", prefix=prefix).held(GROUP) == 0
    await redis.delete(*[key async for key in redis.scan_iter(match=f"{prefix}*")])


async def test_a_wait_that_redis_lost_or_never_heard_of_still_counts(
    redis: Redis, clock: ManualClock, prefix: str
) -> None:
    floods = RedisFloods(redis, clock, session="s", prefix=prefix)
    await floods.hold(GROUP, 100, Hold.PEER)
    await redis.delete(*[key async for key in redis.scan_iter(match=f"{prefix}*")])
    assert await floods.held(GROUP) == 100
    assert await floods.take(GROUP, pace=1.0) == Wait(100, asked=True)


async def test_while_redis_is_away_the_process_keeps_its_own_pace(clock: ManualClock) -> None:
    redis = open_redis("redis://127.0.0.1:1")
    floods = RedisFloods(redis, clock, session="s")
    assert await floods.take(GROUP, pace=1.0) is None
    assert await floods.take(GROUP, pace=1.0) == Wait(1.0, asked=False)
    await floods.hold(PERSON, 5, Hold.PEER)
    assert await floods.held(PERSON) == 5
    await redis.aclose()


async def test_a_redis_that_hangs_holds_up_one_send_for_a_moment_alone(clock: ManualClock) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    redis = open_redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    floods = RedisFloods(redis, clock, session="s")
    first = asyncio.ensure_future(floods.take(GROUP, pace=1.0))
    await settle()
    clock.advance(2)
    await settle()
    assert first.done()
    second = asyncio.ensure_future(floods.take(PERSON, pace=1.0))
    await settle()
    assert second.done()
    assert (await first, await second) == (None, None)
    await redis.aclose()
    server.close()
    await server.wait_closed()

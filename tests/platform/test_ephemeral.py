import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from meydan.platform.clock import ManualClock
from meydan.platform.ephemeral import EphemeralStore, MemoryStore
from meydan.platform.errors import Unavailable
from meydan.platform.redis import RedisStore


class StoreContract:
    """What every store promises."""

    async def test_of_two_takers_one_gets_it(self, any_store: EphemeralStore) -> None:
        await any_store.put("k", "v", seconds=60)
        assert sorted(await asyncio.gather(any_store.take("k"), any_store.take("k")), key=str) == [None, "v"]

    async def test_a_claim_holds_until_its_owner_lets_go(self, any_store: EphemeralStore) -> None:
        assert await any_store.claim("k", "a", seconds=60) == "a"
        assert await any_store.claim("k", "b", seconds=60) == "a"
        assert await any_store.claim("k", "a", seconds=60) == "a"
        await any_store.release("k", "b")
        assert await any_store.claim("k", "b", seconds=60) == "a"
        await any_store.release("k", "a")
        assert await any_store.claim("k", "b", seconds=60) == "b"

    async def test_hits_count_until_forgotten(self, any_store: EphemeralStore) -> None:
        assert await any_store.count("k") == 0
        assert [await any_store.hit("k", seconds=60) for _ in range(3)] == [1, 2, 3]
        assert [await any_store.count("k") for _ in range(2)] == [3, 3]
        await any_store.forget("k")
        await any_store.forget("k")
        assert await any_store.hit("k", seconds=60) == 1


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def any_store(self, clock: ManualClock) -> EphemeralStore:
        return MemoryStore(clock)

    async def test_everything_expires(self, any_store: EphemeralStore, clock: ManualClock) -> None:
        await any_store.put("value", "v", seconds=10)
        await any_store.claim("claim", "a", seconds=10)
        await any_store.hit("hits", seconds=10)
        clock.advance(9)
        assert await any_store.hit("hits", seconds=10) == 2
        clock.advance(1)
        assert await any_store.take("value") is None
        assert await any_store.claim("claim", "b", seconds=10) == "b"
        assert await any_store.hit("hits", seconds=10) == 1


class TestRedisStore(StoreContract):
    @pytest.fixture
    def any_store(self, redis: Redis, tmp_path: Path) -> EphemeralStore:
        return RedisStore(redis, prefix=f"test:{tmp_path}:")

    async def test_everything_is_given_an_end(self, any_store: EphemeralStore, redis: Redis, tmp_path: Path) -> None:
        await any_store.put("value", "v", seconds=60)
        await any_store.claim("claim", "a", seconds=60)
        await any_store.hit("hits", seconds=60)
        for key in ("value", "claim", "hits"):
            assert 0 < await redis.pttl(f"test:{tmp_path}:{key}") <= 60_000


async def test_a_store_that_is_away_says_so() -> None:
    client = Redis.from_url("redis://127.0.0.1:1/0")
    store = RedisStore(client)
    with pytest.raises(Unavailable):
        await store.put("k", "v", seconds=1)
    with pytest.raises(Unavailable):
        await store.take("k")
    with pytest.raises(Unavailable):
        await store.claim("k", "a", seconds=1)
    with pytest.raises(Unavailable):
        await store.release("k", "a")
    with pytest.raises(Unavailable):
        await store.hit("k", seconds=1)
    with pytest.raises(Unavailable):
        await store.forget("k")
    await client.aclose()

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from meydan.platform.bus import Bus, MemoryBus
from meydan.platform.redis import RedisBus


class BusContract:
    """What every bus promises."""

    async def test_every_subscriber_hears_in_order(self, any_bus: Bus) -> None:
        first: list[bytes] = []
        second: asyncio.Queue[bytes] = asyncio.Queue()
        await any_bus.subscribe("a", first.append)
        await any_bus.subscribe("a", second.put_nowait)
        for number in range(20):
            await any_bus.publish("a", str(number).encode())
        heard = [await asyncio.wait_for(second.get(), 5) for _ in range(20)]
        assert heard == first == [str(number).encode() for number in range(20)]

    async def test_other_channels_and_the_unsubscribed_hear_nothing(self, any_bus: Bus) -> None:
        silent: list[bytes] = []
        done: asyncio.Queue[bytes] = asyncio.Queue()
        await any_bus.subscribe("other", silent.append)
        gone = await any_bus.subscribe("a", silent.append)
        await any_bus.subscribe("a", done.put_nowait)
        await any_bus.unsubscribe(gone)
        await any_bus.unsubscribe(gone)
        await any_bus.publish("a", b"x")
        assert await asyncio.wait_for(done.get(), 5) == b"x"
        assert silent == []


class TestMemoryBus(BusContract):
    @pytest.fixture
    async def any_bus(self) -> AsyncIterator[Bus]:
        bus = MemoryBus()
        yield bus
        await bus.close()


class TestRedisBus(BusContract):
    @pytest.fixture
    async def any_bus(self, redis: Redis, tmp_path: object) -> AsyncIterator[Bus]:
        bus = RedisBus(redis, prefix=f"test:{tmp_path}:")
        yield bus
        await bus.close()

    async def test_two_nodes_hear_each_other(self, redis: Redis, any_bus: Bus, tmp_path: object) -> None:
        other = RedisBus(redis, prefix=f"test:{tmp_path}:")
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        await any_bus.subscribe("a", heard.put_nowait)
        await other.publish("a", b"from the other")
        assert await asyncio.wait_for(heard.get(), 5) == b"from the other"
        await other.close()

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from meydan.platform.bus import Bus, MemoryBus
from meydan.platform.redis import RedisBus, open_redis
from tests.conftest import missing
from tests.processes import free_port, private_redis, redis_program


class BusContract:
    """What every bus promises."""

    async def test_every_subscriber_hears_in_order(self, any_bus: Bus) -> None:
        first: list[bytes] = []
        second: asyncio.Queue[bytes] = asyncio.Queue()
        await any_bus.subscribe("a", first.append)
        await any_bus.subscribe("a", second.put_nowait)
        for number in range(20):
            await any_bus.publish("a", str(number).encode())
        heard = [await asyncio.wait_for(second.get(), 20) for _ in range(20)]
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
        assert await asyncio.wait_for(done.get(), 20) == b"x"
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
        assert await asyncio.wait_for(heard.get(), 20) == b"from the other"
        await other.close()

    async def test_a_redis_that_comes_later_is_joined(
        self, tmp_path: Path, record_property: Callable[[str, object], None]
    ) -> None:
        program = redis_program() or missing("redis-server", record_property)
        port = free_port()
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        back = asyncio.Event()
        async with contextlib.aclosing(open_redis(f"redis://127.0.0.1:{port}/0")) as client:
            bus = RedisBus(client, retry_seconds=0.02)
            await bus.subscribe("a", heard.put_nowait, resync=back.set)
            await bus.publish("a", b"lost")
            with private_redis(program, tmp_path, port=port):
                await asyncio.wait_for(back.wait(), 30)
                await bus.publish("a", b"heard")
                assert await asyncio.wait_for(heard.get(), 20) == b"heard"
                await bus.close()

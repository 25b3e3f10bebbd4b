"""A client whose waits, lease and state are kept in Redis."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from telethon import errors

from meydan.accounts.vault import Vault
from meydan.platform.errors import Unavailable
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import SessionInUse
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.results import MessageResult
from meydan.telegram.client.sessions import SessionStore
from meydan.telegram.client.state import RedisStates
from tests.conftest import REDIS

NAME = f"deneme-{os.getpid()}"
TOKEN = "1:anahtar"


class Machine:
    """A folder of its own; what is shared with others is in Redis alone."""

    def __init__(self, world: FakeWorld, folder: Path, key: str, *, redis_url: str = REDIS) -> None:
        self.config = ClientConfig(NAME, 1, "x", bot_token=TOKEN, sessions_dir=folder, redis_url=redis_url)
        self.store = SessionStore(folder, Vault([key]))
        self.world = world

    def manager(self) -> TelegramClientManager:
        return TelegramClientManager(
            self.config, telethon=fake_telethon(self.world), sessions=self.store, registry=CollectorRegistry()
        )


@pytest.fixture
def world() -> FakeWorld:
    world = FakeWorld()
    world.add_bot(TOKEN)
    world.add_group("Borsa", username="borsa")
    return world


@pytest.fixture(autouse=True)
async def _tidy(redis: Redis) -> AsyncIterator[None]:
    yield
    if keys := [key async for key in redis.scan_iter(match=f"meydan:telegram:*{NAME}*")]:
        await redis.delete(*keys)


async def test_a_wait_outlives_the_program_and_its_machine(world: FakeWorld, tmp_path: Path, redis: Redis) -> None:
    key = Fernet.generate_key().decode()
    world.order(errors.FloodWaitError(None, 100), on="send")
    async with Machine(world, tmp_path / "a", key).manager() as manager:
        assert (await manager.send_message("borsa", "bir")).retry_after == 100
        assert (await RedisStates(redis).read())[NAME].connection_status == "connected"
    async with Machine(world, tmp_path / "b", key).manager() as manager:
        ended = await manager.send_message("borsa", "iki")
        assert ended.result is MessageResult.FLOOD_WAIT
        assert 90 < (ended.retry_after or 0) <= 100
    assert world.asked.count("send") == 1


async def test_two_machines_do_not_use_one_session(world: FakeWorld, tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    first = Machine(world, tmp_path / "a", key)
    await (await first.manager().initialize()).disconnect()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / f"{NAME}.session").write_bytes((tmp_path / "a" / f"{NAME}.session").read_bytes())
    second = Machine(world, tmp_path / "b", key)
    async with first.manager():
        other = second.manager()
        with pytest.raises(SessionInUse):
            await other.initialize()
        await other.disconnect()
    async with second.manager() as manager:
        assert manager.is_connected()


async def test_without_a_redis_that_was_asked_for_nothing_is_begun(world: FakeWorld, tmp_path: Path) -> None:
    machine = Machine(world, tmp_path, Fernet.generate_key().decode(), redis_url="redis://127.0.0.1:1")
    manager = machine.manager()
    with pytest.raises(Unavailable):
        await manager.initialize()
    await manager.disconnect()

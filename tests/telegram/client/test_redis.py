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
from meydan.platform.errors import MeydanError, Unavailable
from meydan.platform.texts import LANGUAGES
from meydan.telegram import redis_state
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import RedisAway, RedisMissing, RedisNotConnected, SessionInUse
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.redis_state import PREFIX
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


@pytest.fixture
async def kept(redis: Redis) -> AsyncIterator[str]:
    """Give a name for values, and leave none of them."""
    yield f"{NAME}-deger"
    if keys := [key async for key in redis.scan_iter(match=f"{PREFIX}{NAME}*")]:
        await redis.delete(*keys)


async def test_a_script_keeps_values_of_its_own(
    monkeypatch: pytest.MonkeyPatch, redis: Redis, kept: str, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", REDIS)
    await redis_state.connect()
    values = ["metin", "", 42, 1.5, False, ["ç", None], {"son": {"kimlik": 7}}]
    for value in values:
        await redis_state.set(kept, value)
        assert await redis_state.get(kept) == value
    await redis_state.set(kept, "bir süre", seconds=30)
    assert 29_000 < await redis.pttl(f"meydan:telegram:script:{kept}") <= 30_000
    await redis_state.close()
    await redis_state.close()
    with pytest.raises(RedisNotConnected):
        await redis_state.get(kept)
    await redis_state.connect()
    await redis_state.connect()
    assert await redis_state.get(kept) == "bir süre"
    with pytest.raises(TypeError):
        await redis_state.set(kept, object())
    await redis_state.set(kept, None)
    assert await redis_state.get(kept, "yok") == "yok"
    await redis_state.close()


@pytest.mark.parametrize(
    ("variable", "url", "error"),
    [
        ("", None, RedisMissing),
        ("redis://:parola-gizli@127.0.0.1:1", None, RedisAway),
        ("", "kim bilir parola-gizli", RedisAway),
    ],
)
async def test_a_script_without_redis_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, url: str | None, error: type[MeydanError]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", variable)
    with pytest.raises(error) as refused:
        await redis_state.connect(url)
    for language in LANGUAGES:
        told = refused.value.title(language) + refused.value.detail(language)
        assert "REDIS_URL" in told
        assert "parola" not in told
    for again in (redis_state.get("a"), redis_state.set("a", 1)):
        with pytest.raises(RedisNotConnected):
            await again

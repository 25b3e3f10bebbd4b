"""Who works with a session: a lock that dies with its process, and a lease over all machines."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from meydan.accounts.vault import Vault
from meydan.platform.clock import ManualClock
from meydan.platform.ephemeral import EphemeralStore, MemoryStore
from meydan.platform.errors import Unavailable
from meydan.platform.redis import RedisStore
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.errors import SessionInUse
from meydan.telegram.client.lease import Holder, SessionLock, SharedLease, holder_of
from meydan.telegram.client.sessions import SessionStore
from meydan.telegram.client.shared import open_shared
from meydan.telegram.client.state import client_state
from tests.conftest import REDIS, need

_HOLD = """
import sys
from pathlib import Path
from meydan.platform.clock import SystemClock
from meydan.telegram.client.lease import Holder, SessionLock
lock = SessionLock(Path(sys.argv[1]), name="ana", holder=Holder.here(SystemClock()))
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_lock_dies_with_its_process(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "ana.lock"
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    with pytest.raises(SessionInUse) as caught:
        SessionLock(path, name="ana", holder=Holder.here(clock))
    holder = holder_of(path)
    assert holder is not None
    assert holder.pid == other.pid
    assert (caught.value.data["makine"], caught.value.data["baslangic"]) == (holder.host, holder.since)
    other.kill()
    await other.wait()
    assert holder_of(path) is None
    SessionLock(path, name="ana", holder=Holder.here(clock)).release()


def test_looking_takes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    path, me = tmp_path / "ana.lock", Holder.here(clock)
    assert holder_of(path) is None
    assert not path.exists()
    lock = SessionLock(path, name="ana", holder=me)
    assert holder_of(path) == me
    lock.release()
    lock.release()
    assert holder_of(path) is None


def test_a_lock_file_that_says_nothing_is_still_a_lock(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "ana.lock"
    lock = SessionLock(path, name="ana", holder=Holder.here(clock))
    path.write_bytes(b"")
    with pytest.raises(SessionInUse):
        SessionLock(path, name="ana", holder=Holder.here(clock))
    lock.release()


def lease_on(store: EphemeralStore, clock: ManualClock, *, identity: str = "key-1") -> SharedLease:
    return SharedLease(store, clock, name="ana", identity=identity, holder=Holder.here(clock))


class LeaseContract:
    """What holds over every store."""

    async def test_one_holds_it_until_it_gives_it_back(self, any_store: EphemeralStore, clock: ManualClock) -> None:
        first, second = lease_on(any_store, clock), lease_on(any_store, clock)
        await first.take()
        await first.take()
        with pytest.raises(SessionInUse) as caught:
            await second.take()
        assert caught.value.data["makine"] == Holder.here(clock).host
        await lease_on(any_store, clock, identity="key-2").take()
        await second.give_back()  # not its own to give
        with pytest.raises(SessionInUse):
            await second.take()
        await first.give_back()
        await second.take()

    async def test_it_is_told_once_when_another_took_it(self, any_store: EphemeralStore, clock: ManualClock) -> None:
        lease, told = lease_on(any_store, clock), asyncio.Event()
        await lease.take()
        async with kept(lease, told):
            await lease.give_back()  # as if it had run out while this process stood still
            await lease_on(any_store, clock).take()
            await settle(clock, 10, until=told)
            assert told.is_set()


class TestInMemory(LeaseContract):
    @pytest.fixture
    def any_store(self, clock: ManualClock) -> EphemeralStore:
        return MemoryStore(clock)

    async def test_it_is_renewed_for_as_long_as_it_is_kept(self, any_store: EphemeralStore, clock: ManualClock) -> None:
        lease, told = lease_on(any_store, clock), asyncio.Event()
        await lease.take()
        async with kept(lease, told):
            for _ in range(20):
                await settle(clock, 10)
                with pytest.raises(SessionInUse):
                    await lease_on(any_store, clock).take()
        assert not told.is_set()
        clock.advance(30)
        await lease_on(any_store, clock).take()

    async def test_it_is_given_up_before_the_store_would(self, clock: ManualClock) -> None:
        store, told = Distant(clock), asyncio.Event()
        lease = lease_on(store, clock)
        await lease.take()
        async with kept(lease, told):
            store.away = True
            await settle(clock, 10)
            store.away = False
            await settle(clock, 10)
            store.away = True
            await settle(clock, 10)
            assert not told.is_set()
            await settle(clock, 10)
            assert told.is_set()
            store.away = False
            with pytest.raises(SessionInUse):
                await lease_on(store, clock).take()


class TestInRedis(LeaseContract):
    @pytest.fixture
    def any_store(self, redis: Redis, tmp_path: Path) -> EphemeralStore:
        return RedisStore(redis, prefix=f"test:{tmp_path}:")


class Distant(MemoryStore):
    """A store that does not always answer."""

    away = False

    async def claim(self, key: str, owner: str, *, seconds: float) -> str:
        if self.away:
            raise Unavailable
        return await super().claim(key, owner, seconds=seconds)


@contextlib.asynccontextmanager
async def kept(lease: SharedLease, told: asyncio.Event) -> AsyncIterator[None]:
    def lost() -> None:
        assert not told.is_set()
        told.set()

    keeper = asyncio.create_task(lease.keep(lost))
    await asyncio.sleep(0)
    yield
    keeper.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeper


async def settle(clock: ManualClock, seconds: float, *, until: asyncio.Event | None = None) -> None:
    """Move the clock and let what it wakes run to its next rest, or until it is told."""
    clock.advance(seconds)
    if until is not None:
        await asyncio.wait_for(until.wait(), 10)
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("redis_url", ["", REDIS])
async def test_a_client_finds_its_way_to_the_others(tmp_path: Path, clock: ManualClock, redis_url: str) -> None:
    if redis_url:
        need("Redis", redis_url)
    config = ClientConfig(f"ana-{tmp_path.name}", 1, "hash", sessions_dir=tmp_path, redis_url=redis_url)
    shared, other = open_shared(config, clock), open_shared(config, clock)
    opened = SessionStore(tmp_path, Vault([Fernet.generate_key().decode()]), clock=clock).open(config)
    lease = shared.lease(opened)
    await lease.take()
    stats = {"session_name": opened.name, "connection_status": "connected"}
    await shared.states.write(client_state(stats, kind=opened.kind, clock=clock))
    assert (await other.states.read())[opened.name].connection_status == "connected"
    elsewhere = SharedLease(other.store, clock, name=opened.name, identity=opened.identity, holder=Holder.here(clock))
    if redis_url:
        with pytest.raises(SessionInUse):
            await elsewhere.take()
    await shared.states.forget(opened.name)
    await lease.give_back()
    await elsewhere.take()
    await elsewhere.give_back()
    opened.close()
    await shared.close()
    await other.close()

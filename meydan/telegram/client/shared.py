"""What clients share: with Redis over all machines, else in this process and through the folder of sessions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meydan.platform.clock import Clock
from meydan.platform.ephemeral import EphemeralStore, MemoryStore
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.lease import SharedLease
from meydan.telegram.client.state import RedisStates, StateBook, StateFiles

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from meydan.telegram.client.sessions import OpenSession


@dataclass(frozen=True)
class Shared:
    """One client's way to the others."""

    clock: Clock
    store: EphemeralStore
    states: StateBook
    redis: "Redis | None" = None

    def lease(self, opened: "OpenSession") -> SharedLease:
        """Return the lease on a session that is locked on this machine already."""
        return SharedLease(self.store, self.clock, name=opened.name, identity=opened.identity, holder=opened.holder)

    async def close(self) -> None:
        """Let go of Redis."""
        if self.redis is not None:
            await self.redis.aclose()


def open_shared(config: ClientConfig, clock: Clock) -> Shared:
    """Choose between Redis and this machine; nothing is asked of Redis yet."""
    if not config.redis_url:
        return Shared(clock, MemoryStore(clock), StateFiles(config.sessions_dir))
    from meydan.platform.redis import RedisStore, open_redis  # noqa: PLC0415  # its client takes time to load

    redis = open_redis(config.redis_url)
    return Shared(clock, RedisStore(redis), RedisStates(redis), redis)

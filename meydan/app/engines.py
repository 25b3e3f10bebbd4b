"""The one page that asks which database and which bus this is."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meydan.chat.search import PostgresSearch, SearchIndex, SqliteSearch
from meydan.platform.bus import Bus, MemoryBus
from meydan.platform.clock import Clock
from meydan.platform.db import Database, PostgresDatabase, SqliteDatabase, file_of
from meydan.platform.ephemeral import EphemeralStore, MemoryStore
from meydan.platform.settings import Settings, private_dir
from meydan.telegram.limiter import Limiter
from meydan.telegram.limits import TelegramLimits
from meydan.telegram.memory_limiter import MemoryLimiter

if TYPE_CHECKING:
    from redis.asyncio import Redis


@dataclass(frozen=True)
class Engines:
    """The parts that stand on something outside this program."""

    db: Database
    bus: Bus
    store: EphemeralStore
    search: SearchIndex
    redis: "Redis | None"
    database_name: str

    async def close(self) -> None:
        """Let go of everything."""
        await self.bus.close()
        if self.redis is not None:
            await self.redis.aclose()
        await self.db.close()


def telegram_limiter(engines: Engines, clock: Clock, limits: Callable[[], TelegramLimits]) -> Limiter:
    """Return the keeper of Telegram's limits: in Redis where several processes may share bots or rooms."""
    if engines.redis is None:
        return MemoryLimiter(clock, limits)
    from meydan.telegram.redis_limiter import RedisLimiter  # noqa: PLC0415  # its scripts are not needed without Redis

    return RedisLimiter(engines.redis, limits, prefix="meydan:telegram:")


def disk_room(settings: Settings) -> int | None:
    """Return how many bytes the database's disk still takes, or None where that is another machine's to know."""
    file = file_of(settings.database)
    return None if file is None else shutil.disk_usage(file.parent).free


def open_engines(settings: Settings, clock: Clock) -> Engines:
    """Choose and open the database, the bus and the store that the settings ask for."""
    if (file := file_of(settings.database)) is not None:
        private_dir(settings)
        db: Database = SqliteDatabase(str(file))
        search: SearchIndex = SqliteSearch()
        database_name = "sqlite"
    else:
        db, search, database_name = PostgresDatabase(settings.database), PostgresSearch(), "postgresql"
    url = settings.redis_url.get_secret_value()
    if not url:
        return Engines(db, MemoryBus(), MemoryStore(clock), search, None, database_name)
    from meydan.platform.redis import RedisBus, RedisStore, open_redis  # noqa: PLC0415  # its client takes time to load

    redis = open_redis(url)
    number = redis.connection_pool.connection_kwargs.get("db", 0)  # keys are apart by it, publish and subscribe is not
    bus = RedisBus(redis, prefix=f"meydan:{number}:")
    return Engines(db, bus, RedisStore(redis), search, redis, database_name)

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis import Redis as BlockingRedis

from meydan.platform.db import PostgresDatabase
from meydan.platform.settings import Settings
from tests.chat.node import Node, running_node
from tests.conftest import REDIS, empty, need

_CLAIM = "meydan-test-claim"


@pytest.fixture
def settings(settings: Settings, sqlite_template: Path) -> Settings:
    """Give the settings of a fresh node on SQLite with a port of its own."""
    settings = settings.model_copy(update={"port": 0})
    settings.data_dir.mkdir(mode=0o700)
    shutil.copy(sqlite_template, settings.data_dir / "meydan.db")
    return settings


@pytest.fixture
async def node(settings: Settings) -> AsyncIterator[Node]:
    async with running_node(settings) as node:
        yield node


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> Iterator[str]:
    """Claim an empty Redis database for this worker."""
    need("Redis", REDIS)
    base = REDIS.rpartition("/")[0]
    for number in range(15, 0, -1):
        client = BlockingRedis.from_url(f"{base}/{number}")
        if f"{base}/{number}" != REDIS and client.set(_CLAIM, f"{worker_id}-{os.getpid()}", nx=True, ex=600):
            yield f"{base}/{number}"
            client.flushdb()
            client.close()
            return
        client.close()
    pytest.fail("every Redis database is taken")


@pytest.fixture
def shared_settings(settings: Settings, postgres_url: str, redis_url: str) -> Settings:
    """Give the settings of nodes that share PostgreSQL and Redis, both empty."""
    asyncio.run(_empty(postgres_url))
    return settings.model_copy(update={"database_url": postgres_url, "redis_url": SecretStr(redis_url)})


@pytest.fixture
async def nodes(shared_settings: Settings) -> AsyncIterator[tuple[Node, Node]]:
    async with running_node(shared_settings) as first, running_node(shared_settings) as second:
        yield first, second


async def _empty(url: str) -> None:
    database = PostgresDatabase(url, connections=1)
    await database.write(empty)
    await database.close()

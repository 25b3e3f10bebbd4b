import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from meydan.platform.lock import InUse
from meydan.platform.sole_node import SoleNode


@contextlib.asynccontextmanager
async def node(url: str, *, first_patience: float = 30.0, patience: float = 30.0) -> AsyncIterator[SoleNode]:
    found = SoleNode(url, first_patience=first_patience, patience=patience)
    try:
        await found.start()
        yield found
    finally:
        await found.close()


@contextlib.asynccontextmanager
async def cut(url: str) -> AsyncIterator[asyncpg.Connection]:
    """End the connection that holds the lock, and take the lock before anybody else can."""
    connection = await asyncpg.connect(url)
    holder = await connection.fetchval(
        "select pid from pg_locks where locktype = 'advisory' and database = (select oid"
        " from pg_database where datname = current_database())"
    )
    taking = asyncio.create_task(connection.execute(f"select pg_advisory_lock({int.from_bytes(b'meydan')})"))
    other = await asyncpg.connect(url)
    try:
        await other.execute("select pg_terminate_backend($1)", holder)
        await taking
        yield connection
    finally:
        await other.close()
        await connection.close()


async def test_one_node_at_a_time_has_a_database(postgres_url: str) -> None:
    async with node(postgres_url):
        with pytest.raises(InUse) as refused:
            async with node(postgres_url, first_patience=0.0):
                pytest.fail("two have it")
    assert str(refused.value) == f"127.0.0.1/{postgres_url.rsplit('/', 1)[1]}"
    async with node(postgres_url):
        pass


async def test_a_node_that_was_cut_off_takes_its_place_again(postgres_url: str) -> None:
    async with node(postgres_url) as kept:
        running = asyncio.create_task(kept.run())
        async with cut(postgres_url):
            await asyncio.sleep(0)
        while True:
            try:
                async with node(postgres_url, first_patience=0.0):
                    await asyncio.sleep(0.01)
            except InUse:
                break
        await kept.drain()
        await running


async def test_a_node_that_lost_its_place_to_another_ends(postgres_url: str) -> None:
    async with node(postgres_url, patience=0.0) as kept:
        running = asyncio.create_task(kept.run())
        async with cut(postgres_url):
            with pytest.raises(InUse):
                await running

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from structlog.testing import capture_logs

from meydan.platform import sole_node
from meydan.platform.lock import InUse
from meydan.platform.sole_node import SoleNode

_HOLDER = (
    "select pid from pg_locks where locktype = 'advisory' and granted"
    " and database = (select oid from pg_database where datname = current_database())"
)


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
    holder = await connection.fetchval(_HOLDER)
    taking = asyncio.create_task(connection.execute(f"select pg_advisory_lock({int.from_bytes(b'meydan')})"))
    other = await asyncpg.connect(url)
    try:
        await other.execute("select pg_terminate_backend($1)", holder)
        await taking
        yield connection
    finally:
        await other.close()
        await connection.close()


@contextlib.asynccontextmanager
async def line(url: str, carries: asyncio.Event) -> AsyncIterator[str]:
    """A line to the database that carries nothing, and tells nobody, while `carries` is not set."""
    server = urlsplit(url)

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.closing(target):
            while piece := await source.read(65_536):
                await carries.wait()
                target.write(piece)

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(server.hostname, server.port)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    async with await asyncio.start_server(accepted, "127.0.0.1") as door:
        port = door.sockets[0].getsockname()[1]
        yield server._replace(netloc=f"{server.username}@127.0.0.1:{port}").geturl()


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


async def test_a_line_that_died_in_silence_is_noticed(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sole_node, "_GLANCE", 0.5)
    carries = asyncio.Event()
    carries.set()
    watching = await asyncpg.connect(postgres_url)
    async with line(postgres_url, carries) as address, node(address) as kept:
        running = asyncio.create_task(kept.run())
        first = await watching.fetchval(_HOLDER)
        carries.clear()
        with capture_logs() as told:
            while {"event": "sole_node.lost", "log_level": "warning"} not in told:  # noqa: ASYNC110  # a log is no event
                await asyncio.sleep(0.05)
        carries.set()
        while await watching.fetchval(_HOLDER) in (first, None):  # noqa: ASYNC110  # nor is it
            await asyncio.sleep(0.05)
        await kept.drain()
        await running
    await watching.close()

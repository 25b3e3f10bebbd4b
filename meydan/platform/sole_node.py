"""A database on PostgreSQL that one node uses at a time, since without Redis two would not hear of each other."""

import asyncio
from typing import TYPE_CHECKING, Final, cast

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from meydan.platform.db import asyncpg_url, is_away
from meydan.platform.lock import InUse

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger(__name__)

_LOCK: Final = text("select pg_try_advisory_lock(:key)").bindparams(key=int.from_bytes(b"meydan"))
_PAUSE: Final = 0.5
# PostgreSQL notices within a minute that a node's machine is gone, and gives its place to the next.
_KEEPALIVE: Final = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class SoleNode:
    """Holds an advisory lock on a connection that does nothing else; when that breaks, takes the lock again.

    `start` and `run` raise `InUse` when another node had the database for as long as they are patient, in seconds. Who
    held the lock is patient for longer: after a cut PostgreSQL may keep it for the connection that is gone.
    """

    name = "sole-node"

    def __init__(self, url: str, *, first_patience: float = 5.0, patience: float = 90.0) -> None:
        self._engine = create_async_engine(
            asyncpg_url(url),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"server_settings": _KEEPALIVE},
        )
        place = make_url(url)
        self._database = f"{place.host}/{place.database}"
        self._first_patience = first_patience
        self._patience = patience
        self._connection: AsyncConnection | None = None
        self._lost = asyncio.Event()
        self._drained = asyncio.Event()

    async def start(self) -> None:
        """Take the lock; raises also what the database raised when it is away."""
        self._connection = await self._taken(self._first_patience)

    async def run(self) -> None:
        """Keep the lock until `drain`."""
        keeping = asyncio.create_task(self._keep())
        leaving = asyncio.create_task(self._drained.wait())
        try:
            await asyncio.wait((keeping, leaving), return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
        finally:
            keeping.cancel()
            leaving.cancel()
            await asyncio.wait((keeping, leaving))

    async def drain(self) -> None:
        """Let `run` return; the lock is held until `close`."""
        self._drained.set()

    async def close(self) -> None:
        """Let go of the lock."""
        await self._let_go()
        await self._engine.dispose()

    async def _keep(self) -> None:
        while True:
            await self._lost.wait()
            log.warning("sole_node.lost")
            await self._let_go()
            while self._connection is None:
                try:
                    self._connection = await self._taken(self._patience)
                except (OSError, SQLAlchemyError) as error:
                    if not is_away(error):
                        raise
                    await asyncio.sleep(_PAUSE)
            log.info("sole_node.taken_again")

    async def _taken(self, patience: float) -> AsyncConnection:
        give_up = asyncio.get_running_loop().time() + patience
        connection = await self._engine.connect()
        try:
            while not (await connection.execute(_LOCK)).scalar_one():
                if asyncio.get_running_loop().time() > give_up:
                    raise InUse(self._database)
                await asyncio.sleep(_PAUSE)
            driver = await _driver(connection)
            self._lost.clear()
            driver.add_termination_listener(lambda _: self._lost.set())
            if driver.is_closed():
                self._lost.set()
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            (await _driver(connection)).terminate()  # a farewell could take for ever, and says nothing
            await connection.invalidate()
            await connection.close()


async def _driver(connection: AsyncConnection) -> "asyncpg.Connection":
    return cast("asyncpg.Connection", (await connection.get_raw_connection()).driver_connection)

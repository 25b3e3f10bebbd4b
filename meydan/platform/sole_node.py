"""A database on PostgreSQL that one node uses at a time, since without Redis two would not hear of each other."""

import asyncio
from typing import Final, NamedTuple, cast

import asyncpg
import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from meydan.platform.db import asyncpg_url, is_away
from meydan.platform.lock import InUse

log = structlog.get_logger(__name__)

_KEY: Final = int.from_bytes(b"meydan")
_PAUSE: Final = 0.5
_GLANCE: Final = 10.0
# PostgreSQL notices within a minute that a node's machine is gone, and gives its place to the next.
_KEEPALIVE: Final = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class _Line(NamedTuple):
    connection: AsyncConnection
    driver: asyncpg.Connection

    async def cut(self) -> None:
        self.driver.terminate()  # a farewell could take for ever, and says nothing
        await self.connection.invalidate()
        await self.connection.close()


class SoleNode:
    """Holds an advisory lock on a connection that does nothing else; when that breaks, takes the lock again.

    `start` and `run` raise `InUse` when another node had the database for as long as they are patient, in seconds. Who
    held the lock is patient for longer: after a cut PostgreSQL may keep it for the connection that is gone.
    """

    name = "sole-node"
    vital = True

    def __init__(self, url: str, *, first_patience: float = 5.0, patience: float = 90.0) -> None:
        self._engine = create_async_engine(
            asyncpg_url(url),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"server_settings": _KEEPALIVE, "timeout": _GLANCE, "command_timeout": _GLANCE},
        )
        place = make_url(url)
        self._database = f"{place.host}/{place.database}"
        self._first_patience = first_patience
        self._patience = patience
        self._line: _Line | None = None
        self._lost = asyncio.Event()
        self._drained = asyncio.Event()

    async def start(self) -> None:
        """Take the lock; raises also what the database raised when it is away."""
        self._line = await self._taken(self._first_patience)

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
            if self._line is not None:
                await self._holds(self._line)
                log.warning("sole_node.lost")
                await self._let_go()
            try:
                self._line = await self._taken(self._patience)
                log.info("sole_node.taken_again")
            except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if isinstance(error, SQLAlchemyError) and not is_away(error):
                    raise
                await asyncio.sleep(_PAUSE)

    async def _holds(self, line: _Line) -> None:
        """Wait until the connection breaks, or no longer answers: then the lock may be another's."""
        while not self._lost.is_set():
            try:
                async with asyncio.timeout(_GLANCE):
                    await self._lost.wait()
            except TimeoutError:
                try:
                    await line.driver.fetchval("select 1")
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    return

    async def _taken(self, patience: float) -> _Line:
        give_up = asyncio.get_running_loop().time() + patience
        connection = await self._engine.connect()
        line = _Line(connection, cast("asyncpg.Connection", (await connection.get_raw_connection()).driver_connection))
        try:
            while not await line.driver.fetchval("select pg_try_advisory_lock($1)", _KEY):
                if asyncio.get_running_loop().time() > give_up:
                    raise InUse(self._database)
                await asyncio.sleep(_PAUSE)
            self._lost.clear()
            line.driver.add_termination_listener(lambda _: self._lost.set())
            if line.driver.is_closed():
                self._lost.set()
        except BaseException:
            await line.cut()
            raise
        return line

    async def _let_go(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.cut()

"""One way to the database: a unit of work is a plain function of a `Session`.

`await database.write(work)` runs `work(session)` in one transaction and commits it; `read` runs it without one that
writes. Because `work` is an ordinary function, a transaction cannot wait for the network, an LLM or another task: it
is short by construction. SQLite runs it on a thread (one writer, a few readers); PostgreSQL runs it over asyncpg.
Events are published by the caller after `write` has returned, never inside.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakSet

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import NullPool

from meydan.platform.errors import Unavailable
from meydan.platform.logging import hide_secrets

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")
Work = Callable[[Session], T]

_SQLITE: Final = "sqlite:///"
_READERS: Final = 2
_BUSY_SECONDS: Final = 30
_BEGIN: Final = "begin"  # the option of a connection that holds the statement its transactions start with
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    f"journal_size_limit={16 * 1024 * 1024}",  # what a long reader made of the journal is given back to the disk
)
_MICROSECONDS: Final = len("2026-01-05 09:00:00.000000")
_FAREWELL_SECONDS: Final = 3


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments and give the database UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Write a moment at once as SQLite keeps it; other databases take what `process_bind_param` returns."""
        return _as_sqlite_keeps_it if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read a moment at once as SQLite keeps it; `process_result_value` takes what other databases return."""
        return _kept_by_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _as_sqlite_keeps_it(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:_MICROSECONDS]


def _kept_by_sqlite(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class Base(DeclarativeBase):
    """The one metadata of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # SQLAlchemy reads a plain dict


class Database(Protocol):
    """Where units of work run. Raises `Unavailable` when the database does not answer."""

    async def read(self, work: Work[T]) -> T:
        """Run `work` against one snapshot; it must not write."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction, commit it, and return its result; an exception rolls all of it back."""
        ...

    async def close(self) -> None:
        """Finish what runs and let go of every connection."""
        ...


class SqliteDatabase:
    """SQLite in WAL mode: one writing connection on its own thread, readers beside it."""

    def __init__(self, path: str) -> None:
        self._engine = sqlite_engine(path)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="db-read")
        self._local = threading.local()
        self._connections: list[Connection] = []

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a reading thread."""
        return await self._submit(self._readers, partial(self._run, "BEGIN", work))

    async def write(self, work: Work[T]) -> T:
        """Run `work` on the writing thread, after those that came before it."""
        return await self._submit(self._writer, partial(self._run, "BEGIN IMMEDIATE", work))

    async def close(self) -> None:
        """Finish what runs, then close every connection."""
        for executor in (self._readers, self._writer):
            await asyncio.to_thread(executor.shutdown, wait=True)
        for connection in self._connections:
            connection.close()

    def _run(self, begin: str, work: Work[T]) -> T:
        """Run `work` on this thread's own connection, which stays open between transactions."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect().execution_options(**{_BEGIN: begin})
            self._connections.append(connection)
        with connection.begin():
            return _with_session(connection, work)

    async def _submit(self, executor: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        # A caller that is cancelled must not leave the transaction half observed: the thread finishes either way.
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, call)
        except OperationalError as error:
            raise Unavailable from error


class PostgresDatabase:
    """PostgreSQL over asyncpg; each unit of work takes a connection from the pool for one transaction."""

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self._engine = create_async_engine(
            asyncpg_url(url),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_BUSY_SECONDS,
            pool_pre_ping=False,
            hide_parameters=True,  # errors are logged, what people wrote is not
            connect_args={"timeout": _BUSY_SECONDS, "command_timeout": _BUSY_SECONDS},
        )
        self._links: WeakSet[asyncpg.Connection] = WeakSet()

        @event.listens_for(self._engine.sync_engine, "connect")
        def _remember(connection: Any, _record: object) -> None:
            self._links.add(connection.driver_connection)

    async def read(self, work: Work[T]) -> T:
        """Run `work` in a transaction that writes nothing; tried again once when the connection had gone stale."""
        try:
            return await self._run(work)
        except Unavailable:
            return await self._run(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction and commit it."""
        return await self._run(work)

    async def close(self) -> None:
        """Close every connection, after a few seconds without waiting for the server's farewell."""
        hanging = asyncio.get_running_loop().call_later(_FAREWELL_SECONDS, self._hang_up)
        try:
            await self._engine.dispose()
        finally:
            hanging.cancel()

    def _hang_up(self) -> None:
        for link in tuple(self._links):
            link.terminate()

    async def _run(self, work: Work[T]) -> T:
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(lambda bound: _with_session(bound, work))
        except (OSError, SQLAlchemyError) as error:
            if is_away(error):
                raise Unavailable from error
            raise


def is_away(error: Exception) -> bool:
    """Tell whether a database that answered with `error`, or not at all, may be back soon."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, (OSError, PoolTimeout))
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
        return True
    state = str(getattr(error.orig, "sqlstate", "") or "")
    # It starts, stops, has no room or connection left, or chose this transaction to give way to another one.
    return state.startswith(("08", "57P", "53", "40"))


def reason_of(error: Exception) -> str:
    """Return what the database, or the way to it, said when it failed with `error`; secrets are hidden."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return hide_secrets(str(cause)) or type(cause).__name__


def as_sqlalchemy_tells(error: sqlite3.Error, statement: str) -> BaseException:
    """Return an error of SQLite's driver, asked directly, as SQLAlchemy tells it: without what people wrote."""
    return DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True)


def file_of(url: str) -> Path | None:
    """Return the file that an address names, or nothing when it names a server."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def connected(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on a connection of its own to the database at `url`. Must not be called from a running loop."""
    file = file_of(url)
    if file is None:
        return asyncio.run(_connected_asyncpg(url, work))
    with sqlite_engine(str(file), begin="BEGIN IMMEDIATE").connect() as connection:
        return work(connection)


async def _connected_asyncpg(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(asyncpg_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def asyncpg_url(url: str) -> str:
    """Return the address of a PostgreSQL database as SQLAlchemy takes it."""
    return "postgresql+asyncpg://" + url.split("://", 1)[1]


def sqlite_engine(path: str, *, begin: str = "BEGIN") -> Engine:
    """Return what opens connections to a SQLite file (WAL, full sync, foreign keys); transactions start with `begin`.

    Its connections share the statements that were compiled; each is closed by whoever opened it.
    """
    engine = create_engine(
        f"{_SQLITE}{path}",
        poolclass=NullPool,
        execution_options={_BEGIN: begin},
        hide_parameters=True,  # errors are logged, what people wrote is not
        connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        begin: str = connection.get_execution_options()[_BEGIN]
        try:
            driver.execute(begin)
        except sqlite3.Error as error:
            raise as_sqlalchemy_tells(error, begin) from error

    return engine


def insert_missing(session: Session, table: type[Base]) -> Any:
    """Return an INSERT for `table` that skips rows which are already there, on either database."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


def rows_changed(session: Session, statement: Executable, values: dict[str, Any] | None = None) -> int:
    """Execute a statement that writes and return how many rows it touched."""
    return int(session.execute(statement, values).rowcount)  # type: ignore[attr-defined]


def _with_session(connection: Connection, work: Work[T]) -> T:
    with Session(bind=connection, expire_on_commit=False) as session:
        result = work(session)
        session.flush()
        session.expunge_all()
        return result

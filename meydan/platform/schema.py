"""Which schema a database has, and which one this version needs; `migrate` brings the one to the other."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from meydan.platform.db import asyncpg_url, sqlite_engine

T = TypeVar("T")

SCRIPTS: Final = Path(__file__).parent.parent / "migrations"


def head() -> str:
    """Return the newest revision this version knows; a migration's file name begins with its revision."""
    return max(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


def current(url: str) -> str | None:
    """Return the revision the database is at, or `None` when it is empty. Must not be called from a running loop."""
    return connected(url, _revision)


def connected(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` on a connection of its own to the database at `url`."""
    if url.startswith("sqlite:///"):
        engine = sqlite_engine(url.removeprefix("sqlite:///"), begin="BEGIN IMMEDIATE")
        try:
            with engine.connect() as connection:
                return work(connection)
        finally:
            engine.dispose()
    return asyncio.run(_connected_asyncpg(url, work))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def _connected_asyncpg(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(asyncpg_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()

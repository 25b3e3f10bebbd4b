"""Bring a database to the schema this version needs."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from meydan.platform.db import asyncpg_url, sqlite_engine

T = TypeVar("T")

_SCRIPTS: Final = Path(__file__).parent.parent / "migrations"


def head() -> str:
    """Return the newest revision this version knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "the package ships its migrations"  # noqa: S101
    return revision


def current(url: str) -> str | None:
    """Return the revision the database is at, or `None` when it is empty."""
    return _connected(url, lambda connection: MigrationContext.configure(connection).get_current_revision())


def upgrade(url: str, *, revision: str = "head") -> None:
    """Run every migration up to `revision`, each in its own transaction. Must not be called from a running loop."""
    _connected(url, lambda connection: _run(connection, lambda config: command.upgrade(config, revision)))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision`, losing what later tables and columns held."""
    _connected(url, lambda connection: _run(connection, lambda config: command.downgrade(config, revision)))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _run(connection: Connection, order: Callable[[Config], None]) -> None:
    order(_config(connection))
    if connection.in_transaction():
        connection.commit()


def _connected(url: str, work: Callable[[Connection], T]) -> T:
    if url.startswith("sqlite:///"):
        engine = sqlite_engine(url.removeprefix("sqlite:///"), begin="BEGIN IMMEDIATE")
        try:
            with engine.connect() as connection:
                return work(connection)
        finally:
            engine.dispose()
    return asyncio.run(_connected_asyncpg(url, work))


async def _connected_asyncpg(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(asyncpg_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()

"""Bring a database to another schema."""

from collections.abc import Callable
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from meydan.platform.db import connected
from meydan.platform.schema import SCRIPTS

TURN: Final = 0x6D6579646E
"""The advisory lock of PostgreSQL under which one process at a time changes the schema."""


def upgrade(url: str, *, revision: str = "head") -> None:
    """Run every migration up to `revision`, each in its own transaction; of several processes one after the other.

    Must not be called from a running loop.
    """
    connected(url, lambda connection: _run(connection, lambda config: command.upgrade(config, revision)))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision`, losing what later tables and columns held."""
    connected(url, lambda connection: _run(connection, lambda config: command.downgrade(config, revision)))


def _run(connection: Connection, order: Callable[[Config], None]) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time as it is
        connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": TURN})
        connection.commit()  # it is the connection's, which is closed when this is over
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    order(config)
    if connection.in_transaction():
        connection.commit()

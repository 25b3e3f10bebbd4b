"""Bring a database to another schema."""

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from meydan.platform.db import connected
from meydan.platform.schema import SCRIPTS


def upgrade(url: str, *, revision: str = "head") -> None:
    """Run every migration up to `revision`, each in its own transaction. Must not be called from a running loop."""
    connected(url, lambda connection: _run(connection, lambda config: command.upgrade(config, revision)))


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision`, losing what later tables and columns held."""
    connected(url, lambda connection: _run(connection, lambda config: command.downgrade(config, revision)))


def _run(connection: Connection, order: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    order(config)
    if connection.in_transaction():
        connection.commit()

"""Which schema a database has, and which one this version needs; `migrate` brings the one to the other."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from meydan.platform.db import connected, file_of

SCRIPTS: Final = Path(__file__).parent.parent / "migrations"


def head() -> str:
    """Return the newest revision this version knows; a migration's file name begins with its revision."""
    return max(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


def current(url: str) -> str | None:
    """Return the revision of the database, or `None` when it is empty or not there, in which case it stays so.

    Must not be called from a running loop.
    """
    file = file_of(url)
    return None if file is not None and not file.exists() else connected(url, _revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision

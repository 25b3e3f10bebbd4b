import asyncio
from pathlib import Path

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import meydan.app.composition  # noqa: F401  # loads every table
from meydan.platform import migrate, schema
from meydan.platform.db import Base, connected


def test_down_and_up_again(database_url: str) -> None:
    assert schema.current(database_url) == schema.head()
    migrate.downgrade(database_url, "base")
    assert schema.current(database_url) is None
    migrate.upgrade(database_url)
    assert schema.current(database_url) == schema.head()


async def test_of_several_processes_one_migrates_after_the_other(postgres_url: str) -> None:
    await asyncio.to_thread(migrate.downgrade, postgres_url, "base")
    first = await asyncpg.connect(postgres_url)
    second = None
    try:
        await first.execute("SELECT pg_advisory_lock($1)", migrate.TURN)
        second = asyncio.create_task(asyncio.to_thread(migrate.upgrade, postgres_url))
        waits = (
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        async with asyncio.timeout(20):
            while not await first.fetchval(waits):
                assert not second.done()
        assert await asyncio.to_thread(schema.current, postgres_url) is None
    finally:
        await first.close()
        if second is not None:
            await second
        await asyncio.to_thread(migrate.upgrade, postgres_url)  # the other tests' database is as it was
    assert await asyncio.to_thread(schema.current, postgres_url) == schema.head()


def test_asking_for_the_schema_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "meydan.db"
    assert schema.current(f"sqlite:///{file}") is None
    assert not file.exists()


def test_models_match_the_schema(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _ours})
        return list(compare_metadata(context, Base.metadata))

    assert connected(database_url, differences) == []


def _ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave out the search index, which each database has in its own way."""
    return not (name or "").startswith(("message_search", "ix_messages_search"))


def test_a_file_name_tells_its_revision() -> None:
    scripts = ScriptDirectory(str(schema.SCRIPTS))
    assert schema.head() == scripts.get_current_head()

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

import meydan.app.composition  # noqa: F401  # loads every table
from meydan.platform import migrate, schema
from meydan.platform.db import Base, connected
from meydan.platform.emoji import one_spelling
from meydan.platform.lookalike import skeleton
from meydan.platform.turkish import words


def test_down_and_up_again(database_url: str) -> None:
    assert schema.current(database_url) == schema.head()
    migrate.downgrade(database_url, "base")
    assert schema.current(database_url) is None
    migrate.upgrade(database_url)
    assert schema.current(database_url) == schema.head()


def test_what_is_stored_folded_is_what_is_looked_for_after_an_upgrade(database_url: str) -> None:
    """Who changes `words`, `one_spelling` or `skeleton` adds a migration that computes anew, then mends this."""
    name, content, emoji = "Işıl Şahın 0", "C++ dersi, \u4e2d\u6587 \U0001f600 s\u00adıra", "\u2764"
    looks, folded, picture = "isiisahino", "cplusplus dersi \u4e2d\u6587 \u6587 u1f600 sira", "\u2764\ufe0f"
    migrate.downgrade(database_url, "0011")
    connected(database_url, lambda connection: _as_before(connection, name, content, emoji))
    migrate.upgrade(database_url)
    found = connected(database_url, _stored)
    connected(database_url, _leave)
    assert found == [looks, folded, picture]
    assert [skeleton(name), " ".join(words(content)), one_spelling(emoji)] == found


def test_names_that_are_there_are_seen_as_today(database_url: str) -> None:
    migrate.downgrade(database_url, "0020")
    row = "'mert', 'РАТRОN', 'patron', '', 'member', true, '', 'tr', '2026-01-01 00:00:00'"
    columns = "username, name, name_key, folded, role, active, password_hash, locale, created_at"
    connected(database_url, lambda connection: _run(connection, f"INSERT INTO users ({columns}) VALUES ({row})"))
    migrate.upgrade(database_url)
    looks = connected(database_url, lambda connection: connection.execute(text("SELECT skeleton FROM users")).scalar())
    connected(database_url, _leave)
    assert looks == "patron"


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
    connection.commit()


def _as_before(connection: Connection, name: str, content: str, emoji: str) -> None:
    rows: dict[str, dict[str, object]] = {
        "users": {"username": "isil", "name": name, "folded": "", "role": "member", "active": True,
                  "password_hash": "", "locale": "tr", "created_at": _NOW},
        "rooms": {"id": 1, "slug": "oda", "title": "Oda", "topic": "", "kind": "public", "created_by": "isil",
                  "created_at": _NOW, "head": 1, "epoch": ""},
        "messages": {"id": "m", "room_id": 1, "sira": 1, "sender_id": "isil", "sender_name": name, "guest": False,
                     "simulated": False, "kind": "text", "content": content, "folded": "", "created_at": _NOW},
        "reactions": {"message_id": "m", "emoji": emoji, "user_id": "isil", "created_at": _NOW},
    }  # fmt: skip
    known = MetaData()
    known.reflect(connection, only=list(rows))
    for table, row in rows.items():
        given = {column: value for column, value in row.items() if column in known.tables[table].c}
        connection.execute(known.tables[table].insert(), given)
    connection.commit()


def _stored(connection: Connection) -> list[object]:
    return [
        connection.execute(text(f"SELECT {column} FROM {table}")).scalar_one()
        for table, column in (("users", "skeleton"), ("messages", "folded"), ("reactions", "emoji"))
    ]


def _leave(connection: Connection) -> None:
    for table in ("reactions", "messages", "rooms", "users"):
        connection.execute(text(f"DELETE FROM {table}"))
    connection.commit()


_NOW = datetime(2026, 1, 1, tzinfo=UTC)


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

import asyncio
import re
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

import meydan
from meydan.platform.db import Database, PostgresDatabase, SqliteDatabase, connected, is_away, reason_of
from meydan.platform.errors import Unavailable
from meydan.platform.live_settings import StoredSettings

MOMENT = datetime(2026, 1, 5, 12, 0, tzinfo=timezone(timedelta(hours=3)))


def row(section: str, at: datetime = MOMENT) -> StoredSettings:
    return StoredSettings(section=section, values={"count": 0}, changed_at=at, changed_by="x")


def test_nobody_else_reads_an_address() -> None:
    package = Path(meydan.__file__).parent
    reading = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"(sqlite|postgres(ql)?):", path.read_text(encoding="utf-8"))
    }
    assert reading == {"platform/db.py", "platform/settings.py"}, "ask `file_of`, or the page of engines"


def test_what_may_be_back_soon_is_told_from_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    with pytest.raises(DBAPIError) as broken:
        connected(f"sqlite:///{tmp_path}/broken.db", lambda _: None)
    assert (is_away(broken.value), reason_of(broken.value)) == (False, "file is not a database")
    with pytest.raises(DBAPIError) as nowhere:
        connected(f"sqlite:///{tmp_path}/none/none.db", lambda _: None)
    assert not is_away(nowhere.value)
    assert all(map(is_away, (ConnectionRefusedError(), TimeoutError(), PoolTimeout("all are taken"))))
    assert "gizlisoz" not in reason_of(OSError("postgresql://ali:gizlisoz@127.0.0.1/meydan"))


@pytest.mark.parametrize("state", ["53100", "53300", "40P01", "40001", "57P03", "08006"])
async def test_a_full_disk_and_a_deadlock_pass(postgres_url: str, state: str) -> None:
    db = PostgresDatabase(postgres_url)
    trouble = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(Unavailable):
        await db.write(lambda session: session.execute(text(trouble)))
    await db.close()


async def test_moments_come_back_in_utc(db: Database) -> None:
    await db.write(lambda session: session.add(row("a")))
    stored = await db.read(lambda session: session.get_one(StoredSettings, "a"))
    assert stored.changed_at == MOMENT
    assert stored.changed_at.tzinfo is UTC


async def test_naive_moments_are_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        await db.write(lambda session: session.add(row("a", datetime(2026, 1, 1))))  # noqa: DTZ001


async def test_a_failed_unit_leaves_nothing(db: Database) -> None:
    def work(session: Session) -> None:
        session.add(row("a"))
        session.flush()
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(work)
    assert await db.read(lambda session: session.get(StoredSettings, "a")) is None


async def test_units_that_lock_a_row_follow_each_other(db: Database) -> None:
    await db.write(lambda session: session.add(row("a")))

    def count(session: Session) -> None:
        stored = session.get_one(StoredSettings, "a", with_for_update=True)
        stored.values = {"count": stored.values["count"] + 1}

    await asyncio.gather(*(db.write(count) for _ in range(20)))
    assert (await db.read(lambda session: session.get_one(StoredSettings, "a"))).values == {"count": 20}


async def test_the_journal_gives_back_what_a_long_reader_made_of_it(tmp_path: Path) -> None:
    file, wal = tmp_path / "a.db", tmp_path / "a.db-wal"
    db = SqliteDatabase(str(file))
    await db.write(lambda session: session.execute(text("CREATE TABLE a (b BLOB)")))
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM a").fetchall()
    for _ in range(9):
        await db.write(lambda session: session.execute(text("INSERT INTO a VALUES (zeroblob(2 * 1024 * 1024))")))
    assert wal.stat().st_size > 17 * 1024 * 1024
    reader.close()
    for _ in range(3):
        await db.write(lambda session: session.execute(text("INSERT INTO a VALUES (zeroblob(5 * 1024))")))
    assert wal.stat().st_size <= 16 * 1024 * 1024
    await db.close()

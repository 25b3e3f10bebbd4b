import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from meydan.platform.db import Database
from meydan.platform.live_settings import StoredSettings

MOMENT = datetime(2026, 1, 5, 12, 0, tzinfo=timezone(timedelta(hours=3)))


def row(section: str, at: datetime = MOMENT) -> StoredSettings:
    return StoredSettings(section=section, values={"count": 0}, changed_at=at, changed_by="x")


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

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from meydan.platform.db import Database, UtcDateTime
from meydan.platform.live_settings import StoredSettings
from meydan.platform.prepared import Prepared, bulk_insert

MOMENT = datetime(2026, 1, 5, 12, 0, tzinfo=timezone(timedelta(hours=3)))
COLUMNS = ("section", "values", "changed_at", "changed_by")
FIND = Prepared(
    select(*(getattr(StoredSettings, name) for name in COLUMNS)).where(
        StoredSettings.changed_at == bindparam("at", type_=UtcDateTime()), StoredSettings.changed_by == bindparam("by")
    ),
    ("at", "by"),
)


async def test_many_rows_go_in_at_once_and_come_back_as_they_were(db: Database) -> None:
    inserts = bulk_insert(StoredSettings, COLUMNS)
    rows = [(f"s{number}", {"count": number}, MOMENT, "x") for number in range(3)]
    await db.write(lambda session: inserts.execute(session, rows))
    stored = await db.read(lambda session: session.scalars(select(StoredSettings)).all())
    assert [(one.section, one.values, one.changed_at, one.changed_by) for one in stored] == rows
    with pytest.raises(IntegrityError):
        await db.write(lambda session: inserts.execute(session, [("new", {}, MOMENT, "x"), rows[0]]))
    assert await db.read(lambda session: session.get(StoredSettings, "new")) is None


async def test_what_is_found_has_the_types_of_its_columns(db: Database) -> None:
    rows = [("a", {"count": 1}, MOMENT, "x"), ("b", {}, MOMENT + timedelta(microseconds=1), "x")]
    await db.write(lambda session: bulk_insert(StoredSettings, COLUMNS).execute(session, rows))
    found = await db.read(lambda session: FIND.rows(session, (MOMENT, "x")))
    assert found == rows[:1]
    assert found[0][2].tzinfo is UTC


async def test_it_sees_what_the_unit_of_work_has_done_and_is_undone_with_it(db: Database) -> None:
    rename = Prepared(
        update(StoredSettings.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
        .where(StoredSettings.section == bindparam("old"))
        .values(changed_by=bindparam("by")),
        ("by", "old"),
    )

    def work(session: Session) -> None:
        session.add(StoredSettings(section="b", values={}, changed_at=MOMENT, changed_by="y"))
        bulk_insert(StoredSettings, COLUMNS).execute(session, [("a", {}, MOMENT, "x")])
        rename.execute(session, [("y", "a")])
        assert sorted(row[0] for row in FIND.rows(session, (MOMENT, "y"))) == ["a", "b"]
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(work)
    assert await db.read(lambda session: FIND.rows(session, (MOMENT, "y"))) == []


async def test_a_statement_that_takes_other_values_is_refused(db: Database) -> None:
    inserts = bulk_insert(StoredSettings, COLUMNS[::-1])
    with pytest.raises(TypeError, match="the statement takes"):
        await db.write(lambda session: inserts.execute(session, [("x", MOMENT, {}, "s")]))


async def test_a_naive_moment_is_refused(db: Database) -> None:
    with pytest.raises((ValueError, StatementError), match="naive"):
        await db.read(lambda session: FIND.rows(session, (MOMENT.replace(tzinfo=None), "x")))


async def test_an_error_does_not_tell_what_people_wrote(db: Database) -> None:
    rows = [("a", {"count": number}, MOMENT, "gizlisoz") for number in range(2)]
    with pytest.raises(IntegrityError) as told:
        await db.write(lambda session: bulk_insert(StoredSettings, COLUMNS).execute(session, rows))
    assert "gizlisoz" not in str(told.value)
    assert told.value.__cause__ is not None

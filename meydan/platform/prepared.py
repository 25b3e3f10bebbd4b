"""Statements that are compiled once: what runs for every message, where SQLAlchemy's own way costs more than the work.

A statement is written in SQLAlchemy's words and belongs to the unit of work like any other. Its values go to the driver
with only the conversions that their types ask for, on SQLite past SQLAlchemy's cursor too.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Dialect, Table, insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from meydan.platform.db import Base, as_sqlalchemy_tells

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """A statement in one database's words, which of its values are converted, and which of its results."""

    text: str
    given: list[tuple[int, _Convert]]
    found: list[tuple[int, _Convert]]


class Prepared:
    """A statement that takes its values as tuples, in the order of `names`: those of its bound parameters."""

    def __init__(self, statement: ClauseElement, names: Sequence[str], *, columns: list[str] | None = None) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, values: Row) -> list[Row]:
        """Return what the statement finds."""
        connection, compiled = self._of(session)
        given = _converted(values, compiled.given)
        driver = _sqlite(connection)
        if driver is None:
            found = [tuple(row) for row in connection.exec_driver_sql(compiled.text, given)]
        else:
            try:
                found = driver.execute(compiled.text, given).fetchall()
            except sqlite3.Error as error:
                raise as_sqlalchemy_tells(error, compiled.text) from error
        return [_converted(row, compiled.found) for row in found] if compiled.found else found

    def execute(self, session: Session, rows: Sequence[Row]) -> None:
        """Carry the statement out for each of `rows`; raises `IntegrityError` when one breaks a constraint."""
        connection, compiled = self._of(session)
        given = [_converted(row, compiled.given) for row in rows]
        driver = _sqlite(connection)
        if driver is None:
            connection.exec_driver_sql(compiled.text, given)
            return
        try:
            driver.executemany(compiled.text, given)
        except sqlite3.Error as error:
            raise as_sqlalchemy_tells(error, compiled.text) from error

    def _of(self, session: Session) -> tuple[Connection, _Compiled]:
        session.flush()  # what the unit of work has done so far
        bind = session.get_bind()
        connection = bind if isinstance(bind, Connection) else session.connection()
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        return connection, compiled

    def _compile(self, dialect: Dialect) -> _Compiled:
        statement: Any = self._statement
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        if tuple(compiled.positiontup or ()) != self._names:
            raise TypeError(f"the statement takes {compiled.positiontup}, not {self._names}: {compiled}")
        given = [compiled.binds[name].type for name in self._names]
        found = [column.type for column in getattr(self._statement, "selected_columns", ())]
        return _Compiled(
            str(compiled),
            [(place, convert) for place, type_ in enumerate(given) if (convert := _binding(type_, dialect))],
            [(place, convert) for place, type_ in enumerate(found) if (convert := _reading(type_, dialect))],
        )


def bulk_insert(table: type[Base], columns: Sequence[str]) -> Prepared:
    """Return the INSERT of many rows of one table, given as tuples in the order of `columns`."""
    inserted: Table = table.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
    return Prepared(insert(inserted).inline(), columns, columns=list(columns))


def _binding(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _reading(type_: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _converted(row: Row, conversions: list[tuple[int, _Convert]]) -> Row:
    if not conversions:
        return row
    values = list(row)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return tuple(values)


def _sqlite(connection: Connection) -> sqlite3.Connection | None:
    """Return the driver's own connection, if it is SQLite's."""
    driver = connection.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None

"""The parts of one order, which belong together: each goes only after the one before it has arrived."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.orm import Session, aliased

from meydan.telegram.errors import SendNotInState
from meydan.telegram.models import Send, SendState

BROKEN: Final = (SendState.FAILED, SendState.EXPIRED, SendState.MAYBE_SENT, SendState.CANCELLED)
"""How a part ends that did not arrive, or of which nobody knows."""

_WAITING: Final = (SendState.QUEUED, SendState.STOPPED)
_RETRIED: Final = (SendState.FAILED, SendState.EXPIRED, SendState.STOPPED)
_SURE: Final = (SendState.SENT, SendState.QUEUED, SendState.SENDING)

_Before = aliased(Send)


def stop_rest(session: Session, orders: Collection[str], now: datetime) -> None:
    """Let what waits of these orders stop where an earlier part did not arrive, with the reason of that one."""
    if orders:
        session.execute(
            update(Send)
            .where(Send.part_of.in_(orders), Send.state == SendState.QUEUED, _broken_before())
            .values(
                state=SendState.STOPPED,
                finished_at=now,
                error=_of_broken(_Before.error).scalar_subquery(),
                error_code=_of_broken(_Before.error_code).scalar_subquery(),
            )
            .execution_options(synchronize_session=False)
        )


def go_on(session: Session, orders: Collection[str]) -> list[Send]:
    """Queue again what had stopped of these orders and has nothing broken before it, and return it."""
    if not orders:
        return []
    session.flush()
    stopped = select(Send).where(Send.part_of.in_(orders), Send.state == SendState.STOPPED, ~_broken_before())
    rows = list(session.scalars(stopped.order_by(Send.id).with_for_update()))
    for row in rows:
        requeue(row)
    return rows


def requeue(row: Send, now: datetime | None = None) -> None:
    """Put a send back into the queue as if it had never left; a deadline that has passed is dropped."""
    row.state, row.finished_at, row.attempts = SendState.QUEUED, None, 0
    row.error = row.error_code = row.owner = None
    if now is not None and row.deadline is not None and row.deadline < now:
        row.deadline = None


def retry(session: Session, row: Send, now: datetime) -> list[Send]:
    """Queue a send again and, of an order in parts, all that has not arrived; raise when that cannot follow."""
    parts = _parts(session, row)
    wanted = (*_RETRIED, SendState.CANCELLED) if row.state == SendState.CANCELLED else _RETRIED
    again = [part for part in parts if part.state in wanted]
    for part in parts:
        if part.id < row.id and part not in again and part.state not in _SURE:
            raise SendNotInState(part.id, part.state)
    for part in again:
        requeue(part, now)
    return again


def cancel(session: Session, row: Send, now: datetime) -> list[Send]:
    """Take a send out of the queue, and whatever of its order was to follow it."""
    gone = [part for part in _parts(session, row) if part.id >= row.id and part.state in _WAITING]
    for part in gone:
        part.state, part.finished_at = SendState.CANCELLED, now
    return gone


def _parts(session: Session, row: Send) -> list[Send]:
    if row.part_of is None:
        return [row]
    return list(session.scalars(select(Send).where(Send.part_of == row.part_of).order_by(Send.id).with_for_update()))


def _broken_before() -> ColumnElement[bool]:
    return exists().where(_Before.part_of == Send.part_of, _Before.id < Send.id, _Before.state.in_(BROKEN))


def _of_broken(column: Any) -> Select[Any]:
    """Return what the first part says that did not arrive."""
    return (
        select(column)
        .where(_Before.part_of == Send.part_of, _Before.id < Send.id, _Before.state.in_(BROKEN))
        .order_by(_Before.id)
        .limit(1)
        .correlate(Send)
    )

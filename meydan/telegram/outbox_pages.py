"""The outbox as a list: its orders, where in it a page begins, and how many stand before what waits."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from meydan.platform.errors import InvalidInput
from meydan.telegram.limits import Ask
from meydan.telegram.models import Chat, Send, SendState
from meydan.telegram.orders import Priority

# As a parameter no database would see that its index of what is queued fits.
_QUEUED: ColumnElement[str] = literal_column(f"'{SendState.QUEUED}'")


class SendOrder(StrEnum):
    """Orders of sends. NEXT lists only what waits: the higher priority first, then the older."""

    OLDEST = "created_at"
    NEWEST = "-created_at"
    NEXT = "next"


class SendPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last send of a page, and the order of that page."""

    order: SendOrder
    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    priority: Priority = Priority.LOW


def page_of(
    session: Session,
    *,
    order: SendOrder,
    state: SendState | None,
    bot_id: str | None,
    chat_id: int | None,
    after: SendPlace | None,
    limit: int,
) -> list[tuple[Send, str | None]]:
    """Return sends and the titles of their chats, from after a place."""
    if order is SendOrder.NEXT and state not in (None, SendState.QUEUED):
        raise InvalidInput(field="sort", reason="only_queued")
    wanted: list[ColumnElement[bool]] = []
    # What waits is walked in its order: else SQLite finds all of a bot or chat first, and sorts it.
    walked = order is SendOrder.NEXT and (bot_id is None) != (chat_id is None)
    if bot_id is not None:
        wanted.append((Send.bot_id.concat("") if walked else Send.bot_id) == bot_id)
    if chat_id is not None:
        wanted.append((Send.chat_id + 0 if walked else Send.chat_id) == chat_id)
    statement = (
        select(Send, Chat.title)
        .outerjoin(Chat, (Chat.bot_id == Send.bot_id) & (Chat.chat_id == Send.chat_id))
        .limit(limit)
    )
    if order is SendOrder.NEXT:
        parts = _next(after)
    else:
        # Of a chat an index holds all states together, of a bot each by itself.
        states = [state] if state is not None else [*SendState] if bot_id is not None and chat_id is None else []
        parts = _by_age(order, after, states, among_few=chat_id is not None)
    if len(parts) == 1:
        statement = statement.where(*wanted, *parts[0].rows).order_by(*parts[0].order)
    else:
        statement = statement.where(Send.id.in_(_firsts(parts, wanted, limit))).order_by(*_by(order))
    return [(send, title) for send, title in session.execute(statement)]


def standing(session: Session, ids: Sequence[str], now: datetime) -> list[tuple[str, Ask, int]]:
    """Return what queued sends ask for and how many of their lane stand before each; the planned ones stand nowhere.

    A lane is counted through once at most: from each of these sends to the one before it.
    """
    queue = aliased(Send)
    lane, turn = (Send.bot_id, Send.chat_id), (Send.priority.desc(), Send.id)
    page = (
        select(
            Send.id, Send.bot_id, Send.chat_id, Send.is_group, Send.cost, Send.shared, Send.priority,
            func.lag(Send.id, 1, "").over(partition_by=lane, order_by=turn).label("last"),
            func.lag(Send.priority, 1, Priority.HIGH + 1).over(partition_by=lane, order_by=turn).label("class_of_last"),
        )
        .where(Send.id.in_(ids), Send.state == SendState.QUEUED, _due(Send.not_before, now))
        .subquery()
    )  # fmt: skip
    same_class = page.c.class_of_last == page.c.priority

    def count(*these: ColumnElement[bool]) -> ColumnElement[int]:
        return (
            select(func.count())
            .where(queue.bot_id == page.c.bot_id, queue.chat_id == page.c.chat_id, queue.state == _QUEUED)
            .where(_due(queue.not_before, now), *these)
            .scalar_subquery()
        )

    first = case((same_class, page.c.last), else_="")
    in_class = count(queue.priority == page.c.priority, queue.id >= first, queue.id < page.c.id)
    after_last = count(queue.priority == page.c.class_of_last, queue.id >= page.c.last)
    between = count(queue.priority > page.c.priority, queue.priority < page.c.class_of_last)
    above = case((same_class, 0), else_=after_last + between)
    found = session.execute(
        select(page, (in_class + above).label("since_last")).order_by(
            page.c.bot_id, page.c.chat_id, page.c.priority.desc(), page.c.id
        )
    )
    places: list[tuple[str, Ask, int]] = []
    ahead = 0
    for row in found:
        ahead = row.since_last + (ahead if row.last else 0)
        places.append((row.id, Ask(row.bot_id, row.chat_id, row.is_group, row.cost, row.shared), ahead))
    return places


def _by(order: SendOrder) -> Sequence[ColumnElement[Any]]:
    match order:
        case SendOrder.OLDEST:
            return (Send.id.asc(),)
        case SendOrder.NEWEST:
            return (Send.id.desc(),)
        case SendOrder.NEXT:
            return (Send.priority.desc(), Send.id.asc())


class Part(NamedTuple):
    """Some of the rows of a page, and an order of theirs that is the page's among them.

    A value that all have stands in the order and between two bounds. Said to be equal, PostgreSQL leaves it out, and
    walks the ids of the whole outbox instead of the index that begins with it.
    """

    rows: list[ColumnElement[bool]]
    order: Sequence[ColumnElement[Any]]


def _by_age(order: SendOrder, after: SendPlace | None, states: Sequence[SendState], *, among_few: bool) -> list[Part]:
    """Return what is listed by age: each state by itself, or all of them as a whole when none is named."""
    oldest = order is SendOrder.OLDEST
    behind = [] if after is None else [Send.id > after.id if oldest else Send.id < after.id]
    if not states or among_few:
        return [Part([*(Send.state == state for state in states), *behind], _by(order))]
    first = Send.state.asc() if oldest else Send.state.desc()
    return [Part([Send.state.between(state, state), *behind], (first, *_by(order))) for state in states]


def _next(after: SendPlace | None) -> list[Part]:
    """Return what waits, by priority."""
    parts: list[Part] = []
    for priority in Priority:
        behind = [Send.id > after.id] if after is not None and after.priority == priority else []
        if after is None or priority <= after.priority:
            rows = [Send.state == _QUEUED, Send.priority.between(priority, priority), *behind]
            parts.append(Part(rows, (Send.priority.asc(), Send.id.asc())))
    return parts


def _firsts(parts: Sequence[Part], wanted: Sequence[ColumnElement[bool]], limit: int) -> Select[tuple[str]]:
    """Return the first sends of each part: together they hold the first of all, and an index finds each."""
    firsts = [
        select(Send.id).where(*wanted, *part.rows).order_by(*part.order).limit(limit).subquery() for part in parts
    ]
    together = union_all(*(select(first.c.id) for first in firsts)).subquery()
    return select(together.c.id)


def _due(not_before: InstrumentedAttribute[datetime | None], now: datetime) -> ColumnElement[bool]:
    return or_(not_before.is_(None), not_before <= now)

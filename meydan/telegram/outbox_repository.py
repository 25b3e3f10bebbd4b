"""Every query on the outbox that its journal makes: batches of rows that move from state to state."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from meydan.platform.db import rows_changed
from meydan.platform.ids import first_id
from meydan.platform.prepared import bulk_insert
from meydan.telegram.events import SendKey
from meydan.telegram.models import Media, Send, SendState, StoredPenalty
from meydan.telegram.order_parts import BROKEN, go_on, stop_rest

REPEATABLE = frozenset(
    {"editMessageText", "editMessageCaption", "deleteMessage", "setMessageReaction", "pinChatMessage", "sendChatAction"}
)
"""Methods that do no harm when they are carried out twice."""


_PAGE = 4_096  # bytes that a row takes beside its file, or for an empty one


class SendRow(NamedTuple):
    """A new send as the table takes it."""

    id: str
    bot_id: str
    chat_id: int
    is_group: bool
    shared: bool
    method: str
    params: dict[str, Any]
    preview: str
    media_id: str | None
    edits: str | None
    priority: int
    cost: int
    state: str
    request_key: str | None
    created_by: str
    created_at: datetime
    not_before: datetime | None
    deadline: datetime | None
    attempts: int
    part_of: str | None = None


class Claimed(NamedTuple):
    """What is to be sent, as the claim found it."""

    id: str
    method: str
    params: dict[str, Any]
    media_id: str | None
    edits: str | None
    deadline: datetime | None
    attempts: int
    part_of: str | None


class Result(NamedTuple):
    """How a send ended. `state` QUEUED puts it back in its place."""

    id: str
    state: SendState
    at: datetime
    message_id: int | None = None
    code: int | None = None
    error: str | None = None
    not_before: datetime | None = None
    part_of: str | None = None


_INSERT = bulk_insert(Send, SendRow._fields)
_OUTBOX = Send.__table__
_BEFORE = _OUTBOX.alias("before")
_CLAIM = (
    update(_OUTBOX)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(
        _OUTBOX.c.id.in_(bindparam("ids", expanding=True)),
        _OUTBOX.c.state == SendState.QUEUED,
        or_(
            _OUTBOX.c.part_of.is_(None),
            ~exists().where(
                _BEFORE.c.part_of == _OUTBOX.c.part_of, _BEFORE.c.id < _OUTBOX.c.id, _BEFORE.c.state != SendState.SENT
            ),
        ),
    )
    .values(
        state=SendState.SENDING, owner=bindparam("worker"), sending_at=bindparam("now"), attempts=_OUTBOX.c.attempts + 1
    )
    .returning(*(_OUTBOX.c[name] for name in Claimed._fields))
)
_FINISH = (
    update(_OUTBOX)  # type: ignore[arg-type]
    .where(
        _OUTBOX.c.id == bindparam("row"),
        _OUTBOX.c.owner == bindparam("worker"),
        # Another process may have given this one up and called the send uncertain.
        (_OUTBOX.c.state == SendState.SENDING) | (_OUTBOX.c.state == SendState.MAYBE_SENT),
    )
    .values(
        state=bindparam("new_state"),
        finished_at=bindparam("at"),
        message_id=bindparam("message"),
        error_code=bindparam("code"),
        error=bindparam("reason"),
        not_before=bindparam("later"),
    )
)


class Left(NamedTuple):
    """A request that left for Telegram, or may have, and the latest moment at which it can have arrived."""

    bot_id: str
    chat_id: int
    is_group: bool
    shared: bool
    cost: int
    at: datetime


_LONGEST_REQUEST = timedelta(minutes=5)


class OutboxRepository:
    """The rows of the outbox."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def insert(self, rows: Sequence[SendRow]) -> None:
        """Store new sends; raises `IntegrityError` when a request key is there already."""
        _INSERT.execute(self._session, rows)

    def by_request_key(self, keys: Collection[str]) -> dict[str, str]:
        """Return the ids of the sends that were made under these request keys."""
        found = self._session.execute(select(Send.request_key, Send.id).where(Send.request_key.in_(keys)))
        return {key: id_ for key, id_ in found if key is not None}

    def claim(self, ids: Collection[str], *, worker: str, now: datetime) -> dict[str, Claimed]:
        """Take sends over for `worker` and return what they are; those that are no longer queued are left out."""
        rows = self._session.connection().execute(_CLAIM, {"ids": list(ids), "worker": worker, "now": now})
        return {row[0]: Claimed(*row) for row in rows}

    def claimed_before(self, ids: Collection[str], *, worker: str) -> dict[str, Claimed]:
        """Return those that `worker` claimed in a commit whose answer it never got."""
        if not ids:
            return {}
        rows = self._session.execute(
            select(*(_OUTBOX.c[name] for name in Claimed._fields)).where(
                Send.id.in_(ids), Send.state == SendState.SENDING, Send.owner == worker
            )
        )
        return {row[0]: Claimed(*row) for row in rows}

    def present(self, ids: Collection[str]) -> set[str]:
        """Return which of these sends are stored."""
        return set(self._session.scalars(select(Send.id).where(Send.id.in_(ids))))

    def finish(self, results: Sequence[Result], *, worker: str) -> None:
        """Write down how sends ended that `worker` had claimed."""
        rows = [
            {
                "row": result.id,
                "worker": worker,
                "new_state": result.state,
                "at": None if result.state is SendState.QUEUED else result.at,
                "message": result.message_id,
                "code": result.code,
                "reason": result.error,
                "later": result.not_before,
            }
            for result in results
        ]
        self._session.connection().execute(_FINISH, rows)
        self._lead_orders(results)

    def _lead_orders(self, results: Sequence[Result]) -> None:
        """Let orders stop whose part did not arrive, and go on where one arrived that had been given up."""
        parts = [result for result in results if result.part_of is not None]
        broken = {result.part_of: result.at for result in parts if result.state in BROKEN}
        if broken:
            stop_rest(self._session, [order for order in broken if order is not None], max(broken.values()))
        go_on(self._session, {part.part_of for part in parts if part.part_of and part.state is SendState.SENT})

    def message_numbers(self, ids: Collection[str]) -> dict[str, int]:
        """Return Telegram's message numbers of sends that have been sent."""
        if not ids:
            return {}
        found = self._session.execute(select(Send.id, Send.message_id).where(Send.id.in_(ids)))
        return {id_: number for id_, number in found if number is not None}

    def media(self, ids: Collection[str]) -> dict[str, Media]:
        """Return files that wait for their send."""
        if not ids:
            return {}
        return {row.id: row for row in self._session.scalars(select(Media).where(Media.id.in_(ids)))}

    def forget_media(self, ids: Collection[str]) -> None:
        """Delete files that were sent, unless another send waits with the same."""
        if ids:
            open_ = (SendState.QUEUED, SendState.SENDING, SendState.MAYBE_SENT)
            needed = set(
                self._session.scalars(select(Send.media_id).where(Send.state.in_(open_), Send.media_id.in_(ids)))
            )
            self._session.execute(delete(Media).where(Media.id.in_(set(ids) - needed)))

    def unused_media(self, uploader: str) -> tuple[int, int]:
        """Return how many bytes of files no send has: one uploader's, and everybody's. The least file is a page."""
        kept = select(Send.media_id).where(Send.media_id.is_not(None))
        bytes_ = Media.size + _PAGE
        own = func.sum(case((Media.created_by == uploader, bytes_), else_=0))
        found = self._session.execute(select(own, func.sum(bytes_)).where(Media.id.not_in(kept))).one()
        return int(found[0] or 0), int(found[1] or 0)

    def trim_media(self, before: datetime) -> int:
        """Delete files uploaded before a moment that no send has, and return how many."""
        kept = select(Send.media_id).where(Send.media_id.is_not(None))
        return rows_changed(self._session, delete(Media).where(Media.created_at < before, Media.id.not_in(kept)))

    def trim_penalties(self, now: datetime) -> None:
        """Delete what has been waited out."""
        self._session.execute(delete(StoredPenalty).where(StoredPenalty.until < now))

    def queued_counts(self, bot_ids: Collection[str]) -> dict[str, int]:
        """Return how many sends are queued for each of these bots."""
        found = self._session.execute(
            select(Send.bot_id, func.count())
            .where(Send.bot_id.in_(bot_ids), Send.state == SendState.QUEUED)
            .group_by(Send.bot_id)
        )
        return {row[0]: row[1] for row in found}

    def queued(self, bot_id: str, *, after: str, limit: int) -> list[SendKey]:
        """Return the keys of a bot's queued sends in order, from after an id."""
        rows = self._session.execute(
            select(
                Send.id, Send.bot_id, Send.chat_id, Send.is_group, Send.shared, Send.priority, Send.cost,
                Send.not_before, Send.deadline,
            )
            .where(Send.bot_id == bot_id, Send.state == SendState.QUEUED, Send.id > after)
            .order_by(Send.id)
            .limit(limit)
        )  # fmt: skip
        return [SendKey(*row[:7], _seconds(row[7]), _seconds(row[8])) for row in rows]

    def left(self, bot_ids: Collection[str], *, since: datetime, besides: str) -> list[Left]:
        """Return what went to Telegram for these bots from a moment on, but for what the worker `besides` sent."""
        at = func.coalesce(Send.finished_at, Send.sending_at, type_=Send.finished_at.type)
        rows = self._session.execute(
            select(Send.bot_id, Send.chat_id, Send.is_group, Send.shared, Send.cost, at).where(
                Send.bot_id.in_(bot_ids),
                Send.sending_at > since - _LONGEST_REQUEST,
                at > since,
                Send.state.not_in((SendState.EXPIRED, SendState.CANCELLED)),
                or_(Send.owner.is_(None), Send.owner != besides),
            )
        )
        return [Left(*row) for row in rows]

    def expire(self, now: datetime) -> int:
        """Let queued sends go whose deadline has passed, and return how many."""
        return rows_changed(
            self._session,
            update(Send)
            .where(Send.state == SendState.QUEUED, Send.deadline < now)
            .values(state=SendState.EXPIRED, finished_at=now),
        )

    def trim(self, before: datetime) -> int:
        """Delete sends that were over before a moment, and return how many; what is uncertain stays."""
        over = (SendState.SENT, SendState.FAILED, SendState.EXPIRED, SendState.CANCELLED, SendState.STOPPED)
        return rows_changed(
            self._session,
            # What was over before it was made before: the id narrows it down by an index.
            delete(Send).where(Send.state.in_(over), Send.id < first_id(before), Send.finished_at < before),
        )

    def give_up(self, bot_ids: Collection[str], *, worker: str, now: datetime) -> int:
        """Deal with what other workers left half done: nobody knows whether it was sent. Return how many."""
        left = (Send.bot_id.in_(bot_ids), Send.state == SendState.SENDING, Send.owner != worker)
        self._session.execute(
            update(Send).where(*left, Send.method.in_(REPEATABLE)).values(state=SendState.QUEUED, owner=None)
        )
        orders = set(self._session.scalars(select(Send.part_of).where(*left, Send.part_of.is_not(None))))
        given_up = rows_changed(
            self._session, update(Send).where(*left).values(state=SendState.MAYBE_SENT, finished_at=now)
        )
        stop_rest(self._session, {order for order in orders if order is not None}, now)
        return given_up

    def move_chat(self, bot_id: str, *, old: int, new: int) -> None:
        """Let what is queued for a group go to the supergroup that it became.

        What changes a message of the old group stays, and fails there: the supergroup counts its messages anew.
        """
        queued = (Send.bot_id == bot_id, Send.state == SendState.QUEUED)
        fresh = select(Send.id).where(*queued, Send.chat_id == old, Send.edits.is_(None))
        self._session.execute(
            update(Send)
            .where(*queued, Send.chat_id == old, or_(Send.edits.is_(None), Send.edits.in_(fresh)))
            .values(chat_id=new)
            .execution_options(synchronize_session=False)
        )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

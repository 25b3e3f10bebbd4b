"""Every query on a room's log: committing a batch of operations, and reading events, history and messages back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from meydan.chat.events import Event, MessageView, Quote, ReactionCount, UpdateView
from meydan.chat.models import ErasedText, Message, Notification, Reaction, Room, Update, UpdateKind
from meydan.chat.ownership import client_id_of, user_id_of
from meydan.platform.db import rows_changed
from meydan.platform.prepared import Prepared, bulk_insert

QUOTE_LENGTH = 140
_REACTORS = 20

_LOCK = Prepared(
    select(Room.id, Room.slug, Room.kind, Room.head)
    .where(Room.id == bindparam("room"), Room.archived_at.is_(None))
    .with_for_update(),
    ("room",),
)
_ADVANCE = Prepared(
    update(Room.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(Room.id == bindparam("room"))
    .values(head=bindparam("new_head"), last_activity=bindparam("now")),
    ("now", "new_head", "room"),
)


class LockedRoom(NamedTuple):
    """What the log needs to know of a room while it holds its lock."""

    id: int
    slug: str
    kind: str
    head: int


class MessageRow(NamedTuple):
    """A new message as the table takes it: the columns that are not empty from the start."""

    id: str
    room_id: int
    sira: int
    sender_id: str
    sender_name: str
    guest: bool
    simulated: bool
    kind: str
    content: str
    folded: str
    mentions: list[str] | None
    reply_to: str | None
    client_id: str | None
    created_at: datetime


class ShownRow(NamedTuple):
    """What people see of a stored message: a page of objects would cost five times as much."""

    id: str
    room_id: int
    sira: int
    sender_id: str
    sender_name: str
    guest: bool
    simulated: bool
    kind: str
    content: str
    created_at: datetime
    reply_to: str | None
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: str | None
    mentions: list[str] | None
    client_id: str | None


_SHOWN: Final = select(*(Message.__table__.c[name] for name in ShownRow._fields))
_INSERT_MESSAGES = bulk_insert(Message, MessageRow._fields)


class LogRepository:
    """The log of every room. `lock` first, then append; the transaction's end releases it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, room_ids: Collection[int]) -> dict[int, LockedRoom]:
        """Lock the rooms that can take events, in the order of their numbers, and return them."""
        return {
            row[0]: LockedRoom(*row) for room_id in sorted(room_ids) for row in _LOCK.rows(self._session, (room_id,))
        }

    def slug(self, room_id: int) -> str:
        """Return the name of a room that may be archived."""
        return self._session.scalar(select(Room.slug).where(Room.id == room_id)) or ""

    def advance(self, heads: dict[int, int], now: datetime) -> None:
        """Set the new head of each locked room."""
        _ADVANCE.execute(self._session, [(now, head, room_id) for room_id, head in heads.items()])

    def add_messages(self, rows: list[MessageRow]) -> None:
        """Store messages; raises `IntegrityError` when one's id or client id is there already."""
        _INSERT_MESSAGES.execute(self._session, rows)

    def add_update(self, row: Update) -> None:
        """Store one update."""
        self._session.add(row)

    def stored(
        self, clients: Collection[tuple[int, str, str]], ids: Collection[str]
    ) -> dict[tuple[int, str, str] | str, Message]:
        """Return the messages already there, by (room number, sender, client id) and by id."""
        found: dict[tuple[int, str, str] | str, Message] = {}
        if clients:
            key = tuple_(Message.room_id, Message.sender_id, Message.client_id)
            for row in self._session.scalars(select(Message).where(key.in_(clients))):
                found[row.room_id, row.sender_id, row.client_id or ""] = row
        if ids:
            for row in self._session.scalars(select(Message).where(Message.id.in_(ids))):
                found[row.id] = row
        return found

    def message(self, room_id: int, message_id: str) -> Message | None:
        """Return a message of the room, deleted or not, or nothing."""
        return self._session.scalar(select(Message).where(Message.id == message_id, Message.room_id == room_id))

    def react(self, row: Reaction, *, remove: bool) -> bool:
        """Add or take off a reaction; tell whether anything changed."""
        present = self._session.get(Reaction, (row.message_id, row.emoji, row.user_id))
        if remove == (present is None):
            return False
        if present is not None:
            self._session.delete(present)
        else:
            self._session.add(row)
        self._session.flush()
        return True

    def erase(self, message: Message, now: datetime, *, by: str, until: datetime | None) -> None:
        """Delete a message: its text and those of its edits and notifications go; its place stays.

        Up to `until` the text is kept aside, and its reactions stay in their table; `sweep` ends both.
        """
        if until is not None:
            kept = {"content": message.content, "folded": message.folded, "mentions": message.mentions}
            self._session.add(ErasedText(message_id=message.id, until=until, **kept))
        else:
            self._session.execute(delete(Reaction).where(Reaction.message_id == message.id))
        message.content, message.folded, message.mentions = "", "", None
        message.deleted_at, message.deleted_by = now, by
        told = select(Update).where(
            Update.message_id == message.id, Update.kind.in_((UpdateKind.EDIT, UpdateKind.RESTORE))
        )
        for row in self._session.scalars(told):
            row.data = {"content": "", "mentions": []}
        self._session.flush()
        self.retell(message, "")

    def take_over(self, message: Message, *, by: str) -> None:
        """Delete for good what its sender has deleted: nobody brings it back."""
        message.deleted_by = by
        for kept in (ErasedText, Reaction):
            self._session.execute(delete(kept).where(kept.message_id == message.id))

    def restore(self, message: Message, now: datetime) -> bool:
        """Give a deleted message its text back; tell whether it was still there."""
        kept = self._session.get(ErasedText, message.id)
        if kept is None or kept.until <= now:
            return False
        message.content, message.folded, message.mentions = kept.content, kept.folded, kept.mentions
        message.deleted_at = message.deleted_by = None
        self._session.delete(kept)
        self._session.flush()
        return True

    def has_expired_texts(self, now: datetime) -> bool:
        """Tell whether a deleted message's text is kept that nobody may bring back any more."""
        return bool(self._session.scalar(select(exists().where(ErasedText.until <= now))))

    def sweep(self, now: datetime) -> int:
        """Delete for good what nobody may bring back any more, and return of how many messages."""
        over = select(ErasedText.message_id).where(ErasedText.until <= now).scalar_subquery()
        self._session.execute(delete(Reaction).where(Reaction.message_id.in_(over)))
        return rows_changed(self._session, delete(ErasedText).where(ErasedText.until <= now))

    def has_lost_words(self, since: datetime) -> bool:
        """Tell whether a message was deleted or edited since then."""
        changed = or_(Message.deleted_at >= since, Message.edited_at >= since)
        return self._session.scalar(select(Message.pk).where(changed).limit(1)) is not None

    def retell(self, message: Message, summary: str) -> None:
        """Give the notifications of a message another text."""
        told = (Notification.room_id == message.room_id, Notification.message_id == message.id)
        self._session.execute(update(Notification).where(*told).values(summary=summary))

    def reactions(self, message_ids: Collection[str]) -> dict[str, tuple[ReactionCount, ...]]:
        """Return the reactions on each message, the oldest emoji first."""
        people: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
        if message_ids:
            rows = self._session.execute(
                select(Reaction.message_id, Reaction.emoji, Reaction.user_id)
                .where(Reaction.message_id.in_(message_ids))
                .order_by(Reaction.created_at, Reaction.user_id)
            )
            for message_id, emoji, user_id in rows:
                people[message_id].setdefault(emoji, []).append(user_id_of(user_id))
        return {
            message_id: tuple(
                ReactionCount(emoji, len(users), tuple(users[:_REACTORS])) for emoji, users in emojis.items()
            )
            for message_id, emojis in people.items()
        }

    def events(self, room: Room, *, after: int, upto: int, limit: int) -> list[Event] | None:
        """Return all events in (after, upto] in order, or nothing when they are more than `limit` or not all there."""
        if upto - after > limit:
            return None
        messages = self._shown(_SHOWN.where(Message.room_id == room.id, Message.sira > after, Message.sira <= upto))
        updates = self._session.scalars(
            select(Update).where(Update.room_id == room.id, Update.sira > after, Update.sira <= upto)
        ).all()
        events: list[Event] = [
            *self.views(messages, {room.id: room.slug}),
            *(update_view(row, room.slug) for row in updates),
        ]
        events.sort(key=lambda event: event.sira)
        return events if len(events) == upto - after else None

    def history(self, room: Room, *, before: int | None, limit: int) -> tuple[list[MessageView], bool]:
        """Return up to `limit` messages before a place in the log, oldest first, and whether there are older ones."""
        statement = _SHOWN.where(Message.room_id == room.id).order_by(Message.sira.desc()).limit(limit + 1)
        if before is not None:
            statement = statement.where(Message.sira < before)
        rows = self._shown(statement)
        return self.views(rows[limit - 1 :: -1] if len(rows) > limit else rows[::-1], {room.id: room.slug}), len(
            rows
        ) > limit

    def views(self, rows: Sequence[ShownRow], slugs: dict[int, str]) -> list[MessageView]:
        """Return messages as people see them, with their quotes and reactions, in the order given."""
        reactions = self.reactions([row.id for row in rows if row.deleted_at is None])
        quotes = self.quotes({row.reply_to for row in rows if row.reply_to})
        return [message_view(row, slugs[row.room_id], quotes, reactions) for row in rows]

    def quotes(self, message_ids: Collection[str]) -> dict[str, Quote]:
        """Return the beginnings of messages that others answer."""
        return {message_id: quote for (_, message_id), quote in self.quotes_by_room(message_ids).items()}

    def quotes_by_room(self, message_ids: Collection[str]) -> dict[tuple[int, str], Quote]:
        """Return the beginnings of messages that others answer, by room number and message id."""
        if not message_ids:
            return {}
        rows = self._session.execute(
            select(
                Message.room_id,
                Message.id,
                Message.sender_id,
                Message.sender_name,
                Message.guest,
                func.substr(Message.content, 1, QUOTE_LENGTH),
            ).where(Message.id.in_(message_ids))
        )
        return {(row[0], row[1]): Quote(*row[1:]) for row in rows}

    def visible(self, message_id: str, rooms: Select[int]) -> MessageView | None:
        """Return a message of one of `rooms`, a query for their numbers, or nothing."""
        found = self._of_rooms(_SHOWN.where(Message.id == message_id, Message.room_id.in_(rooms)))
        return found[0] if found else None

    def matching(
        self, words: ColumnElement[bool], rooms: Select[int], *, before: str | None, limit: int
    ) -> list[MessageView]:
        """Return messages of `rooms` that hold the words and are not deleted, newest first."""
        statement = _SHOWN.where(words, Message.deleted_at.is_(None), Message.room_id.in_(rooms))
        if before is not None:
            statement = statement.where(Message.id < before)
        return self._of_rooms(statement.order_by(Message.id.desc()).limit(limit))

    def _of_rooms(self, statement: Select[*tuple[Any, ...]]) -> list[MessageView]:
        rows = self._shown(statement)
        room_ids = {row.room_id for row in rows}
        found = self._session.execute(select(Room.id, Room.slug).where(Room.id.in_(room_ids)))
        slugs = {room_id: slug for room_id, slug in found}  # noqa: C416  # a Row is no pair to mypy
        return self.views(rows, slugs)

    def _shown(self, statement: Select[*tuple[Any, ...]]) -> list[ShownRow]:
        self._session.flush()
        return [ShownRow(*row) for row in self._session.connection().execute(statement).all()]


def message_view(
    row: ShownRow,
    slug: str,
    quotes: dict[str, Quote],
    reactions: dict[str, tuple[ReactionCount, ...]],
) -> MessageView:
    """Return a stored message as people see it."""
    return MessageView(
        id=row.id,
        room=slug,
        sira=row.sira,
        sender_id=row.sender_id,
        sender_name=row.sender_name,
        content=row.content,
        kind=row.kind,
        created_at=row.created_at,
        guest=row.guest,
        simulated=row.simulated,
        reply_to=row.reply_to,
        quote=quotes.get(row.reply_to) if row.reply_to else None,
        edited_at=row.edited_at,
        deleted=row.deleted_at is not None,
        deleted_by=row.deleted_by,
        reactions=reactions.get(row.id, ()),
        mentions=tuple(row.mentions or ()),
        client_id=client_id_of(row.client_id),
    )


def update_view(row: Update, slug: str) -> UpdateView:
    """Return a stored update as people see it."""
    reactions = row.data.get("reactions")
    mentions = row.data.get("mentions")
    return UpdateView(
        room=slug,
        sira=row.sira,
        message_id=row.message_id,
        kind=UpdateKind(row.kind),
        actor_id=row.actor_id,
        created_at=row.created_at,
        content=row.data.get("content"),
        mentions=None if mentions is None else tuple(mentions),
        emoji=row.data.get("emoji"),
        removed=row.data.get("removed"),
        reactions=None
        if reactions is None
        else tuple(ReactionCount(emoji, count, tuple(users)) for emoji, count, users in reactions),
    )

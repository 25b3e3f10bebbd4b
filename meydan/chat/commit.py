"""One transaction of the log: a batch of operations gets its places, its rows and its notifications.

Rooms are locked in the order of their numbers, so that two nodes on one database never wait for each other in a
circle. An operation that may not happen gets its error; the others in the batch are not touched by it.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.accounts.origin import Origin
from meydan.accounts.repository import AuditRepository
from meydan.chat.errors import MessageMissing, NotSender, RoomMissing, TooLateToRestore, TooManyReactions
from meydan.chat.events import MessageView, Quote, ReactionCount, UpdateView
from meydan.chat.log_repository import QUOTE_LENGTH, LockedRoom, LogRepository, MessageRow
from meydan.chat.models import MENTIONED, Message, Reaction, Update, UpdateKind
from meydan.chat.notice_repository import NoticeRepository
from meydan.chat.operations import KEEPERS, Append, EditText, Erase, Operation, PutReaction, Restore, Stored
from meydan.chat.ownership import client_id_of, user_id_of
from meydan.chat.repository import RoomRepository
from meydan.chat.telling import SUMMARY_LENGTH, Telling, Word, word_of
from meydan.platform.errors import MeydanError

Outcome = Stored | MeydanError
_EMOJIS = 50


class AlreadyStored(Exception):
    """The batch holds a message that is in the log; commit it again with `look_first`."""


def commit_batch(session: Session, batch: Sequence[Operation], *, look_first: bool = False) -> list[Outcome]:
    """Carry out `batch` in order and return an outcome for each.

    Without `look_first` it trusts that no message is there already, which saves a query, and raises `AlreadyStored`
    when that was wrong; the transaction is then rolled back.
    """
    return _Batch(session, batch, look_first=look_first).run()


class _Batch:
    def __init__(self, session: Session, batch: Sequence[Operation], *, look_first: bool) -> None:
        self._session = session
        self._log = LogRepository(session)
        self._operations = batch
        self._rooms = self._log.lock({operation.room_id for operation in batch})
        self._heads: dict[int, int] = {}
        self._pending: list[MessageRow] = []
        self._quotes: dict[tuple[int, str], Quote] = {}
        self._known: dict[tuple[int, str, str] | str, Message | Stored] = {}
        self._looked = look_first
        self._telling = Telling(session, self._rooms.values())
        self._tells = False  # whether somebody may have to be told of something
        self._told_later: list[Word] = []  # of whom an edit names anew
        self._texts: dict[str, str] = {}  # of messages this batch has edited or, then empty, erased
        appends = [operation for operation in batch if isinstance(operation, Append)]
        if look_first:
            clients = {(op.room_id, op.sender_id, op.client_id) for op in appends if op.client_id is not None}
            self._known.update(self._log.stored(clients, {op.message_id for op in appends}))
        replies = {op.reply_to for op in appends if op.reply_to is not None}
        if replies:
            self._quotes = self._log.quotes_by_room(replies)

    def run(self) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for operation in self._operations:
            room = self._rooms.get(operation.room_id)
            try:
                if room is None:
                    raise RoomMissing(self._log.slug(operation.room_id))
                outcomes.append(self._carry_out(room, operation))
            except MeydanError as error:
                outcomes.append(error)
        self._write_messages()
        if self._heads:
            self._log.advance(self._heads, self._operations[-1].at)
        if self._tells:
            outcomes = self._notify(outcomes)
        return outcomes

    def _notify(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Give every mentioned or answered user a notification, and every outcome the notices it caused."""
        events = [outcome.event for outcome in outcomes if isinstance(outcome, Stored)]
        words = [word_of(event) for event in events if isinstance(event, MessageView)]
        told = [word for word in (*words, *self._told_later) if self._texts.get(word.message_id) != ""]
        notices = self._telling.tell(told, self._texts)
        return [
            replace(outcome, notices=(*outcome.notices, *new))
            if isinstance(outcome, Stored)
            and outcome.event is not None
            and (new := notices.get((outcome.event.room, outcome.event.sira)))
            else outcome
            for outcome in outcomes
        ]

    def _carry_out(self, room: LockedRoom, operation: Operation) -> Stored:
        match operation:
            case Append():
                return self._append(room, operation)
            case EditText():
                return self._edit(room, operation)
            case Erase():
                return self._erase(room, operation)
            case Restore():
                return self._restore(room, operation)
            case PutReaction():
                return self._react(room, operation)

    def _append(self, room: LockedRoom, op: Append) -> Stored:
        key = (op.room_id, op.sender_id, op.client_id) if op.client_id is not None else op.message_id
        known = self._known.get(key) or self._known.get(op.message_id)
        if isinstance(known, Message):
            return Stored(known.id, known.sira)
        if known is not None:
            return Stored(known.message_id, known.sira)
        quote = None
        if op.reply_to is not None:
            quote = self._quotes.get((op.room_id, op.reply_to))
            if quote is None:
                raise MessageMissing(op.reply_to)
            if (text := self._texts.get(op.reply_to)) is not None:
                quote = replace(quote, content=text[:QUOTE_LENGTH])
        if op.mentions or quote is not None:
            self._tells = True
        sira = self._next(room)
        self._pending.append(
            MessageRow(
                op.message_id,
                op.room_id,
                sira,
                op.sender_id,
                op.sender_name,
                op.guest,
                op.simulated,
                op.kind,
                op.content,
                op.folded,
                list(op.mentions) or None,
                op.reply_to,
                op.client_id,
                op.at,
            )
        )
        view = MessageView(
            id=op.message_id,
            room=room.slug,
            sira=sira,
            sender_id=op.sender_id,
            sender_name=op.sender_name,
            content=op.content,
            kind=op.kind,
            created_at=op.at,
            guest=op.guest,
            simulated=op.simulated,
            reply_to=op.reply_to,
            quote=quote,
            mentions=op.mentions,
            client_id=client_id_of(op.client_id),
        )
        stored = Stored(op.message_id, sira, view)
        self._known[key] = stored
        return stored

    def _edit(self, room: LockedRoom, op: EditText) -> Stored:
        message = self._message(room, op.message_id)
        if message.sender_id != op.actor_id or message.guest:
            raise NotSender(op.message_id)
        if message.content == op.content:
            return Stored(message.id, message.sira)
        if _may_be_told_of(message):
            self._log.retell(message, op.content[:SUMMARY_LENGTH])
        before = frozenset(message.mentions or ())
        message.content, message.folded, message.edited_at = op.content, op.folded, op.at
        message.mentions = list(op.mentions) or None
        self._texts[op.message_id] = op.content
        data = {"content": op.content, "mentions": list(op.mentions)}
        stored = self._update(room, op, UpdateKind.EDIT, op.actor_id, data)
        if unnamed := before.difference(op.mentions):
            stored = replace(stored, gone=tuple(NoticeRepository(self._session).take_back(message, unnamed)))
            for word in self._told_later:
                if word.message_id == message.id:
                    word.leave_out(unnamed)
        if new := [name for name in op.mentions if name not in before and name != message.sender_id]:
            people = dict.fromkeys(new, MENTIONED)
            self._tells = True
            self._told_later.append(
                Word(
                    room.slug, stored.sira, message.id, message.sender_id, message.sender_name, message.guest,
                    message.created_at, op.content, people,
                )
            )  # fmt: skip
        return stored

    def _erase(self, room: LockedRoom, op: Erase) -> Stored:
        message = self._found(room, op.message_id)
        own = message.sender_id == op.actor_id and not message.guest
        if not own and not op.moderates and not self._keeps_order(room, op.actor_id):
            raise NotSender(op.message_id)
        if message.deleted_at is not None:
            if own or message.deleted_by != message.sender_id:
                return Stored(message.id, message.sira)  # asked again, perhaps after a commit whose answer was lost
            self._log.take_over(message, by=op.actor_id)
            self._note("message.delete", room, message, op)
            return self._update(room, op, UpdateKind.DELETE, op.actor_id, {})
        told = NoticeRepository(self._session).of_message(message) if _may_be_told_of(message) else ()
        self._log.erase(message, op.at, by=op.actor_id, until=op.until)
        if not own:
            self._note("message.delete", room, message, op)
        self._texts[op.message_id] = ""
        stored = self._update(room, op, UpdateKind.DELETE, op.actor_id, {})
        return replace(stored, gone=tuple((row.user_id, row.id) for row in told))

    def _restore(self, room: LockedRoom, op: Restore) -> Stored:
        message = self._found(room, op.message_id)
        if message.deleted_at is None:  # asked again, perhaps after a commit whose answer was lost
            return Stored(message.id, message.sira)
        if message.deleted_by != op.actor_id:
            raise NotSender(op.message_id)
        if not self._log.restore(message, op.at):
            raise TooLateToRestore(op.message_id)
        self._texts[op.message_id] = message.content
        self._log.retell(message, message.content[:SUMMARY_LENGTH])
        if message.sender_id != op.actor_id or message.guest:
            self._note("message.restore", room, message, op)
        data = {
            "content": message.content,
            "mentions": message.mentions or [],
            "reactions": self._reactions_on(message.id),
        }
        stored = self._update(room, op, UpdateKind.RESTORE, op.actor_id, data)
        if not _may_be_told_of(message):
            return stored
        told = self._telling.again(room, message, NoticeRepository(self._session).of_message(message))
        return replace(stored, notices=tuple(told))

    def _note(self, action: str, room: LockedRoom, message: Message, op: Erase | Restore) -> None:
        """Write what somebody did to another's message into the audit log."""
        data = {"room": room.slug, "sender": message.sender_id}
        AuditRepository(self._session).append(
            op.actor_id, action, message.id, Origin(op.address, op.agent), at=op.at, **data
        )

    def _react(self, room: LockedRoom, op: PutReaction) -> Stored:
        message = self._message(room, op.message_id)
        row = Reaction(message_id=op.message_id, emoji=op.emoji, user_id=op.actor_id, created_at=op.at)
        if not self._log.react(row, remove=op.remove):
            return Stored(message.id, message.sira)
        reactions = self._reactions_on(message.id)
        if len(reactions) > _EMOJIS and not op.remove:
            self._log.react(row, remove=True)
            raise TooManyReactions(message.id, _EMOJIS)
        data = {"emoji": op.emoji, "removed": op.remove, "reactions": reactions}
        return self._update(room, op, UpdateKind.REACTION, user_id_of(op.actor_id), data)

    def _reactions_on(self, message_id: str) -> list[list[Any]]:
        counts = self._log.reactions([message_id]).get(message_id, ())
        return [[item.emoji, item.count, list(item.users)] for item in counts]

    def _message(self, room: LockedRoom, message_id: str) -> Message:
        message = self._found(room, message_id)
        if message.deleted_at is not None:
            raise MessageMissing(message_id)
        return message

    def _found(self, room: LockedRoom, message_id: str) -> Message:
        """Return a message of the room, an erased one too."""
        self._write_messages()  # an operation may concern a message of its own batch
        message = self._log.message(room.id, message_id)
        if message is None:
            raise MessageMissing(message_id)
        return message

    def _keeps_order(self, room: LockedRoom, user_id: str) -> bool:
        member = RoomRepository(self._session).member(room.id, user_id)
        return member is not None and member.role in KEEPERS

    def _update(self, room: LockedRoom, op: Operation, kind: UpdateKind, actor_id: str, data: dict[str, Any]) -> Stored:
        sira = self._next(room)
        self._log.add_update(
            Update(
                room_id=room.id,
                sira=sira,
                message_id=op.message_id,
                kind=kind,
                actor_id=actor_id,
                data=data,
                created_at=op.at,
            )
        )
        reactions = data.get("reactions")
        view = UpdateView(
            room=room.slug,
            sira=sira,
            message_id=op.message_id,
            kind=kind,
            actor_id=actor_id,
            created_at=op.at,
            content=data.get("content"),
            mentions=None if "mentions" not in data else tuple(data["mentions"]),
            emoji=data.get("emoji"),
            removed=data.get("removed"),
            reactions=None if reactions is None else tuple(ReactionCount(e, n, tuple(u)) for e, n, u in reactions),
        )
        return Stored(op.message_id, sira, view)

    def _next(self, room: LockedRoom) -> int:
        head = self._heads.get(room.id, room.head) + 1
        self._heads[room.id] = head
        return head

    def _write_messages(self) -> None:
        if not self._pending:
            return
        rows, self._pending = self._pending, []
        try:
            self._log.add_messages(rows)
        except IntegrityError as error:
            if self._looked:  # it is something else, and looking again would find the same
                raise
            raise AlreadyStored from error


def _may_be_told_of(message: Message) -> bool:
    """Tell whether a message may ever have named or answered somebody."""
    return bool(message.mentions or message.reply_to or message.edited_at)

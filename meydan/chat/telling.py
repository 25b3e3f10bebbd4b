"""Whom the log tells of a message: the notifications of those whom it names or answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from meydan.accounts.repository import UserRepository
from meydan.chat.events import MessageView, NoticeView
from meydan.chat.log_repository import LockedRoom
from meydan.chat.models import ANSWERED, MENTIONED, Message, Notification, RoomKind
from meydan.chat.notice_repository import NoticeRepository, notice_view
from meydan.chat.repository import RoomRepository

SUMMARY_LENGTH: Final = 200


class Word(NamedTuple):
    """Whom an event of the log tells of a message, and of which kind; `sira` is the event's."""

    room: str
    sira: int
    message_id: str
    sender_id: str
    sender_name: str
    guest: bool
    created_at: datetime
    content: str
    people: dict[str, str]

    def leave_out(self, names: Collection[str]) -> None:
        """Tell these people nothing after all."""
        for name in names:
            self.people.pop(name, None)


def word_of(message: MessageView) -> Word:
    """Return who is to be told of a new message, and why; nobody is told of their own.

    A guest is told of nothing, and neither is the user who has the guest's id by now.
    """
    people = dict.fromkeys(message.mentions, MENTIONED)
    if message.quote is not None and not message.quote.guest:
        people.setdefault(message.quote.sender_id, ANSWERED)
    if not message.guest:
        people.pop(message.sender_id, None)
    return Word(
        message.room, message.sira, message.id, message.sender_id, message.sender_name, message.guest,
        message.created_at, message.content, people,
    )  # fmt: skip


class Telling:
    """The notifications of one batch, whose rooms are locked."""

    def __init__(self, session: Session, rooms: Iterable[LockedRoom]) -> None:
        self._session = session
        self._rooms = {room.slug: room for room in rooms}
        self._titles: dict[int, str] = {}

    def tell(
        self, words: Sequence[Word], texts: Mapping[str, str]
    ) -> dict[tuple[str, int], list[tuple[str, NoticeView]]]:
        """Store what people have not been told yet; return it by the room and `sira` of the event that tells it.

        `texts` are those of messages that the batch has changed.
        """
        wanted = {user_id for word in words for user_id in word.people}
        if not wanted:
            return {}
        users = UserRepository(self._session).existing(wanted)
        rows: dict[str, tuple[Word, Notification]] = {}
        for word in words:
            room = self._rooms[word.room]
            for user_id, kind in word.people.items():
                if user_id in users and self._may_see(room, user_id):
                    row = Notification(
                        id=f"{word.message_id[:12]}{_spread(word.message_id, user_id)}",
                        user_id=user_id,
                        kind=kind,
                        room_id=room.id,
                        message_id=word.message_id,
                        sender_id=word.sender_id,
                        summary=texts.get(word.message_id, word.content)[:SUMMARY_LENGTH],
                        created_at=word.created_at,
                    )
                    rows.setdefault(row.id, (word, row))
        notices = NoticeRepository(self._session)
        known = notices.known(rows)
        new = [(word, row) for word, row in rows.values() if row.id not in known]
        notices.add([row for _, row in new])
        told: dict[tuple[str, int], list[tuple[str, NoticeView]]] = {}
        for word, row in new:
            view = self._view(self._rooms[word.room], row, word.sender_name, guest=word.guest)
            told.setdefault((word.room, word.sira), []).append((row.user_id, view))
        return told

    def again(self, room: LockedRoom, message: Message, rows: Iterable[Notification]) -> list[tuple[str, NoticeView]]:
        """Return what people are told once more of a message that is back, those who may see it still."""
        return [
            (row.user_id, self._view(room, row, message.sender_name, guest=message.guest))
            for row in rows
            if self._may_see(room, row.user_id)
        ]

    def _view(self, room: LockedRoom, row: Notification, sender_name: str, *, guest: bool) -> NoticeView:
        if room.id not in self._titles:
            self._titles[room.id] = RoomRepository(self._session).title(room.id)
        title = self._titles[room.id]
        return notice_view(row, room=room.slug, room_title=title, sender_name=sender_name, guest=guest)

    def _may_see(self, room: LockedRoom, user_id: str) -> bool:
        return room.kind == RoomKind.PUBLIC or RoomRepository(self._session).member(room.id, user_id) is not None


def _spread(message_id: str, user_id: str) -> str:
    """Return 20 hexadecimal digits that are the same for the same pair: a notification is made once."""
    return blake2b(f"{message_id}:{user_id}".encode(), digest_size=10).hexdigest()

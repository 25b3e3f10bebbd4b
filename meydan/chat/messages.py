"""Messages: what may be said, by whom, and how it is found again. What is said goes through the log."""

import asyncio
import contextlib
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.permissions import Permission
from meydan.accounts.writes import Writes
from meydan.chat.access import access_room, add_member, member_id, require_read
from meydan.chat.errors import MessageMissing, TooLong
from meydan.chat.events import Event, MessageView
from meydan.chat.log import MessageLog
from meydan.chat.log_repository import LogRepository
from meydan.chat.mentions import mentions
from meydan.chat.models import Room
from meydan.chat.notice_repository import NoticeRepository
from meydan.chat.operations import Append, EditText, Erase, PutReaction, Restore, Stored
from meydan.chat.ownership import kept_client_id
from meydan.chat.repository import RoomRepository, visible_room_ids
from meydan.chat.search import SearchIndex, SearchIndexer
from meydan.chat.settings import ChatSettings
from meydan.chat.spending import Spending
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.emoji import one_spelling
from meydan.platform.errors import InvalidInput, RateLimited, Unavailable
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings
from meydan.platform.turkish import words
from meydan.platform.turns import Turns
from meydan.platform.visible import clean, is_blank

_CONTROL: Final = re.compile(r"[\x00-\x1f]")
KINDS: Final = frozenset({"metin"})
_SYMBOL: Final = (
    r"[\u00a9\u00ae\u203c\u2049\u2122-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
    r"\ufe0f?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"  # its look, a tone of skin, the tags of a flag
)
_EMOJI: Final = re.compile(
    rf"{_SYMBOL}(?:\u200d{_SYMBOL})*|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3"  # joined, a country, a key
)
_SEARCH_WORDS: Final = 8
_NEWEST_WITHIN: Final = 2.0  # seconds: behind a writer that takes long the newest messages are not found yet
_SEEKERS: Final = 500
_OF_ONE_ADDRESS: Final = 50  # searches that wait
_WORD_LENGTH: Final = 128  # of longer words the beginning is found: PostgreSQL leaves out what has 2 KiB


class MessageService:
    """What is said in rooms."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        live: LiveSettings,
        log: MessageLog,
        search: SearchIndex,
        indexer: SearchIndexer,
        writes: Writes,
        spending: Spending,
    ) -> None:
        self._db = db
        self._clock = clock
        self._live = live
        self._log = log
        self._search = search
        self._indexer = indexer
        self._writes = writes
        self._finding = Turns(
            at_once=search.at_once, waiting=_SEEKERS, per_caller=_OF_ONE_ADDRESS, refusal=partial(RateLimited, wait=1.0)
        )
        self._spending = spending

    async def start(self) -> None:
        """Hear of what is said on the other nodes."""
        await self._spending.start()

    def spend(self, actor: Actor) -> None:
        """Take one from what the actor may say; raise `RateLimited` when nothing is left."""
        self._spending.take(actor)
        self._writes.spend_address(actor)

    def compose(
        self,
        actor: Actor,
        room_id: int,
        content: str,
        *,
        kind: str = "metin",
        client_id: str | None = None,
        reply_to: str | None = None,
    ) -> Append:
        """Return the operation that says `content` in a room which the actor was found to see."""
        actor.require(Permission.ROOMS_WRITE)
        if kind not in KINDS:
            raise InvalidInput(field="mesaj_tipi", reason="literal_error", expected="metin")
        if client_id is not None:
            if _CONTROL.search(client_id):
                raise InvalidInput(field="istemci_id", reason="control_characters")
            client_id = kept_client_id(actor, client_id)
        content = self._content(content)
        return Append(
            room_id=room_id,
            at=self._clock.now(),
            message_id=new_id(self._clock),
            sender_id=actor.id,
            sender_name=actor.name,
            guest=actor.is_guest,
            kind=kind,
            content=content,
            folded=_folded(content),
            mentions=mentions(content),
            reply_to=None if reply_to is None else _message_id(reply_to),
            client_id=client_id,
        )

    def edit(self, actor: Actor, room_id: int, message_id: str, content: str) -> EditText:
        """Return the operation that gives one's own message another text; guests cannot prove that it is theirs."""
        actor.require(Permission.ROOMS_WRITE)
        content = self._content(content)
        return EditText(
            room_id, self._clock.now(), _message_id(message_id), actor.id if not actor.is_guest else "", content,
            _folded(content), mentions(content),
        )  # fmt: skip

    def erase(self, actor: Actor, room_id: int, message_id: str, *, public: bool) -> Erase:
        """Return the operation that deletes a message; for a moment it can be brought back."""
        actor.require(Permission.ROOMS_WRITE)
        moderates = public and actor.may(Permission.ROOMS_MODERATE)
        sender_id = actor.id if not actor.is_guest else ""
        now, seconds = self._clock.now(), self._live.current(ChatSettings).undo_seconds
        until = now + timedelta(seconds=seconds) if seconds else None
        come = actor.origin
        return Erase(room_id, now, _message_id(message_id), sender_id, moderates, until, come.address, come.agent)

    def restore(self, actor: Actor, room_id: int, message_id: str) -> Restore:
        """Return the operation that brings back what the actor has just deleted."""
        actor.require(Permission.ROOMS_WRITE)
        sender_id = actor.id if not actor.is_guest else ""
        come = actor.origin
        return Restore(room_id, self._clock.now(), _message_id(message_id), sender_id, come.address, come.agent)

    def react(self, actor: Actor, room_id: int, message_id: str, emoji: str, *, remove: bool) -> PutReaction:
        """Return the operation that puts an emoji on a message or takes it off."""
        actor.require(Permission.ROOMS_WRITE)
        if not _EMOJI.fullmatch(emoji):
            raise InvalidInput(field="emoji", reason="not_an_emoji")
        return PutReaction(room_id, self._clock.now(), _message_id(message_id), actor.key, one_spelling(emoji), remove)

    async def send(
        self, actor: Actor, name: str, content: str, *, client_id: str | None, reply_to: str | None
    ) -> Stored:
        """Say something in a room without a connection to it."""
        actor.require(Permission.ROOMS_WRITE)
        room, _ = await self._db.read(lambda session: access_room(session, actor, name))
        self.spend(actor)
        operation = self.compose(actor, room.id, content, client_id=client_id, reply_to=reply_to)
        return await self._log.put(operation)

    async def enter(self, actor: Actor, name: str) -> tuple[Room, int]:
        """Return the room and how far the actor has read it; users who may write become members at once."""
        actor.require(Permission.ROOMS_READ)
        room, member = await self._db.read(lambda session: access_room(session, actor, name))
        if member is None and not actor.is_guest and actor.may(Permission.ROOMS_WRITE):
            self._writes.spend(actor)
            await self._db.write(lambda session: add_member(session, room, actor.id, self._clock.now()))
            return room, room.head
        return room, member.read_sira if member else room.head

    async def events(self, room_id: int, after: int, upto: int) -> list[Event]:
        """Return the events in (after, upto], in order, for a node that missed them; at most a settings' worth."""
        limit = self._live.current(ChatSettings).replay_limit

        def read(session: Session) -> list[Event]:
            room = session.get_one(Room, room_id)
            return LogRepository(session).events(room, after=after, upto=min(upto, after + limit), limit=limit) or []

        return await self._db.read(read)

    async def missed(self, room_id: int, after: int, upto: int) -> list[Event] | None:
        """Return exactly the events in (after, upto], or nothing when they are too many or not all there."""
        limit = self._live.current(ChatSettings).replay_limit

        def read(session: Session) -> list[Event] | None:
            room = session.get_one(Room, room_id)
            return LogRepository(session).events(room, after=after, upto=upto, limit=limit)

        return await self._db.read(read)

    async def history(
        self, actor: Actor | None, name: str, *, limit: int, before: int | None
    ) -> tuple[Room, list[MessageView], bool]:
        """Return a room's messages before a place in its log, oldest first, and whether there are older ones."""
        require_read(actor)

        def read(session: Session) -> tuple[Room, list[MessageView], bool]:
            room, _ = access_room(session, actor, name)
            messages, more = LogRepository(session).history(room, before=before, limit=limit)
            return room, messages, more

        return await self._db.read(read)

    async def message(self, actor: Actor | None, message_id: str) -> MessageView:
        """Return one message from a room that the actor may see."""
        require_read(actor)
        _message_id(message_id)

        def read(session: Session) -> MessageView:
            found = LogRepository(session).visible(message_id, visible_room_ids(member_id(actor)))
            if found is None:
                raise MessageMissing(message_id)
            return found

        return await self._db.read(read)

    async def find(
        self,
        actor: Actor | None,
        query: str,
        *,
        room: str | None,
        before: str | None,
        limit: int,
        origin: Origin = NOWHERE,
    ) -> tuple[list[MessageView], bool]:
        """Return messages that hold all of the first eight words of `query`, newest first, and whether there are more.

        Searches take turns, one address after the other: a short beginning in a long log takes a while, and neither a
        join nor who searches elsewhere must wait for it. One that is cancelled before its turn asks nothing.
        """
        require_read(actor)
        wanted = [word[:_WORD_LENGTH] for word in words(query)[:_SEARCH_WORDS]]
        if not wanted:
            raise InvalidInput(field="q", reason="empty")

        def read(session: Session) -> tuple[list[MessageView], bool]:
            rooms = visible_room_ids(member_id(actor))
            if room is not None:
                rooms = rooms.where(Room.id == access_room(session, actor, room)[0].id)
            found = LogRepository(session).matching(self._search.matches(wanted), rooms, before=before, limit=limit + 1)
            return found[:limit], len(found) > limit

        asks = origin if actor is None else actor.origin
        async with self._finding.turn((asks.line,)):
            with contextlib.suppress(Unavailable, TimeoutError):  # the newest wait then
                async with asyncio.timeout(_NEWEST_WITHIN):
                    await self._indexer.catch_up()
            finding = asyncio.ensure_future(self._db.read(read))
            try:
                return await asyncio.shield(finding)
            except asyncio.CancelledError:
                await asyncio.wait([finding])  # the database is not free before
                raise

    async def mark_read(self, marks: dict[tuple[int, str], int]) -> dict[str, list[str]]:
        """Store read markers; return by user the notifications that were read with it."""
        rows = [(room_id, user_id, sira) for (room_id, user_id), sira in marks.items()]
        now = self._clock.now()

        def save(session: Session) -> dict[str, list[str]]:
            RoomRepository(session).mark_read(rows)
            return NoticeRepository(session).mark_read_in_rooms(rows, now)

        return await self._db.write(save)

    async def heads(self, room_ids: list[int]) -> dict[int, int]:
        """Return the last `sira` of each room."""
        return await self._db.read(lambda session: RoomRepository(session).heads(room_ids))

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return self._clock.now()

    def _content(self, content: str) -> str:
        content = clean(content)
        limit = self._live.current(ChatSettings).max_length
        if len(content) > limit:
            raise TooLong(field="icerik", length=len(content), limit=limit)
        if is_blank(content):
            raise InvalidInput(field="icerik", reason="empty")
        return content


def _folded(content: str) -> str:
    """Return the words by which a text is found."""
    found = words(content)
    return " ".join(found if len(content) <= _WORD_LENGTH else [word[:_WORD_LENGTH] for word in found])


def _message_id(message_id: str) -> str:
    """Return what may be an id; a database is not asked for anything else."""
    if not message_id.isalnum():
        raise MessageMissing(message_id)
    return message_id

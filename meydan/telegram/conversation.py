"""What was said in a chat: what people wrote and what bots sent, as one list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.platform.cursors import cursor, place_at
from meydan.platform.db import Database
from meydan.telegram.errors import ChatMissing
from meydan.telegram.models import Chat, ReceivedUpdate, Send, SendState

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEARD: Final = ("message", "channel_post", "callback_query")
_EDITED: Final = ("edited_message", "edited_channel_post")
_SUPERGROUPS: Final = -1_000_000_000_000  # below it every bot knows a message by the same number
# As a parameter no database would see that its index of what was sent fits.
_SENT: ColumnElement[str] = literal_column(f"'{SendState.SENT}'")


class SaidKind(StrEnum):
    """What a message is; `event` tells what happened in the chat, `press` is a button's."""

    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    DOCUMENT = "document"
    VIDEO = "video"
    AUDIO = "audio"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    PRESS = "press"
    EVENT = "event"


_CARRIED: Final = tuple(
    kind for kind in SaidKind if kind not in (SaidKind.TEXT, SaidKind.PRESS, SaidKind.EVENT, SaidKind.DOCUMENT)
)


@dataclass(frozen=True, slots=True)
class SaidView:
    """A message of a chat as it stands now. `author` is a person's name, or of what was sent the account's."""

    id: str
    at: datetime
    incoming: bool
    bot_id: str
    message_id: int | None
    thread_id: int | None
    author: str
    kind: SaidKind
    text: str
    edited: bool
    deleted: bool


class SaidPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last message of a page: when, in microseconds since 1970, and its update or, with 0, its send."""

    at: Annotated[int, msgspec.Meta(ge=0, le=10**17)]
    update: Annotated[int, msgspec.Meta(ge=-1, le=2**53)]
    send: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{32})?\Z")]


_Said = tuple[tuple[datetime, int, str], SaidView]


class ConversationService:
    """Reads what was said; updates are kept for as long as the settings say."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(
        self, actor: Actor, chat_id: int, *, bot_id: str | None = None, after: str = "", limit: int = 50
    ) -> tuple[list[SaidView], str | None]:
        """Return messages, the latest first, and the cursor of the next page; with `bot_id` what concerns that bot.

        In private a person talks with each bot apart, under the same number.
        """
        actor.require(Permission.TELEGRAM_READ)
        last = place_at(after, SaidPlace, field="cursor")

        def read(session: Session) -> tuple[list[SaidView], str | None]:
            if session.scalar(select(Chat.chat_id).where(Chat.chat_id == chat_id).limit(1)) is None:
                raise ChatMissing(chat_id)
            found = [
                *_heard(session, chat_id, bot_id, last, limit + 1),
                *_sent(session, chat_id, bot_id, last, limit + 1),
            ]
            found.sort(key=lambda one: one[0], reverse=True)
            shown, following = found[:limit], None
            if len(found) > limit:
                at, update, send = shown[-1][0]
                following = cursor(SaidPlace((at - _EPOCH) // timedelta(microseconds=1), update, send))
            return [view for _, view in shown], following

        return await self._db.read(read)


def _heard(session: Session, chat_id: int, bot_id: str | None, last: SaidPlace | None, limit: int) -> list[_Said]:
    """Return what people wrote; what several bots heard of one group, once."""
    update = ReceivedUpdate
    wanted: list[ColumnElement[bool]] = [update.chat_id == chat_id, update.kind.in_(_HEARD)]
    if bot_id is not None:
        wanted.append(update.bot_id == bot_id)
    elif chat_id < _SUPERGROUPS:
        other = aliased(ReceivedUpdate)
        same = (other.chat_id == chat_id, other.message_id == update.message_id, other.kind == update.kind)
        wanted.append(~exists().where(*same, other.bot_id < update.bot_id))
    if last is not None:
        at = _EPOCH + timedelta(microseconds=last.at)
        wanted.append(or_(update.received_at < at, and_(update.received_at == at, update.update_id < last.update)))
    rows = session.scalars(
        select(update).where(*wanted).order_by(update.received_at.desc(), update.update_id.desc()).limit(limit)
    ).all()
    edits = _edits_of(session, chat_id, rows)
    found: list[_Said] = []
    for row in rows:
        edit = edits.get((row.bot_id if chat_id > _SUPERGROUPS else "", row.message_id))
        body = row.payload if edit is None else edit.payload
        kind, text = _content(row.kind, body)
        view = SaidView(
            id=f"{row.bot_id}.{row.update_id}.{row.digest[:8]}",
            at=row.received_at,
            incoming=True,
            bot_id=row.bot_id,
            message_id=row.message_id,
            thread_id=_number(body.get("message_thread_id")),
            author=_author(body),
            kind=kind,
            text=text,
            edited=edit is not None,
            deleted=False,
        )
        found.append(((row.received_at, row.update_id, ""), view))
    return found


def _edits_of(
    session: Session, chat_id: int, rows: Sequence[ReceivedUpdate]
) -> dict[tuple[str, int | None], ReceivedUpdate]:
    """Return the last edit of each message that has one."""
    numbers = {row.message_id for row in rows if row.message_id is not None}
    edits = session.scalars(
        select(ReceivedUpdate)
        .where(
            ReceivedUpdate.chat_id == chat_id,
            ReceivedUpdate.message_id.in_(numbers),
            ReceivedUpdate.kind.in_(_EDITED),
        )
        .order_by(ReceivedUpdate.received_at, ReceivedUpdate.update_id)
    )
    return {(edit.bot_id if chat_id > _SUPERGROUPS else "", edit.message_id): edit for edit in edits}


def _sent(session: Session, chat_id: int, bot_id: str | None, last: SaidPlace | None, limit: int) -> list[_Said]:
    """Return what bots sent, as later edits and deletions left it."""
    wanted: list[ColumnElement[bool]] = [Send.chat_id == chat_id, Send.state == _SENT, Send.edits.is_(None)]
    if bot_id is not None:
        wanted.append(Send.bot_id == bot_id)
    if last is not None:
        at = _EPOCH + timedelta(microseconds=last.at)
        same = Send.finished_at == at
        wanted.append(or_(Send.finished_at < at, same if not last.send else and_(same, Send.id < last.send)))
    rows = session.scalars(select(Send).where(*wanted).order_by(Send.finished_at.desc(), Send.id.desc()).limit(limit))
    sends = {row.id: row for row in rows}
    changes = session.scalars(
        select(Send).where(Send.edits.in_(sends), Send.state == SendState.SENT).order_by(Send.id)
    ).all()
    texts = {change.edits: _words(change) for change in changes if change.method.startswith("edit")}
    gone = {change.edits for change in changes if change.method == "deleteMessage"}
    found: list[_Said] = []
    for row in sends.values():
        at = row.finished_at or row.created_at
        kind = SaidKind(row.method.removeprefix("send").casefold()) if row.method in _FILES else SaidKind.TEXT
        view = SaidView(
            id=row.id,
            at=at,
            incoming=False,
            bot_id=row.bot_id,
            message_id=row.message_id,
            thread_id=_number(row.params.get("message_thread_id")),
            author=row.created_by,
            kind=kind,
            text=texts.get(row.id, _words(row)),
            edited=row.id in texts,
            deleted=row.id in gone,
        )
        found.append(((at, -1, row.id), view))
    return found


_FILES: Final = frozenset({"sendPhoto", "sendVoice", "sendDocument"})


def _words(row: Send) -> str:
    return str(row.params.get("text") or row.params.get("caption") or "")


def _content(kind: str, body: dict[str, Any]) -> tuple[SaidKind, str]:
    """Return what an update brings, and its words."""
    if kind == "callback_query":
        return SaidKind.PRESS, str(body.get("data") or "")
    words = body.get("text") or body.get("caption") or ""
    carried = next((one for one in (*_CARRIED, SaidKind.DOCUMENT) if body.get(one)), None)
    if carried is not None:
        name = body[carried].get("file_name") if isinstance(body[carried], dict) else None
        return carried, str(words or name or "")
    return (SaidKind.TEXT, str(words)) if words else (SaidKind.EVENT, "")


def _author(body: dict[str, Any]) -> str:
    """Return who wrote: a person's name, or that of the chat which speaks for itself."""
    person, chat = body.get("from"), body.get("sender_chat") or body.get("chat")
    if isinstance(person, dict):
        name = " ".join(str(person[part]) for part in ("first_name", "last_name") if person.get(part))
        return name or str(person.get("username") or person.get("id") or "")
    return str(chat.get("title") or chat.get("first_name") or "") if isinstance(chat, dict) else ""


def _number(value: Any) -> int | None:
    return value if type(value) is int else None

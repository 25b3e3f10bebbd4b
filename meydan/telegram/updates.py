"""Updates in: taken from Telegram, stored with what they tell of chats, and only then confirmed and passed on.

An update that comes twice is stored and passed on once. Telegram's numbers start again after a quiet week, lower ones
too: what has the number of another but says something else is a new one. A chat is discovered by what Telegram tells
of it.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import delete
from sqlalchemy.orm import Session

from meydan.platform.clock import Clock
from meydan.platform.db import Database, insert_missing, rows_changed
from meydan.platform.errors import Unavailable
from meydan.telegram.api import BotApi, Conflict, TelegramFault
from meydan.telegram.events import Incoming
from meydan.telegram.happenings import Identity
from meydan.telegram.models import Chat, ReceivedUpdate, Topic

log = structlog.get_logger(__name__)

Listener = Callable[[Incoming], None]

WANTED: Final = (
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query",
    "my_chat_member", "chat_member", "message_reaction",
)  # fmt: skip
_AT_ONCE: Final = 100
_LARGEST: Final = 2**53
_POLL_SECONDS: Final = 25
_PAUSE: Final = 1.0


class Intake:
    """Stores updates and passes each on once."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._listeners: list[Listener] = []
        self.received = 0

    def on_update(self, listener: Listener) -> None:
        """Call `listener` on the event loop with every update after it is stored."""
        self._listeners.append(listener)

    async def take(self, bot_id: str, updates: Sequence[dict[str, Any]]) -> int:
        """Store `updates`, pass on those that are new, and return how many were."""
        now = self._clock.now()
        new = await self._keep(bot_id, [item for raw in updates if (item := _incoming(bot_id, raw, now))])
        self.received += len(new)
        for item in new:
            for listener in self._listeners:
                try:
                    listener(item)
                except Exception:
                    log.exception("telegram.listener_failed", bot=bot_id, update=item.update_id)
        return len(new)

    async def _keep(self, bot_id: str, incoming: Sequence[Incoming]) -> list[Incoming]:
        """Store what is new and return it; what the database refuses must not stop all that comes after it."""
        try:
            return await self._db.write(lambda session: _store(session, bot_id, incoming))
        except Unavailable:
            raise
        except Exception as error:
            if len(incoming) > 1:
                return [new for item in incoming for new in await self._keep(bot_id, [item])]
            log.exception("telegram.update_refused", bot=bot_id, error=type(error).__name__)
            return []

    async def trim(self, *, days: int) -> None:
        """Delete updates that are older than `days`."""
        limit = self._clock.now() - timedelta(days=days)
        await self._db.write(
            lambda session: rows_changed(session, delete(ReceivedUpdate).where(ReceivedUpdate.received_at < limit))
        )


class Poller:
    """Asks Telegram for one bot's updates, one request after the other.

    Each request confirms what the last one brought, by the number after the last of it, be that lower than before.
    At the start, and when nothing was left to bring, no number is named: Telegram brings what nobody has confirmed,
    wherever its numbers begin, and what is stored already is known.
    """

    def __init__(self, bot: Identity, *, api: BotApi, intake: Intake) -> None:
        self._bot = bot
        self._offset = 0
        self._api = api
        self._intake = intake

    async def turn(self) -> float:
        """Wait for updates and take them in; there is always more to wait for."""
        try:
            updates = await self._poll()
        except Conflict:
            await self._take_over()
            raise
        numbers = [number for item in updates if (number := _number(item)) >= 0]
        if numbers:
            await self._intake.take(self._bot.id, updates)
        self._offset = numbers[-1] + 1 if numbers else 0
        return _PAUSE if updates and not numbers else 0.0

    async def _poll(self) -> list[dict[str, Any]]:
        answer = await self._api.call(
            self._bot.token,
            "getUpdates",
            {"offset": self._offset, "limit": _AT_ONCE, "timeout": _POLL_SECONDS, "allowed_updates": WANTED},
            trial=self._bot.trial,
            seconds=_POLL_SECONDS + 15,
        )
        return [item for item in answer if isinstance(item, dict)] if isinstance(answer, list) else []

    async def _take_over(self) -> None:
        """Remove a webhook that stands in the way of polling; another poller is waited out."""
        try:
            await self._api.call(self._bot.token, "deleteWebhook", {}, trial=self._bot.trial)
        except TelegramFault as fault:
            log.warning("telegram.webhook_not_removed", bot=self._bot.id, reason=fault.reason)


def _number(raw: dict[str, Any]) -> int:
    """Return an update's number, -1 when it has none that can be kept."""
    number = raw.get("update_id")
    return number if type(number) is int and 0 <= number < _LARGEST else -1


def _incoming(bot_id: str, raw: dict[str, Any], now: datetime) -> Incoming | None:
    number = _number(raw)
    kind = next((name for name, body in raw.items() if name != "update_id" and isinstance(body, dict)), None)
    if number < 0 or kind is None:
        return None
    body: dict[str, Any] = raw[kind]
    chat = _chat_of(body)
    chat_id = chat.get("id") if chat is not None else None
    known = isinstance(chat_id, int) and 0 < abs(chat_id) < _LARGEST
    return Incoming(bot_id, number, kind, chat_id if known else None, body, now)


def _chat_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the chat that an update concerns; a pressed button's is that of its message."""
    inner = body.get("message")
    chat = body.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
    return chat if isinstance(chat, dict) else None


def _store(session: Session, bot_id: str, incoming: Sequence[Incoming]) -> list[Incoming]:
    first = {(item.update_id, _digest(item.body)): item for item in reversed(incoming)}
    rows = [
        {
            "bot_id": bot_id,
            "update_id": item.update_id,
            "digest": digest,
            "message_id": _message_id(item.body),
            "kind": item.kind[:32],
            "chat_id": item.chat_id,
            "payload": item.body,
            "received_at": item.received_at,
        }
        for (_, digest), item in first.items()
    ]
    # The database says which were new: another process may be storing the same ones at this moment.
    inserted = insert_missing(session, ReceivedUpdate).returning(ReceivedUpdate.update_id, ReceivedUpdate.digest)
    stored = {(row.update_id, row.digest) for row in session.execute(inserted, rows)} if rows else set()
    kept = {id(item) for key, item in first.items() if key in stored}
    new = [item for item in incoming if id(item) in kept]
    for item in new:
        _discover(session, item)
    return new


def _digest(body: dict[str, Any]) -> str:
    """Return what tells this content from another."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _message_id(body: dict[str, Any]) -> int | None:
    """Return the number of the message that an update is, or changes."""
    number = body.get("message_id")
    return number if type(number) is int and 0 < number < _LARGEST else None


def _discover(session: Session, item: Incoming) -> None:
    """Keep what an update tells of its chat, the bot's standing in it, and its topics."""
    raw = _chat_of(item.body)
    if raw is None or item.chat_id is None:
        return
    chat = session.get(Chat, (item.bot_id, item.chat_id))
    if chat is None:
        chat = Chat(bot_id=item.bot_id, chat_id=item.chat_id, status="member", rights={}, shared=False)
        session.add(chat)
    chat.kind = str(raw.get("type", "private"))[:16]
    names = (raw.get("title"), " ".join(str(raw[part]) for part in ("first_name", "last_name") if raw.get(part)))
    chat.title = _clean(next(filter(None, names), item.chat_id))[:256]
    username = raw.get("username")
    chat.username = _clean(username)[:64] if username else None
    chat.forum = bool(raw.get("is_forum"))
    chat.seen_at = item.received_at
    if item.kind == "my_chat_member" and isinstance(standing := item.body.get("new_chat_member"), dict):
        chat.status = _clean(standing.get("status", "member"))[:16]
        chat.rights = {name: value for name, value in standing.items() if isinstance(value, bool)}
    elif item.kind == "message" and chat.status in _hears(chat.kind) and "left_chat_member" not in item.body:
        chat.status = "member"
    new, old = item.body.get("migrate_to_chat_id"), item.body.get("migrate_from_chat_id")
    session.flush()
    if isinstance(new, int):
        moved_chat(session, item.bot_id, old=item.chat_id, new=new, now=item.received_at)
    elif isinstance(old, int):
        moved_chat(session, item.bot_id, old=old, new=item.chat_id, now=item.received_at)
    _topic(session, item)
    session.flush()


def moved_chat(session: Session, bot_id: str, *, old: int, new: int, now: datetime) -> None:
    """Keep that a group became a supergroup, which takes over what is known of it."""
    before = session.get(Chat, (bot_id, old))
    if before is None:
        return
    before.moved_to = new
    after = session.get(Chat, (bot_id, new))
    if after is not None:
        after.shared = after.shared or before.shared
        return
    session.add(
        Chat(
            bot_id=bot_id,
            chat_id=new,
            kind="supergroup",
            title=before.title,
            username=before.username,
            forum=before.forum,
            status=before.status,
            rights=before.rights,
            shared=before.shared,
            seen_at=now,
        )
    )


def _hears(kind: str) -> frozenset[str]:
    """Return the standings that a message from a chat disproves: who writes to a bot in private may be answered."""
    return frozenset({"kicked", "left", "restricted"} if kind == "private" else {"kicked", "left"})


def _clean(text: object) -> str:
    """Return a name without what a database cannot keep."""
    return str(text).replace("\x00", "").encode(errors="replace").decode()


def _topic(session: Session, item: Incoming) -> None:
    thread = item.body.get("message_thread_id")
    made = item.body.get("forum_topic_created")
    edited = item.body.get("forum_topic_edited")
    closed, reopened = "forum_topic_closed" in item.body, "forum_topic_reopened" in item.body
    if not isinstance(thread, int) or item.chat_id is None or not (made or edited or closed or reopened):
        return
    topic = session.get(Topic, (item.chat_id, thread))
    if topic is None:
        topic = Topic(chat_id=item.chat_id, thread_id=thread, name=str(thread), closed=False)
        session.add(topic)
    for told in (made, edited):
        if isinstance(told, dict) and told.get("name"):
            topic.name = _clean(told["name"])[:128]
    if closed or reopened:
        topic.closed = closed
    topic.seen_at = item.received_at

"""Updates in: taken from Telegram, stored with what they tell of chats, and only then confirmed and passed on.

An update that comes twice is stored and passed on once. A chat is discovered by what Telegram tells of it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from meydan.platform.clock import Clock
from meydan.platform.db import Database, insert_missing, rows_changed
from meydan.platform.errors import Unavailable
from meydan.telegram.api import BotApi, Conflict, Limited, TelegramFault, Unauthorized
from meydan.telegram.events import Incoming
from meydan.telegram.models import Bot, Chat, ReceivedUpdate, Topic
from meydan.telegram.sender import Identity

log = structlog.get_logger(__name__)

Listener = Callable[[Incoming], None]

WANTED: Final = (
    "message", "edited_message", "channel_post", "callback_query", "my_chat_member", "chat_member", "message_reaction",
)  # fmt: skip
_AT_ONCE: Final = 100
_POLL_SECONDS: Final = 25
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


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
        incoming = [item for item in (_incoming(bot_id, raw, self._clock.now()) for raw in updates) if item is not None]
        offset = max((item.update_id for item in incoming), default=0) + 1
        new = await self._db.write(lambda session: _store(session, bot_id, incoming, offset))
        self.received += len(new)
        for item in new:
            for listener in self._listeners:
                listener(item)
        return len(new)

    async def trim(self, *, days: int) -> None:
        """Delete updates that are older than `days`."""
        limit = self._clock.now() - timedelta(days=days)
        await self._db.write(
            lambda session: rows_changed(session, delete(ReceivedUpdate).where(ReceivedUpdate.received_at < limit))
        )


class Poller:
    """Asks Telegram for one bot's updates, one request after the other."""

    def __init__(
        self,
        bot: Identity,
        *,
        offset: int,
        api: BotApi,
        intake: Intake,
        clock: Clock,
        troubled: Callable[[TelegramFault | None], None],
        revoked: Callable[[str], None],
    ) -> None:
        self._bot = bot
        self._offset = offset
        self._api = api
        self._intake = intake
        self._clock = clock
        self._troubled = troubled
        self._revoked = revoked

    async def run(self) -> None:
        """Poll until cancelled or the token is revoked."""
        pause = _FIRST_PAUSE
        while True:
            try:
                updates = await self._poll()
                if updates:
                    await self._intake.take(self._bot.id, updates)
                    self._offset = max(self._offset, *(int(item["update_id"]) + 1 for item in updates))
            except Unauthorized as fault:
                self._revoked(fault.reason)
                return
            except (TelegramFault, Unavailable) as fault:
                wait = pause
                if isinstance(fault, TelegramFault):
                    self._troubled(fault)
                    wait = max(pause, fault.seconds) if isinstance(fault, Limited) else pause
                    if isinstance(fault, Conflict):
                        await self._take_over()
                await self._clock.sleep(wait)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if pause > _FIRST_PAUSE:
                    self._troubled(None)
                pause = _FIRST_PAUSE

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


def _incoming(bot_id: str, raw: dict[str, Any], now: datetime) -> Incoming | None:
    number = raw.get("update_id")
    kind = next((name for name, body in raw.items() if name != "update_id" and isinstance(body, dict)), None)
    if not isinstance(number, int) or kind is None:
        return None
    body: dict[str, Any] = raw[kind]
    chat = _chat_of(body)
    chat_id = chat.get("id") if chat is not None else None
    return Incoming(bot_id, number, kind, chat_id if isinstance(chat_id, int) else None, body, now)


def _chat_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Return the chat that an update concerns; a pressed button's is that of its message."""
    inner = body.get("message")
    chat = body.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
    return chat if isinstance(chat, dict) else None


def _store(session: Session, bot_id: str, incoming: Sequence[Incoming], offset: int) -> list[Incoming]:
    numbers = [item.update_id for item in incoming]
    known = set(
        session.scalars(
            select(ReceivedUpdate.update_id).where(
                ReceivedUpdate.bot_id == bot_id, ReceivedUpdate.update_id.in_(numbers)
            )
        )
    )
    new = list({item.update_id: item for item in incoming if item.update_id not in known}.values())
    if new:
        session.execute(
            insert_missing(session, ReceivedUpdate),
            [
                {
                    "bot_id": bot_id,
                    "update_id": item.update_id,
                    "kind": item.kind[:32],
                    "chat_id": item.chat_id,
                    "payload": item.body,
                    "received_at": item.received_at,
                }
                for item in new
            ],
        )
    for item in new:
        _discover(session, item)
    if offset > 1:
        session.execute(update(Bot).where(Bot.id == bot_id, Bot.update_offset < offset).values(update_offset=offset))
    return new


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
    names = (raw.get("title"), " ".join(filter(None, (raw.get("first_name"), raw.get("last_name")))))
    chat.title = str(next(filter(None, names), item.chat_id))[:256]
    username = raw.get("username")
    chat.username = str(username)[:64] if username else None
    chat.forum = bool(raw.get("is_forum"))
    chat.seen_at = item.received_at
    if item.kind == "my_chat_member" and isinstance(standing := item.body.get("new_chat_member"), dict):
        chat.status = str(standing.get("status", "member"))[:16]
        chat.rights = {name: value for name, value in standing.items() if isinstance(value, bool)}
    moved = item.body.get("migrate_to_chat_id")
    if isinstance(moved, int):
        chat.moved_to = moved
    _topic(session, item)
    session.flush()


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
            topic.name = str(told["name"])[:128]
    if closed or reopened:
        topic.closed = closed
    topic.seen_at = item.received_at

"""The bots themselves: adding, checking, starting and stopping them, and the chats they have seen."""

import contextlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.accounts.vault import Vault
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_at
from meydan.platform.db import Database
from meydan.platform.ids import first_id, new_id
from meydan.telegram.api import BotApi, TelegramFault, Unauthorized
from meydan.telegram.errors import (
    BotExists,
    BotMissing,
    ChatMissing,
    TelegramAway,
    TokenOfAnother,
    TokenWrong,
    WebhookNeedsAddress,
    WebhookRefused,
)
from meydan.telegram.events import BOTS_CHANNEL, BotsChanged
from meydan.telegram.happenings import Identity
from meydan.telegram.models import Bot, BotMode, Chat, Send, SendState, Topic
from meydan.telegram.troubles import Trouble
from meydan.telegram.webhook import set_webhook

_TOKEN = re.compile(r"[0-9]{3,16}:[A-Za-z0-9_-]{20,80}")
_VERIFY_SECONDS = 10.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BotView:
    """A bot as its operators see it; the token is never among it. `sent` are the last day's."""

    id: str
    telegram_id: int
    username: str
    name: str
    trial: bool
    mode: BotMode
    enabled: bool
    running: bool
    reads_all: bool
    queued: int
    maybe_sent: int
    sent: int
    last_error: str | None
    last_error_at: datetime | None
    verified_at: datetime
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic of a forum."""

    thread_id: int
    name: str
    closed: bool


@dataclass(frozen=True, slots=True)
class ChatView:
    """A chat as one bot knows it."""

    bot_id: str
    chat_id: int
    kind: str
    title: str
    username: str | None
    forum: bool
    status: str
    rights: dict[str, Any]
    shared: bool
    moved_to: int | None
    seen_at: datetime
    topics: tuple[TopicView, ...]


class ChatPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last chat of a page; `seen` in microseconds since 1970."""

    seen: Annotated[int, msgspec.Meta(ge=0, le=10**17)]
    chat_id: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    bot_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class BotService:
    """Every rule about bots. `public_url` is where Telegram can call webhooks; `is_trial` tells a fake's token."""

    def __init__(
        self,
        *,
        db: Database,
        bus: Bus,
        clock: Clock,
        vault: Vault,
        api: BotApi,
        public_url: str,
        is_trial: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._vault = vault
        self._api = api
        self._public_url = public_url
        self._is_trial = is_trial

    async def add(self, actor: Actor, token: str, *, mode: BotMode = BotMode.POLLING) -> BotView:
        """Check a token with Telegram and keep the bot, started."""
        actor.require(Permission.TELEGRAM_MANAGE)
        self._require_address(mode)
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise TokenWrong
        me = await self._me(token)
        known = await self._db.read(lambda session: session.scalar(select(Bot).where(Bot.telegram_id == me.id)))
        if known is not None:
            raise BotExists(known.username)
        now = self._clock.now()
        bot = Bot(
            id=new_id(self._clock),
            telegram_id=me.id,
            username=me.username,
            name=me.first_name,
            token=self._vault.encrypt(token),
            trial=self._is_trial(token),
            mode=mode,
            webhook_secret=self._vault.encrypt(secrets.token_urlsafe(32)),
            enabled=True,
            reads_all=me.can_read_all_group_messages,
            verified_at=now,
            created_by=actor.id,
            created_at=now,
        )

        def save(session: Session) -> None:
            session.add(bot)
            self._audit(session, actor, "telegram.bot_add", bot)

        if mode == BotMode.WEBHOOK:
            await self._set_webhook(bot, token)
        try:
            await self._db.write(save)
        except IntegrityError:  # somebody else added it at the same moment
            raise BotExists(me.username) from None
        await self._changed(bot.id)
        return await self._now(bot.id)

    async def change(
        self,
        actor: Actor,
        bot_id: str,
        *,
        token: str | None = None,
        mode: BotMode | None = None,
        enabled: bool | None = None,
    ) -> BotView:
        """Give a bot a new token of its own, another way of getting updates, or start or stop it."""
        actor.require(Permission.TELEGRAM_MANAGE)
        if mode is not None:
            self._require_address(mode)
        before = await self._db.read(lambda session: _access(session, bot_id))
        me = None
        if token is not None:
            token = token.strip()
            if not _TOKEN.fullmatch(token):
                raise TokenWrong
            me = await self._me(token)
            if me.id != before.telegram_id:
                raise TokenOfAnother(me.username)
        if (mode or before.mode) == BotMode.WEBHOOK and (mode is not None or token is not None):
            await self._set_webhook(before, token or self._vault.decrypt(before.token))

        def save(session: Session) -> Bot:
            bot = _access(session, bot_id, lock=True)
            if token is not None and me is not None:
                bot.token, bot.verified_at = self._vault.encrypt(token), self._clock.now()
                off = not bot.enabled and bot.last_error is not None  # what is off and has one was stopped by Telegram
                bot.enabled = bot.enabled or (off and enabled is None)
                bot.username, bot.name, bot.last_error = me.username, me.first_name, None
                self._audit(session, actor, "telegram.bot_token", bot)
            if mode is not None and mode != bot.mode:
                bot.mode = mode
                self._audit(session, actor, "telegram.bot_mode", bot)
            if enabled is not None and enabled != bot.enabled:
                bot.enabled = enabled
                bot.last_error = None
                self._audit(session, actor, "telegram.bot_start" if enabled else "telegram.bot_stop", bot)
            return bot

        await self._db.write(save)
        await self._changed(bot_id)
        return await self._now(bot_id)

    async def verify(self, actor: Actor, bot_id: str) -> BotView:
        """Ask Telegram whether the token is still good, and take over a changed name."""
        actor.require(Permission.TELEGRAM_MANAGE)
        kept = await self._db.read(lambda session: _access(session, bot_id))
        me = await self._me(self._vault.decrypt(kept.token))

        def save(session: Session) -> None:
            bot = _access(session, bot_id, lock=True)
            bot.username, bot.name, bot.reads_all = me.username, me.first_name, me.can_read_all_group_messages
            bot.verified_at = self._clock.now()

        await self._db.write(save)
        return await self._now(bot_id)

    async def remove(self, actor: Actor, bot_id: str) -> None:
        """Forget a bot with its chats and sends; at Telegram it stays what it is."""
        actor.require(Permission.TELEGRAM_MANAGE)

        def save(session: Session) -> Bot:
            bot = _access(session, bot_id, lock=True)
            self._audit(session, actor, "telegram.bot_remove", bot)
            session.execute(delete(Bot).where(Bot.id == bot_id))
            return bot

        bot = await self._db.write(save)
        with contextlib.suppress(TelegramFault):
            if bot.mode == BotMode.WEBHOOK:
                await self._api.call(self._vault.decrypt(bot.token), "deleteWebhook", {}, trial=bot.trial)
        await self._changed(bot_id)

    async def bots(self, actor: Actor) -> list[BotView]:
        """Return every bot, the oldest first."""
        actor.require(Permission.TELEGRAM_READ)
        return await self._db.read(self._views)

    async def bot(self, actor: Actor, bot_id: str) -> BotView:
        """Return one bot."""
        actor.require(Permission.TELEGRAM_READ)
        return await self._now(bot_id)

    async def chats(
        self, actor: Actor, *, bot_id: str | None = None, after: str = "", limit: int = 1_000
    ) -> tuple[list[ChatView], str | None]:
        """Return the chats that bots have seen, the latest first, and the cursor of the next page."""
        actor.require(Permission.TELEGRAM_READ)
        last = place_at(after, ChatPlace, field="cursor")

        def read(session: Session) -> tuple[list[ChatView], str | None]:
            statement = select(Chat).order_by(Chat.seen_at.desc(), Chat.chat_id, Chat.bot_id).limit(limit + 1)
            if bot_id is not None:
                statement = statement.where(Chat.bot_id == bot_id)
            if last is not None:
                statement = statement.where(_behind(last))
            found = list(session.scalars(statement))
            rows = found[:limit]
            topics: dict[int, list[TopicView]] = {}
            wanted = {row.chat_id for row in rows if row.forum}
            for topic in session.scalars(select(Topic).where(Topic.chat_id.in_(wanted)).order_by(Topic.thread_id)):
                topics.setdefault(topic.chat_id, []).append(TopicView(topic.thread_id, topic.name, topic.closed))
            following = None
            if len(found) > limit:
                seen = (rows[-1].seen_at - _EPOCH) // timedelta(microseconds=1)
                following = cursor(ChatPlace(seen, rows[-1].chat_id, rows[-1].bot_id))
            return [_chat_view(row, topics.get(row.chat_id, [])) for row in rows], following

        return await self._db.read(read)

    async def share(self, actor: Actor, chat_id: int, *, shared: bool) -> None:
        """Budget a group over all bots together, or over each alone."""
        actor.require(Permission.TELEGRAM_MANAGE)

        def save(session: Session) -> list[str]:
            rows = list(session.scalars(select(Chat).where(Chat.chat_id == chat_id)))
            if not rows:
                raise ChatMissing(chat_id)
            for row in rows:
                row.shared = shared
            return [row.bot_id for row in rows]

        for bot_id in await self._db.write(save):
            await self._changed(bot_id)

    async def webhook(self, bot_id: str, secret: str | None) -> str:
        """Return the id of the bot whose webhook is called, if the secret is right."""
        found = await self._db.read(lambda session: session.get(Bot, bot_id))
        known = self._vault.decrypt(found.webhook_secret) if found is not None else ""
        right = secrets.compare_digest((secret or "").encode(), known.encode())
        if found is None or not right or found.mode != BotMode.WEBHOOK or not found.enabled:
            raise WebhookRefused
        return found.id

    async def _now(self, bot_id: str) -> BotView:
        found = await self._db.read(lambda session: self._views(session, bot_id))
        if not found:
            raise BotMissing(bot_id)
        return found[0]

    async def _me(self, token: str) -> "_Me":
        try:
            answer = await self._api.call(token, "getMe", {}, trial=self._is_trial(token), seconds=_VERIFY_SECONDS)
        except Unauthorized:
            raise TokenWrong from None
        except TelegramFault as fault:
            raise TelegramAway(fault.reason) from None
        try:
            return msgspec.convert(answer, _Me)
        except msgspec.ValidationError:
            raise TelegramAway(Trouble.ODD_ANSWER.of("getMe")) from None

    async def _set_webhook(self, bot: Bot, token: str) -> None:
        """See whether Telegram takes the webhook; the process that runs the bot keeps it set, or removes it to poll."""
        try:
            await set_webhook(
                self._api,
                Identity(bot.id, token, bot.trial),
                public_url=self._public_url,
                secret=self._vault.decrypt(bot.webhook_secret),
            )
        except TelegramFault as fault:
            raise TelegramAway(fault.reason) from None

    def _require_address(self, mode: BotMode) -> None:
        if mode == BotMode.WEBHOOK and not self._public_url:
            raise WebhookNeedsAddress

    async def _changed(self, bot_id: str) -> None:
        await self._bus.publish(BOTS_CHANNEL, msgspec.json.encode(BotsChanged(bot_id)))

    def _views(self, session: Session, bot_id: str | None = None) -> list[BotView]:
        now = self._clock.now()
        statement = select(Bot).order_by(Bot.id)
        waiting = Send.state.in_((SendState.QUEUED, SendState.SENDING, SendState.MAYBE_SENT))
        lately = (Send.state == SendState.SENT) & (Send.id >= first_id(now - timedelta(days=1)))
        counted = select(Send.bot_id, Send.state, func.count()).group_by(Send.bot_id, Send.state)
        if bot_id is not None:
            statement, counted = statement.where(Bot.id == bot_id), counted.where(Send.bot_id == bot_id)
        counts: dict[tuple[str, str], int] = {}
        for which in (waiting, lately):  # one after the other, each by its index
            for owner, state, count in session.execute(counted.where(which)):
                counts[owner, state] = count
        return [_bot_view(row, counts, now) for row in session.scalars(statement)]

    def _audit(self, session: Session, actor: Actor, action: str, bot: Bot) -> None:
        AuditRepository(session).note(actor, action, bot.username, at=self._clock.now(), bot=bot.id)


class _Me(msgspec.Struct):
    id: int
    first_name: str
    username: str
    can_read_all_group_messages: bool = False


def _access(session: Session, bot_id: str, *, lock: bool = False) -> Bot:
    bot = session.get(Bot, bot_id, with_for_update=lock)
    if bot is None:
        raise BotMissing(bot_id)
    return bot


def _bot_view(row: Bot, counts: dict[tuple[str, str], int], now: datetime) -> BotView:
    waiting = counts.get((row.id, SendState.QUEUED), 0) + counts.get((row.id, SendState.SENDING), 0)
    return BotView(
        id=row.id,
        telegram_id=row.telegram_id,
        username=row.username,
        name=row.name,
        trial=row.trial,
        mode=row.mode,
        enabled=row.enabled,
        running=row.enabled and row.owner_until is not None and row.owner_until >= now,
        reads_all=row.reads_all,
        queued=waiting,
        maybe_sent=counts.get((row.id, SendState.MAYBE_SENT), 0),
        sent=counts.get((row.id, SendState.SENT), 0),
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        verified_at=row.verified_at,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _behind(place: ChatPlace) -> ColumnElement[bool]:
    seen = _EPOCH + timedelta(microseconds=place.seen)
    same_chat = and_(Chat.chat_id == place.chat_id, Chat.bot_id > place.bot_id)
    return or_(Chat.seen_at < seen, and_(Chat.seen_at == seen, or_(Chat.chat_id > place.chat_id, same_chat)))


def _chat_view(row: Chat, topics: list[TopicView]) -> ChatView:
    return ChatView(
        row.bot_id, row.chat_id, row.kind, row.title, row.username, row.forum, row.status, row.rights, row.shared,
        row.moved_to, row.seen_at, tuple(topics),
    )  # fmt: skip

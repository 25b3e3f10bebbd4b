"""Orders to say something on Telegram become rows of the outbox; what stands in it can be led on by an operator."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.accounts.repository import AuditRepository
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.cursors import cursor, place_in
from meydan.platform.db import Database
from meydan.platform.errors import InvalidInput, Unavailable
from meydan.platform.gather import Gatherer
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings
from meydan.telegram.directory import Directory, Place
from meydan.telegram.errors import (
    BotMissing,
    MediaMissing,
    RequestKeyReused,
    SendMissing,
    SendNotInState,
    TextTooLong,
)
from meydan.telegram.events import BOTS_CHANNEL, OUTBOX_CHANNEL, Queued, SendKey
from meydan.telegram.fair import best_of
from meydan.telegram.journal import Journal
from meydan.telegram.limiter import Limiter
from meydan.telegram.limits import Ask
from meydan.telegram.models import Chat, Media, Send, SendState
from meydan.telegram.order_parts import cancel, go_on, requeue, retry
from meydan.telegram.orders import CAPTION_LIMIT, TEXT_LIMIT, Order, Priority, in_parts, parts_of
from meydan.telegram.outbox_pages import SendOrder, SendPlace, page_of, standing
from meydan.telegram.outbox_repository import SendRow
from meydan.telegram.send_views import SendView, view_of, view_of_row, with_eta
from meydan.telegram.settings import TelegramSettings

_PREVIEW: Final = 200

Move = Callable[[Session, Send, datetime], list[Send]]
"""Moves a send, and what goes with it, to another state; returns what it has moved."""


class Decision(StrEnum):
    """What an operator makes of a send that may have happened."""

    SENT = "sent"
    AGAIN = "again"
    FAILED = "failed"


class OutboxService:
    """Every rule about sends."""

    def __init__(
        self, *, db: Database, bus: Bus, clock: Clock, live: LiveSettings, journal: Journal, limiter: Limiter
    ) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._live = live
        self._journal = journal
        self._limiter = limiter
        self._directory = Directory(db, clock)
        self._announcer = Gatherer[SendKey](self._publish)
        self._last_used: dict[str, float] = {}

    async def start(self) -> None:
        """Hear of it when bots or their chats change."""
        await self._bus.subscribe(BOTS_CHANNEL, lambda _: self._directory.forget(), resync=self._directory.forget)

    async def send(self, actor: Actor, order: Order) -> list[SendView]:
        """Queue what `order` says, in as many parts as it needs, and return them in order."""
        actor.require(Permission.TELEGRAM_SEND)
        parts = parts_of(order)
        chat = await self._directory.place(order.bot_ids, order.chat_id)
        if (media_id := order.media) is not None:
            await self._db.read(lambda session: _require_media(session, actor, media_id))
        bot_id = await self._choose(chat)
        await self._directory.reserve(bot_id, len(parts), limit=self._live.current(TelegramSettings).queue_limit)
        now = self._clock.now()
        key = None if order.request_key is None else _own_key(actor, order.request_key)
        ids = [new_id(self._clock) for _ in parts]
        rows = [
            SendRow(
                id=ids[number],
                bot_id=bot_id,
                chat_id=chat.chat_id,
                is_group=chat.chat_id < 0,
                shared=chat.shared,
                method=method,
                params=params,
                preview=preview[:_PREVIEW],
                media_id=order.media if number == 0 else None,
                edits=None,
                priority=int(order.priority),
                cost=1,
                state=SendState.QUEUED,
                request_key=key if number == 0 else None,
                created_by=actor.id,
                created_at=now,
                not_before=order.not_before,
                deadline=order.deadline,
                attempts=0,
                part_of=ids[0] if len(parts) > 1 else None,
            )
            for number, (method, params, preview) in enumerate(parts)
        ]
        try:
            known = await self._journal.insert(rows)
        except IntegrityError:
            raise BotMissing(bot_id) from None  # it was removed a moment ago
        if known:
            return await self._repeated(next(iter(known.values())), rows, bots=chat.bots)
        await self._announce(rows)
        return [view_of_row(row, chat.title) for row in rows]

    async def change(self, actor: Actor, send_id: str, *, text: str, parse_mode: str | None = None) -> list[SendView]:
        """Give a message another text: where it stands while it is queued; later edits that wait become one."""
        actor.require(Permission.TELEGRAM_SEND)
        if not text.strip():
            raise InvalidInput(field="text", reason="empty")

        def save(session: Session) -> tuple[Send, bool]:
            target = _access(session, send_id, lock=True)  # else it might be claimed with the old text meanwhile
            self._permit(session, actor, target, "edit")
            if target.method not in ("sendMessage", "sendPhoto", "sendVoice", "sendDocument"):
                raise SendNotInState(send_id, target.method)
            limit = TEXT_LIMIT if target.method == "sendMessage" else CAPTION_LIMIT
            if len(in_parts(text, parse_mode, limit)) > 1:
                raise TextTooLong(length=len(text), limit=limit)
            if target.state in (SendState.QUEUED, SendState.STOPPED):
                _retext(target, text, parse_mode)
                return target, True
            waiting = session.scalar(
                select(Send)
                .where(Send.edits == send_id, Send.state == SendState.QUEUED, Send.method.like("edit%"))
                .with_for_update()
            )
            if waiting is not None:
                _retext(waiting, text, parse_mode)
                return waiting, True
            if target.state not in (SendState.SENT, SendState.SENDING):
                raise SendNotInState(send_id, target.state)
            return target, False

        target, done = await self._db.write(save)
        if done:
            return [view_of(target, None)]
        caption = target.method != "sendMessage"
        kept = ("reply_markup",) if caption else ("reply_markup", "link_preview_options")
        # What an edit does not say again, Telegram takes away.
        params: dict[str, Any] = {name: target.params[name] for name in kept if name in target.params}
        params["caption" if caption else "text"] = text
        if parse_mode is not None:
            params["parse_mode"] = parse_mode
        method = "editMessageCaption" if caption else "editMessageText"
        return [await self._follow(actor, target, method, params, preview=text)]

    async def erase(self, actor: Actor, send_id: str) -> SendView:
        """Take back a message: before it was sent by cancelling it, after that by deleting it at Telegram."""
        actor.require(Permission.TELEGRAM_SEND)
        state = (await self._db.read(lambda session: _access(session, send_id))).state
        if state in (SendState.QUEUED, SendState.STOPPED):
            return await self.cancel(actor, send_id)
        target = await self._sent(actor, send_id, "erase")
        return await self._follow(actor, target, "deleteMessage", {}, preview=target.preview)

    async def pin(self, actor: Actor, send_id: str) -> SendView:
        """Pin a message that was sent."""
        actor.require(Permission.TELEGRAM_SEND)
        target = await self._sent(actor, send_id, "pin")
        return await self._follow(
            actor, target, "pinChatMessage", {"disable_notification": True}, preview=target.preview
        )

    async def get(self, actor: Actor, send_id: str) -> SendView:
        """Return one send."""
        actor.require(Permission.TELEGRAM_READ)

        def read(session: Session) -> SendView:
            row = _access(session, send_id)
            chat = session.get(Chat, (row.bot_id, row.chat_id))
            return view_of(row, chat.title if chat is not None else None)

        return (await self._with_etas([await self._db.read(read)]))[0]

    async def page(
        self,
        actor: Actor,
        *,
        state: SendState | None = None,
        bot_id: str | None = None,
        chat_id: int | None = None,
        order: SendOrder = SendOrder.NEWEST,
        after: str = "",
        limit: int = 50,
    ) -> tuple[list[SendView], str | None]:
        """Return sends in `order`, and the cursor of the next page; raise `CursorInvalid` when `after` is another's."""
        actor.require(Permission.TELEGRAM_READ)
        last = place_in(order, after, SendPlace)

        def read(session: Session) -> tuple[list[SendView], str | None]:
            rows = page_of(
                session, order=order, state=state, bot_id=bot_id, chat_id=chat_id, after=last, limit=limit + 1
            )
            views = [view_of(row, title) for row, title in rows[:limit]]
            more = len(rows) > limit
            return views, cursor(SendPlace(order, views[-1].id, Priority(views[-1].priority))) if more else None

        views, following = await self._db.read(read)
        return await self._with_etas(views), following

    async def counts(self, actor: Actor) -> dict[SendState, int]:
        """Return how many sends stand in each state."""
        actor.require(Permission.TELEGRAM_READ)

        def read(session: Session) -> dict[SendState, int]:
            counted = session.execute(select(Send.state, func.count()).group_by(Send.state))
            found = {row[0]: row[1] for row in counted}
            return {state: found.get(state, 0) for state in SendState}

        return await self._db.read(read)

    async def cancel(self, actor: Actor, send_id: str) -> SendView:
        """Take a send out of the queue, and whatever of its order was to follow it."""
        from_ = (SendState.QUEUED, SendState.STOPPED)
        return await self._lead(actor, send_id, cancel, from_=from_, action="cancel")

    async def retry(self, actor: Actor, send_id: str) -> SendView:
        """Queue a send again that failed, expired, stopped or was cancelled, and its order goes on with it.

        A deadline that has passed is dropped.
        """
        from_ = (SendState.FAILED, SendState.EXPIRED, SendState.CANCELLED, SendState.STOPPED)
        return await self._lead(actor, send_id, retry, from_=from_, action="retry")

    async def decide(self, actor: Actor, send_id: str, decision: Decision) -> SendView:
        """Settle what became of a send of which nobody knows whether it happened."""
        actor.require(Permission.TELEGRAM_MANAGE)

        def settle(session: Session, row: Send, now: datetime) -> list[Send]:
            if decision is Decision.AGAIN:
                requeue(row, now)
            else:
                row.state = SendState.SENT if decision is Decision.SENT else SendState.FAILED
                row.finished_at = now
            return [row, *(go_on(session, [row.part_of]) if row.part_of is not None else ())]

        return await self._lead(actor, send_id, settle, from_=(SendState.MAYBE_SENT,), action=f"decide_{decision}")

    # -- inside ----------------------------------------------------------------------------------------------------

    def _permit(self, session: Session, actor: Actor, row: Send, action: str) -> None:
        """Raise unless the actor may lead this send on; that it was another's is written into the audit log."""
        if row.created_by != actor.id:
            actor.require(Permission.TELEGRAM_MANAGE)
            AuditRepository(session).note(
                actor, f"telegram.send_{action}", row.id, at=self._clock.now(), by=row.created_by
            )

    async def _sent(self, actor: Actor, send_id: str, action: str) -> Send:
        """Return a send that has arrived, for something to be done with its message."""

        def save(session: Session) -> Send:
            row = _access(session, send_id)
            self._permit(session, actor, row, action)
            if row.state != SendState.SENT:
                raise SendNotInState(send_id, row.state)
            return row

        return await self._db.write(save)

    async def _follow(
        self, actor: Actor, target: Send, method: str, params: dict[str, Any], *, preview: str
    ) -> SendView:
        """Queue a request that concerns the message of an earlier send, by the same bot."""
        row = SendRow(
            new_id(self._clock), target.bot_id, target.chat_id, target.is_group, target.shared, method, params,
            preview[:_PREVIEW], None, target.id, target.priority, 1, SendState.QUEUED, None, actor.id,
            self._clock.now(), None, None, 0,
        )  # fmt: skip
        await self._journal.insert([row])
        await self._announce([row])
        return view_of_row(row, None)

    async def _repeated(self, original: str, rows: Sequence[SendRow], *, bots: Sequence[str]) -> list[SendView]:
        """Return the sends of an order that was given before under the same request key, if it said the same."""
        order = rows[0]

        def read(session: Session) -> list[SendView]:
            first = _access(session, original)
            same = (first.method, first.params, first.chat_id, first.media_id)
            if first.bot_id not in bots or same != (order.method, order.params, order.chat_id, order.media_id):
                raise RequestKeyReused(original)
            parts = [first]
            if first.part_of is not None:
                of_it = select(Send).where(Send.part_of == first.part_of).order_by(Send.id)
                parts = list(session.scalars(of_it))
            chat = session.get(Chat, (first.bot_id, first.chat_id))
            return [view_of(part, chat.title if chat is not None else None) for part in parts]

        return await self._with_etas(await self._db.read(read))

    async def _choose(self, place: Place) -> str:
        """Return the bot that can speak first."""
        bots = place.bots
        if len(bots) == 1:
            return bots[0]
        waiting = await self._db.read(lambda session: _waiting(session, bots, place.chat_id))
        asks = [Ask(bot_id, place.chat_id, group=place.chat_id < 0, shared=place.shared) for bot_id in bots]
        ahead = [waiting.get(bot_id, 0) for bot_id in bots]
        try:
            etas = await self._limiter.outlook(asks, ahead=ahead)
        except Unavailable:  # nothing is sent meanwhile, but everything is taken
            etas = [float(number) for number in ahead]
        chosen = best_of(bots, etas, last_used=self._last_used)
        self._last_used[chosen] = self._clock.monotonic()
        return chosen

    async def _announce(self, rows: Sequence[SendRow]) -> None:
        await self._announcer.add([_key(row) for row in rows])

    async def _publish(self, keys: list[SendKey]) -> None:
        await self._bus.publish(OUTBOX_CHANNEL, msgspec.json.encode(Queued(keys=tuple(keys))))

    async def _lead(
        self, actor: Actor, send_id: str, move: Move, *, from_: tuple[SendState, ...], action: str
    ) -> SendView:
        """Move a send, and what goes with it, if it stands in a state that allows it."""
        actor.require(Permission.TELEGRAM_SEND)
        now = self._clock.now()

        def save(session: Session) -> tuple[Send, list[Send]]:
            row = _access(session, send_id, lock=True)
            if row.created_by != actor.id:
                actor.require(Permission.TELEGRAM_MANAGE)
            if row.state not in from_:
                raise SendNotInState(send_id, row.state)
            moved = move(session, row, now)
            AuditRepository(session).note(actor, f"telegram.send_{action}", send_id, at=now)
            return row, moved

        row, moved = await self._db.write(save)
        queued = tuple(_key(one) for one in moved if one.state == SendState.QUEUED)
        gone = tuple(one.id for one in moved if one.state == SendState.CANCELLED)
        if queued or gone:
            await self._bus.publish(OUTBOX_CHANNEL, msgspec.json.encode(Queued(keys=queued, gone=gone)))
        return view_of(row, None)

    async def _with_etas(self, views: list[SendView]) -> list[SendView]:
        """Add to queued sends when they should leave, going by how many of their lane stand before them."""
        now = self._clock.now()
        queued = [view for view in views if view.state == SendState.QUEUED]
        planned = {
            view.id: (view.not_before - now).total_seconds()
            for view in queued
            if view.not_before is not None and view.not_before > now
        }
        waiting = [view.id for view in queued if view.id not in planned]
        places = await self._db.read(lambda session: standing(session, waiting, now)) if waiting else []
        try:
            etas = await self._limiter.outlook([ask for _, ask, _ in places], ahead=[ahead for _, _, ahead in places])
        except Unavailable:
            return views
        by_id = planned | {id_: eta for (id_, _, _), eta in zip(places, etas, strict=True)}
        return [with_eta(view, by_id) for view in views]


def _waiting(session: Session, bots: Sequence[str], chat_id: int) -> dict[str, int]:
    """Return how many sends bots have queued for a chat."""
    counted = (
        select(Send.bot_id, func.count())
        .where(Send.bot_id.in_(bots), Send.chat_id == chat_id, Send.state == SendState.QUEUED)
        .group_by(Send.bot_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def _own_key(actor: Actor, request_key: str) -> str:
    """Return what a request key is stored as: somebody else's key of the same name is another one."""
    return hashlib.sha256(f"{actor.id}\n{request_key}".encode()).hexdigest()


def _require_media(session: Session, actor: Actor, media_id: str) -> None:
    """Raise `MediaMissing` unless the actor has uploaded this file; nobody sends another's."""
    if session.scalar(select(Media.id).where(Media.id == media_id, Media.created_by == actor.id)) is None:
        raise MediaMissing(media_id)


def _retext(row: Send, text: str, parse_mode: str | None) -> None:
    """Give a queued send another text."""
    field = "text" if "text" in row.params else "caption"
    params = {**row.params, field: text}
    params.pop("parse_mode", None)
    if parse_mode is not None:
        params["parse_mode"] = parse_mode
    row.params, row.preview = params, text[:_PREVIEW]


def _access(session: Session, send_id: str, *, lock: bool = False) -> Send:
    row = session.get(Send, send_id, with_for_update=lock)
    if row is None:
        raise SendMissing(send_id)
    return row


def _key(row: SendRow | Send) -> SendKey:
    return SendKey(
        row.id, row.bot_id, row.chat_id, row.is_group, row.shared, row.priority, row.cost,
        None if row.not_before is None else row.not_before.timestamp(),
        None if row.deadline is None else row.deadline.timestamp(),
    )  # fmt: skip

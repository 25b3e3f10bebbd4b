"""Hands messages to handlers: one chat after the other in order, different chats side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

import structlog
from telethon import events, types, utils

from meydan.platform.clock import Clock
from meydan.telegram.client.gaps import COMMON, Gaps
from meydan.telegram.client.seam import Telethon

log = structlog.get_logger(__name__)
T = TypeVar("T")

MessageHandler = Callable[[types.Message], Awaitable[None]]
"""Takes a message of Telethon: `chat_id`, `sender_id`, `text`, `reply_to_msg_id` and the rest."""

_NEW: Final = (types.UpdateNewMessage, types.UpdateNewChannelMessage)


_LONGEST: Final = 10_000
"""As many messages of one chat may wait for the handlers."""


class _Handler(NamedTuple):
    call: MessageHandler
    outgoing: bool


class _Rows(Generic[T]):
    """Does `work` on what is put under a key: one after the other, different keys side by side."""

    def __init__(self, work: Callable[[int, T], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[int, deque[T]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}

    def length(self, key: int) -> int:
        """Return how many wait in the row of `key`."""
        return len(self._waiting.get(key, ()))

    def put(self, key: int, item: T) -> None:
        """Add to the row of `key`."""
        row = self._waiting.setdefault(key, deque())
        row.append(item)
        if key not in self._workers:
            self._workers[key] = asyncio.create_task(self._serve(key, row), name="telegram-inbox")

    async def close(self) -> None:
        """Drop what waits and cancel what is at work, except the task that asks for this."""
        for row in self._waiting.values():
            row.clear()
        workers = [task for task in self._workers.values() if task is not asyncio.current_task()]
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _serve(self, key: int, row: deque[T]) -> None:
        try:
            while row:
                await self._work(key, row.popleft())
                await asyncio.sleep(0)  # whoever is next in this message's way goes on before a thousand more come
        finally:
            del self._waiting[key], self._workers[key]


class Inbox:
    """The handlers of one client, and what waits for them.

    A message takes its place in the order of its box, by its number, and then its turn in its chat.

    `whole`: whether this account sees every message of its supergroups, so that a jumped number is a lost message; a
    bot is shown only some.
    """

    def __init__(
        self, fetch: Callable[[int, Sequence[int]], Awaitable[Sequence[Any]]], clock: Clock, *, whole: bool
    ) -> None:
        self.whole = whole
        self._gaps = Gaps(fetch, self._ordered)
        self._clock = clock
        self._handlers: list[_Handler] = []
        self._boxes = _Rows[Any](self._order)
        self._chats = _Rows[Any](self._deliver)
        self._full: set[int] = set()
        self.received = 0
        self.dropped = 0
        self.last_received: datetime | None = None
        self.failures = 0

    @property
    def gaps(self) -> Gaps:
        """What was missing and was found."""
        return self._gaps

    def add(self, handler: MessageHandler, *, outgoing: bool) -> None:
        """Call `handler` with what comes in; with `outgoing` also with what other devices of the account sent."""
        self._handlers.append(_Handler(handler, outgoing))

    def remove(self, handler: MessageHandler) -> None:
        """Call `handler` no longer; nothing happens if it is not called anyway."""
        self._handlers = [kept for kept in self._handlers if kept.call != handler]

    def listen(self, client: Telethon) -> None:
        """Take the messages of a client."""
        client.add_event_handler(self._on_message, events.NewMessage())
        client.add_event_handler(self._on_update, events.Raw(_NEW))

    def skip(self, peer: Any, number: int) -> None:
        """Take note of the number of an own send."""
        self._boxes.put(box_of(peer), number)

    async def close(self) -> None:
        """Stop; handlers that are at work are cancelled, except the one that asked for this."""
        await self._boxes.close()
        await self._chats.close()

    async def _on_message(self, event: Any) -> None:
        self._boxes.put(box_of(event.message.peer_id), event.message)

    async def _on_update(self, update: Any) -> None:
        if isinstance(update.message, types.MessageService):
            self._boxes.put(box_of(update.message.peer_id), update.message.id)

    async def _order(self, box: int, item: Any) -> None:
        if isinstance(item, int):
            self._gaps.skip(box, item)
        elif self.whole or box == COMMON:
            await self._gaps.take(box, item)
        else:
            await self._ordered(item)

    async def _ordered(self, message: Any) -> None:
        """Have a message wait for its turn in its chat, unless far too many do."""
        self.received += 1
        self.last_received = self._clock.now()
        chat = utils.get_peer_id(message.peer_id)
        if self._chats.length(chat) < _LONGEST:
            self._full.discard(chat)
            self._chats.put(chat, message)
            return
        self.dropped += 1
        if chat not in self._full:
            self._full.add(chat)
            log.error("telegram.handlers_too_slow", waiting=_LONGEST)

    async def _deliver(self, _chat: int, message: Any) -> None:
        outgoing = bool(getattr(message, "out", False))
        for handler in tuple(self._handlers):
            if outgoing and not handler.outgoing:
                continue
            try:
                await handler.call(message)
            except Exception as error:  # noqa: BLE001  # somebody else's code must not stop the client
                self.failures += 1
                # No traceback: it could quote the message.
                log.error("telegram.handler_failed", error=type(error).__name__, where=_where(error))


def box_of(peer: Any) -> int:
    """Return the box in which the messages of a peer are numbered."""
    if isinstance(peer, (types.PeerChannel, types.InputPeerChannel)):
        return int(utils.get_peer_id(peer))
    return COMMON


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""

"""Hands messages to handlers: one chat after the other in order, different chats side by side."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog
from telethon import events, types, utils

from meydan.platform.clock import Clock
from meydan.telegram.client.gaps import COMMON, Gaps, Numbered
from meydan.telegram.client.seam import Telethon

log = structlog.get_logger(__name__)

MessageHandler = Callable[[types.Message], Awaitable[None]]
"""Takes a message of Telethon: `chat_id`, `sender_id`, `text`, `reply_to_msg_id` and the rest."""

_NEW: Final = (types.UpdateNewMessage, types.UpdateNewChannelMessage)


class _Handler(NamedTuple):
    call: MessageHandler
    outgoing: bool


class Inbox:
    """The handlers of one client, and what waits for them.

    `whole`: whether this account sees every message of its supergroups, so that a jumped number is a lost message; a
    bot is shown only some.
    """

    def __init__(
        self, fetch: Callable[[int, Sequence[int]], Awaitable[Sequence[Any]]], clock: Clock, *, whole: bool
    ) -> None:
        self.whole = whole
        self._gaps = Gaps(fetch, self._deliver)
        self._clock = clock
        self._handlers: list[_Handler] = []
        self._waiting: defaultdict[int, deque[Any]] = defaultdict(deque)
        self._workers: dict[int, asyncio.Task[None]] = {}
        self.received = 0
        self.last_received: datetime | None = None
        self.failures = 0

    @property
    def gaps(self) -> Gaps:
        """What was missing and was found."""
        return self._gaps

    def add(self, handler: MessageHandler, *, outgoing: bool) -> None:
        """Call `handler` with what comes in; with `outgoing` also with what other devices of the account sent."""
        self._handlers.append(_Handler(handler, outgoing))

    def listen(self, client: Telethon) -> None:
        """Take the messages of a client."""
        client.add_event_handler(self._on_message, events.NewMessage())
        client.add_event_handler(self._on_update, events.Raw(_NEW))

    def skip(self, peer: Any, number: int) -> None:
        """Take note of the number of an own send."""
        self._put(box_of(peer), number)

    async def close(self) -> None:
        """Stop; handlers that are at work are cancelled, except the one that asked for this."""
        workers = [task for task in self._workers.values() if task is not asyncio.current_task()]
        self._waiting.clear()
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _on_message(self, event: Any) -> None:
        self._put(box_of(event.message.peer_id), event.message)

    async def _on_update(self, update: Any) -> None:
        if isinstance(update.message, types.MessageService):
            self._put(box_of(update.message.peer_id), update.message.id)

    def _put(self, box: int, item: Any) -> None:
        self._waiting[box].append(item)
        if box not in self._workers:
            self._workers[box] = asyncio.create_task(self._work(box), name="telegram-inbox")

    async def _work(self, box: int) -> None:
        try:
            while waiting := self._waiting[box]:
                item = waiting.popleft()
                if isinstance(item, int):
                    self._gaps.skip(box, item)
                elif self.whole or box == COMMON:
                    await self._gaps.take(box, item)
                else:
                    await self._deliver(item)
        finally:
            self._waiting.pop(box, None)
            del self._workers[box]

    async def _deliver(self, message: Numbered) -> None:
        self.received += 1
        self.last_received = self._clock.now()
        outgoing = bool(getattr(message, "out", False))
        for handler in tuple(self._handlers):
            if outgoing and not handler.outgoing:
                continue
            try:
                await handler.call(message)
            except Exception as error:  # noqa: BLE001  # somebody else's code must not stop the reading
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

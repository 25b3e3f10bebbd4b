"""Brings the messages of each chat in order, each once, and asks for those that never came.

Telegram numbers messages without holes: in each supergroup or channel, and for each account over all its other chats
together, which is box 0 here. A number that was jumped over is asked for; what has no answer was deleted, or is a line
of the service.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

log = structlog.get_logger(__name__)

COMMON: Final = 0
"""The box of all chats that are neither supergroup nor channel."""

_ASKED_AT_ONCE: Final = 500
_REMEMBERED: Final = 5_000


class Numbered(Protocol):
    """What has a number in its box."""

    @property
    def id(self) -> int:
        """The number."""
        ...


Fetch = Callable[[int, Sequence[int]], Awaitable[Sequence[Numbered]]]
Deliver = Callable[[Numbered], Awaitable[None]]


@dataclass
class _Box:
    floor: int
    last: int
    taken: set[int] = field(default_factory=set)  # above `last`, and of no interest
    open: set[int] = field(default_factory=set)  # up to `last`, neither delivered nor known to be gone


class Gaps:
    """What has been delivered of each box; calls for one box must not overlap.

    `fetch` returns those of the numbers of a box that are messages, in any order.
    """

    def __init__(self, fetch: Fetch, deliver: Deliver, *, asked_at_once: int = _ASKED_AT_ONCE) -> None:
        self._fetch = fetch
        self._deliver = deliver
        self._asked_at_once = asked_at_once
        self._boxes: dict[int, _Box] = {}
        self.filled = 0
        self.given_up = 0
        self.repeated = 0

    async def take(self, box: int, message: Numbered) -> None:
        """Deliver a message, before it those that are missing, and nothing twice."""
        kept = self._boxes.get(box)
        if kept is None:  # what came before the first one is not known to be missing
            self._boxes[box] = _Box(floor=message.id, last=message.id)
        elif message.id > kept.last:
            await self._fill(box, kept, message.id)
        elif message.id in kept.open:
            kept.open.remove(message.id)
        elif message.id < kept.floor:  # overtaken by the first one
            kept.open.update(range(max(message.id + 1, kept.floor - _REMEMBERED), kept.floor))
            kept.floor = message.id
        else:
            self.repeated += 1
            return
        await self._deliver(message)

    def skip(self, box: int, number: int) -> None:
        """Take note that a number is in use and of no interest: an own send, or a line of the service."""
        kept = self._boxes.get(box)
        if kept is None:
            self._boxes[box] = _Box(floor=number, last=number)
        elif number > kept.last:
            kept.taken.add(number)
            while kept.last + 1 in kept.taken:
                kept.last += 1
                kept.taken.remove(kept.last)
            if len(kept.taken) > 2 * _REMEMBERED:
                kept.taken = {one for one in kept.taken if one > number - _REMEMBERED}
        else:
            kept.open.discard(number)

    async def _fill(self, box: int, kept: _Box, number: int) -> None:
        first = max(kept.last + 1, number - _REMEMBERED)
        missing = [one for one in range(first, number) if one not in kept.taken]
        given_up, asked = missing[: -self._asked_at_once], missing[-self._asked_at_once :]
        self.given_up += first - kept.last - 1
        kept.taken = {one for one in kept.taken if one > number}
        kept.open = {one for one in kept.open if one >= number - _REMEMBERED}
        kept.last = number
        found: Sequence[Numbered] = ()
        if asked:
            try:
                found = await self._fetch(box, asked)
            except Exception as error:  # noqa: BLE001  # whatever it was, what did come is delivered
                log.warning("telegram.gap_open", box=box, missing=len(asked), error=type(error).__name__)
                given_up = missing
        kept.open.update(given_up)
        self.given_up += len(given_up)
        for message in sorted(found, key=lambda one: one.id):
            self.filled += 1
            await self._deliver(message)

"""Word between nodes: publish bytes on a channel, every subscriber of the channel gets them, the publisher's too.

The bus carries hints and may lose them; whoever needs certainty reads the database when `resync` is called.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

Handler = Callable[[bytes], None]


@dataclass(frozen=True, eq=False)
class Subscription:
    """One handler on one channel; `resync` is called when messages may have been missed."""

    channel: str
    handler: Handler
    resync: Callable[[], None] = field(default=lambda: None)


class Bus(Protocol):
    """Publish and subscribe. Handlers run on the event loop and must not block.

    `shared` tells whether other processes may be listening: what only they need to hear is not said when it is false.
    """

    shared: bool

    async def publish(self, channel: str, message: bytes) -> None:
        """Hand `message` to every subscriber of `channel` on every node; never raises when the bus is away."""
        ...

    async def subscribe(
        self, channel: str, handler: Handler, *, resync: Callable[[], None] = lambda: None
    ) -> Subscription:
        """Call `handler` for every message from now on."""
        ...

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Stop calling its handler."""
        ...

    async def close(self) -> None:
        """Let go of connections and tasks."""
        ...


class MemoryBus:
    """The bus of a single process."""

    shared = False

    def __init__(self) -> None:
        self._channels: defaultdict[str, list[Subscription]] = defaultdict(list)

    async def publish(self, channel: str, message: bytes) -> None:
        """Call the handlers soon, in the order of their subscription."""
        loop = asyncio.get_running_loop()
        for subscription in self._channels.get(channel, ()):
            loop.call_soon(subscription.handler, message)

    async def subscribe(
        self, channel: str, handler: Handler, *, resync: Callable[[], None] = lambda: None
    ) -> Subscription:
        """Add `handler`."""
        subscription = Subscription(channel, handler, resync)
        self._channels[channel].append(subscription)
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Remove the handler; a second call does nothing."""
        with contextlib.suppress(ValueError):
            self._channels[subscription.channel].remove(subscription)
        if not self._channels[subscription.channel]:
            del self._channels[subscription.channel]

    async def close(self) -> None:
        """Forget every subscription."""
        self._channels.clear()

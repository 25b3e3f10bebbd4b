"""Word between nodes: publish bytes on a channel, every subscriber of the channel gets them, the publisher's too.

The bus carries hints and may lose them; whoever needs certainty reads the database when `resync` is called.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

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


class RedisBus:
    """Redis pub/sub: one connection listens for the whole process, and reconnects for as long as it lives."""

    shared = True

    def __init__(self, redis: Redis, *, prefix: str = "meydan:", retry_seconds: float = 0.2) -> None:
        self._redis = redis
        self._prefix = prefix
        self._retry_seconds = retry_seconds
        self._channels: defaultdict[str, list[Subscription]] = defaultdict(list)
        self._pubsub = redis.pubsub(ignore_subscribe_messages=True)
        self._listener: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    async def publish(self, channel: str, message: bytes) -> None:
        """Publish; when Redis is away the message is lost, which subscribers learn through `resync`."""
        try:
            await self._redis.publish(self._prefix + channel, message)
        except (RedisError, OSError) as error:
            log.warning("bus.publish_failed", channel=channel, error=type(error).__name__)

    async def subscribe(
        self, channel: str, handler: Handler, *, resync: Callable[[], None] = lambda: None
    ) -> Subscription:
        """Add `handler`; the process asks Redis for a channel once however many handlers it has."""
        subscription = Subscription(channel, handler, resync)
        first = channel not in self._channels
        self._channels[channel].append(subscription)
        if first:
            with contextlib.suppress(RedisError, OSError):  # the listener subscribes again when Redis is back
                await self._pubsub.subscribe(self._prefix + channel)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="bus-listener")
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Remove the handler, and the channel with its last one."""
        with contextlib.suppress(ValueError):
            self._channels[subscription.channel].remove(subscription)
        if not self._channels[subscription.channel]:
            del self._channels[subscription.channel]
            with contextlib.suppress(RedisError, OSError):
                await self._pubsub.unsubscribe(self._prefix + subscription.channel)

    async def close(self) -> None:
        """Stop listening and close the connection."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        await _close(self._pubsub)

    async def _listen(self) -> None:
        skip = len(self._prefix)
        while True:
            try:
                message = await self._pubsub.get_message(timeout=None)
                if message is None or message["type"] != "message":
                    continue
                channel = message["channel"].decode()[skip:]
                for subscription in tuple(self._channels.get(channel, ())):
                    subscription.handler(message["data"])
            except (RedisError, OSError) as error:
                log.warning("bus.disconnected", error=type(error).__name__)
                await self._reconnect()

    async def _reconnect(self) -> None:
        while True:
            await asyncio.sleep(self._retry_seconds)
            try:
                await _close(self._pubsub)
                self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
                if self._channels:
                    await self._pubsub.subscribe(*(self._prefix + channel for channel in self._channels))
            except (RedisError, OSError):
                continue
            log.info("bus.reconnected", channels=len(self._channels))
            for subscriptions in tuple(self._channels.values()):
                for subscription in tuple(subscriptions):
                    subscription.resync()
            return


async def _close(pubsub: PubSub) -> None:
    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves it without annotations

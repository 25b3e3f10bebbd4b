"""The bus and the store of several nodes, on Redis; a square without Redis never loads this file."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from meydan.platform.bus import Handler, Subscription
from meydan.platform.errors import Unavailable

log = structlog.get_logger(__name__)


_CONNECTIONS = 32
_TURN_SECONDS = 5.0


def open_redis(url: str) -> Redis:
    """Return a client that tries a command twice and gives up connecting after three seconds.

    Commands that find all its connections in use wait for their turn.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_TURN_SECONDS,
        socket_connect_timeout=3,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


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
            if self._pubsub.connection is None:  # Redis was away when the first channel was asked for
                await self._reconnect()
            try:
                message = await self._pubsub.get_message(timeout=None)
                if message is None or message["type"] != "message":
                    continue
                channel = message["channel"].decode()[skip:]
                for subscription in tuple(self._channels.get(channel, ())):
                    _hand_over(subscription, message["data"])
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


class RedisStore:
    """The store of several nodes; Redis expires the keys and its scripts keep each step atomic.

    Every method raises `Unavailable` while Redis is away.
    """

    _CLAIM = """
    local holder = redis.call('GET', KEYS[1])
    if holder and holder ~= ARGV[1] then return holder end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return ARGV[1]
    """
    _RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
    _HIT = """
    local count = redis.call('INCR', KEYS[1])
    if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
    return count
    """

    def __init__(self, redis: Redis, *, prefix: str = "meydan:") -> None:
        self._redis = redis
        self._prefix = prefix
        self._claim = redis.register_script(self._CLAIM)
        self._release = redis.register_script(self._RELEASE)
        self._hit = redis.register_script(self._HIT)

    async def put(self, key: str, value: str, *, seconds: float) -> None:
        """Keep `value` for `seconds`."""
        with _answering():
            await self._redis.set(self._prefix + key, value, px=_milliseconds(seconds))

    async def take(self, key: str) -> str | None:
        """Return the value and forget it."""
        with _answering():
            value = await self._redis.getdel(self._prefix + key)
        return None if value is None else _text(value)

    async def claim(self, key: str, owner: str, *, seconds: float) -> str:
        """Hold `key` if it is free or already `owner`'s."""
        with _answering():
            return _text(await self._claim(keys=[self._prefix + key], args=[owner, _milliseconds(seconds)]))

    async def release(self, key: str, owner: str) -> None:
        """Give `key` up if `owner` holds it."""
        with _answering():
            await self._release(keys=[self._prefix + key], args=[owner])

    async def hit(self, key: str, *, seconds: float) -> int:
        """Count one more."""
        with _answering():
            return int(await self._hit(keys=[self._prefix + key], args=[_milliseconds(seconds)]))

    async def count(self, key: str) -> int:
        """Return the count."""
        with _answering():
            return int(await self._redis.get(self._prefix + key) or 0)

    async def forget(self, key: str) -> None:
        """Drop the key."""
        with _answering():
            await self._redis.delete(self._prefix + key)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise Unavailable from error


def _hand_over(subscription: Subscription, message: bytes) -> None:
    try:
        subscription.handler(message)
    except Exception:  # whatever another node or version says, this one goes on listening
        log.exception("bus.handler_failed", channel=subscription.channel)


async def _close(pubsub: PubSub) -> None:
    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py leaves it without annotations


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

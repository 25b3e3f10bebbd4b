"""Values of a script's own in the Redis that the module uses, for what is to outlive the process or is to be shared.

They lie under a prefix of their own, so that no key of a script can be one of Meydan's.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from meydan.platform.settings import load_settings
from meydan.telegram.client.errors import RedisAway, RedisMissing, RedisNotConnected

if TYPE_CHECKING:
    from redis.asyncio import Redis

PREFIX: Final = "meydan:telegram:script:"
_SECONDS: Final = 5.0
"""An answer that takes longer does not come."""


class RedisState:
    """What a script keeps in Redis, by names of its choice; whatever JSON can say comes back as it was put in."""

    def __init__(self) -> None:
        self._redis: Redis | None = None

    async def connect(self, url: str | None = None) -> None:
        """Connect to `url`, by default that of REDIS_URL; a second time connects anew, also in another event loop.

        Raises `RedisMissing` when there is none, `RedisAway` when it does not answer.
        """
        await self.close()
        chosen = load_settings().redis_url.get_secret_value() if url is None else url
        if not chosen:
            raise RedisMissing
        from meydan.platform.redis import open_redis  # noqa: PLC0415  # its client takes time to load

        with _answering():
            redis = open_redis(chosen)
            try:
                async with asyncio.timeout(_SECONDS):
                    await redis.ping()
            except BaseException:
                await redis.aclose()
                raise
        self._redis = redis

    async def set(self, key: str, value: Any, *, seconds: float | None = None) -> None:
        """Keep `value`, for `seconds` if they are given; `None` forgets the key.

        Raises `RedisNotConnected`, `RedisAway`, and `TypeError` for what JSON cannot say.
        """
        redis, name = self._open(), _name(key)
        content = msgspec.json.encode(value)
        with _answering():
            async with asyncio.timeout(_SECONDS):
                if value is None:
                    await redis.delete(name)
                else:
                    await redis.set(name, content, px=None if seconds is None else max(1, round(seconds * 1000)))

    async def get(self, key: str, default: Any = None) -> Any:
        """Return what was kept, or `default` when there is nothing. Raises `RedisNotConnected`, `RedisAway`."""
        redis, name = self._open(), _name(key)
        with _answering():
            async with asyncio.timeout(_SECONDS):
                content = await redis.get(name)
        return default if content is None else msgspec.json.decode(content)

    async def close(self) -> None:
        """Let go of Redis; what was kept stays. A second time does nothing."""
        redis, self._redis = self._redis, None
        if redis is not None:
            with contextlib.suppress(RuntimeError):  # of an event loop that has ended, and its connections with it
                await redis.aclose()

    def _open(self) -> "Redis":
        if self._redis is None:
            raise RedisNotConnected
        return self._redis


def _name(key: str) -> str:
    if not key:
        raise ValueError("a value needs a name")
    return PREFIX + key


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Say in words that Redis does not answer; its own words may quote the password of the URL."""
    from redis.exceptions import RedisError  # noqa: PLC0415  # as above

    try:
        yield
    except ValueError:  # of a URL that is none
        raise RedisAway("REDIS_URL") from None
    except (RedisError, OSError) as error:
        raise RedisAway(type(error).__name__) from None


redis_state = RedisState()
"""The one that scripts import: `from meydan.telegram import redis_state`."""

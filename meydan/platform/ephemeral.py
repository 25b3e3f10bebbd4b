"""Small facts that expire: one-use tickets, claims on a name, counters of attempts. Nothing here is the truth."""

import math
from typing import Protocol

from meydan.platform.clock import Clock


class EphemeralStore(Protocol):
    """Keys with a time to live, shared by every node."""

    async def put(self, key: str, value: str, *, seconds: float) -> None:
        """Keep `value` for `seconds`."""
        ...

    async def take(self, key: str) -> str | None:
        """Return the value and forget it, atomically: of two takers one gets it."""
        ...

    async def claim(self, key: str, owner: str, *, seconds: float) -> str:
        """Return who holds `key` after trying to hold it: `owner` when it was free or already theirs (then renewed)."""
        ...

    async def release(self, key: str, owner: str) -> None:
        """Give `key` up if `owner` holds it."""
        ...

    async def hit(self, key: str, *, seconds: float) -> int:
        """Count one more and return the count; the count starts anew `seconds` after its first hit."""
        ...

    async def count(self, key: str) -> int:
        """Return how often `key` was hit, without counting one more."""
        ...

    async def forget(self, key: str) -> None:
        """Drop a key of any kind."""
        ...


class MemoryStore:
    """The store of a single process."""

    _SWEEP_AT = 10_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[str, float]] = {}
        self._sweep_at = self._SWEEP_AT

    async def put(self, key: str, value: str, *, seconds: float) -> None:
        """Keep `value` for `seconds`."""
        if len(self._entries) >= self._sweep_at:
            now = self._clock.monotonic()
            self._entries = {key: entry for key, entry in self._entries.items() if entry[1] > now}
            self._sweep_at = max(self._SWEEP_AT, 2 * len(self._entries))  # else many that live are looked at each time
        self._entries[key] = (value, self._clock.monotonic() + seconds)

    async def take(self, key: str) -> str | None:
        """Return the value and forget it."""
        value = self._live(key)
        self._entries.pop(key, None)
        return value

    async def claim(self, key: str, owner: str, *, seconds: float) -> str:
        """Hold `key` if it is free or already `owner`'s."""
        holder = self._live(key)
        if holder is not None and holder != owner:
            return holder
        await self.put(key, owner, seconds=seconds)
        return owner

    async def release(self, key: str, owner: str) -> None:
        """Give `key` up if `owner` holds it."""
        if self._live(key) == owner:
            del self._entries[key]

    async def hit(self, key: str, *, seconds: float) -> int:
        """Count one more."""
        current = self._live(key)
        if current is None:
            await self.put(key, "1", seconds=seconds)
            return 1
        count = int(current) + 1
        self._entries[key] = (str(count), self._entries[key][1])
        return count

    async def count(self, key: str) -> int:
        """Return the count."""
        return int(self._live(key) or 0)

    async def forget(self, key: str) -> None:
        """Drop the key."""
        self._entries.pop(key, None)

    def _live(self, key: str) -> str | None:
        value, until = self._entries.get(key, ("", -math.inf))
        return value if until > self._clock.monotonic() else None

"""Fair use of the doors: after some free tries, each next one waits twice as long as the one before, up to a minute."""

from typing import Final

from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.errors import RateLimited

_WINDOW: Final = 900.0
_LONGEST: Final = 60.0
_PACE: Final = 2


class Throttle:
    """Counts tries on every node together. It knows only keys: a name nobody has is throttled like any other."""

    def __init__(self, store: EphemeralStore) -> None:
        self._store = store

    async def attempt(self, key: str, *, free: int) -> None:
        """Count a try; past `free` of them in a quarter of an hour, raise `RateLimited` but for one each wait.

        The waits are 2, 4, 8… and at last 60 seconds; a refused try makes them no longer. One `hit` opens the gate for
        the first that comes after the wait, so two racing tries never both pass.
        """
        tries = await self._store.count(f"tries:{key}")
        if tries < free and await self._store.hit(f"tries:{key}", seconds=_WINDOW) <= free:
            return
        past = max(tries - free, 0)
        if await self._store.hit(f"gate:{key}", seconds=_wait(past + 1)) > 1:
            raise RateLimited(wait=_wait(max(past, 1)))
        if tries >= free:
            await self._store.hit(f"tries:{key}", seconds=_WINDOW)

    async def has_tried(self, key: str) -> bool:
        """Tell whether `attempt` has counted a try lately."""
        return await self._store.count(f"tries:{key}") > 0

    async def pace(self, key: str, *, free: int) -> None:
        """Past `free` failures in a quarter of an hour let two tries a second pass; raise `RateLimited` to the others.

        It slows who guesses and locks nobody out: who shares an address with them waits a second, not a quarter.
        """
        if await self._store.count(f"failures:{key}") < free:
            return
        if await self._store.hit(f"pace:{key}", seconds=1) > _PACE:
            raise RateLimited(wait=1)

    async def failed(self, key: str) -> int:
        """Count a failure for `pace`, and return how many there were."""
        return await self._store.hit(f"failures:{key}", seconds=_WINDOW)

    async def budget(self, key: str, *, most: int, seconds: float) -> None:
        """Count one; raise `RateLimited` once more than `most` came within `seconds`."""
        if await self._store.hit(f"budget:{key}", seconds=seconds) > most:
            raise RateLimited(wait=seconds)

    async def forgive(self, key: str) -> None:
        """Start anew after a success."""
        await self._store.forget(f"tries:{key}")
        await self._store.forget(f"gate:{key}")


def _wait(past: int) -> float:
    return min(2.0 ** min(past, 10), _LONGEST)

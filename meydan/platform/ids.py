"""Identifiers that sort by the time they were made."""

import os
import random
from datetime import datetime
from weakref import WeakKeyDictionary

from meydan.platform.clock import Clock

_RANDOM_BITS, _STEP_BITS = 80, 48


class _Ids:
    """Counts on, in unpredictable steps, until a clock is past the last one: what one process makes sorts as made."""

    def __init__(self) -> None:
        self._lasts: WeakKeyDictionary[Clock, list[int]] = WeakKeyDictionary()  # one number each: a key costs most
        self._random = random.Random()  # noqa: S311  # an identifier is no secret; the system's source costs a call
        os.register_at_fork(after_in_child=self._random.seed)  # else parent and child make the same

    def next(self, clock: Clock) -> int:
        milliseconds = int(clock.now().timestamp() * 1000)
        last = self._lasts.get(clock)
        if last is None:
            last = self._lasts[clock] = [0]
        if last[0] >> _RANDOM_BITS >= milliseconds:
            last[0] += 1 + self._random.getrandbits(_STEP_BITS)
        else:
            # One bit less than there is room for: the rest is left to count on.
            last[0] = (milliseconds << _RANDOM_BITS) + self._random.getrandbits(_RANDOM_BITS - 1)
        return last[0]


_ids = _Ids()


def new_id(clock: Clock) -> str:
    """Return 32 hexadecimal digits: 48 bits of milliseconds since 1970, then 80 that grow within one. Not a secret."""
    return f"{_ids.next(clock):032x}"


def first_id(at: datetime) -> str:
    """Return the smallest identifier that can be made at this moment."""
    return f"{int(at.timestamp() * 1000):012x}{0:020x}"

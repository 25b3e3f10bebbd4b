"""Identifiers that sort by the time they were made."""

import random
from datetime import datetime

from meydan.platform.clock import Clock

_random = random.Random()  # noqa: S311  # an identifier is no secret; the system's source costs a call each time


def new_id(clock: Clock) -> str:
    """Return 32 hexadecimal digits: 48 bits of milliseconds since 1970, then 80 random bits. Not a secret."""
    return f"{int(clock.now().timestamp() * 1000):012x}{_random.getrandbits(80):020x}"


def first_id(at: datetime) -> str:
    """Return the smallest identifier that can be made at this moment."""
    return f"{int(at.timestamp() * 1000):012x}{0:020x}"

"""Identifiers that sort by the time they were made."""

import secrets

from meydan.platform.clock import Clock


def new_id(clock: Clock) -> str:
    """Return 32 hexadecimal digits: 48 bits of milliseconds since 1970, then 80 random bits."""
    return f"{int(clock.now().timestamp() * 1000):012x}{secrets.token_hex(10)}"

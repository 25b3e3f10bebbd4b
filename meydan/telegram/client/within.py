"""Waiting with an end, on a clock that is handed in."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from meydan.platform.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Return what `work` gives; cancel it and raise `TimeoutError` after `seconds` of `clock`.

    Work that was cancelled by another than the caller, as Telethon does with requests when it disconnects, raises
    `ConnectionError`.
    """
    working = asyncio.ensure_future(work)
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((working, limit), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise TimeoutError
        if working.cancelled():
            raise ConnectionError("the connection was closed before the answer came")
        return working.result()
    finally:
        for task in (working, limit):
            task.cancel()
        await asyncio.gather(working, limit, return_exceptions=True)

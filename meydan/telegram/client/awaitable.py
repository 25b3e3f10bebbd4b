"""Answers that are there at once and may be awaited all the same.

`is_connected()`, `get_stats()` and `get_pool_stats()` have nothing to wait for, and so are no coroutines: a condition
or a comprehension may use what they return as it is. Scripts are promised `await manager.is_connected()` too, so what
they return also awaits to itself, as a plain `bool` or `dict`. `bool` allows no subclass; a flag that is not awaited
therefore is an `int`, 0 or 1, that shows itself as `False` or `True`.
"""

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Flag(int):
    """Whether something is so; `await` gives the `bool`."""

    def __new__(cls, value: bool) -> "Flag":  # noqa: FBT001  # as of `bool` itself
        """Take the truth of `value`."""
        return super().__new__(cls, bool(value))

    def __await__(self) -> Generator[Any, None, bool]:
        """Give the plain `bool`."""
        return _given(bool(self)).__await__()

    def __repr__(self) -> str:
        """Show it as a `bool` shows itself."""
        return repr(bool(self))

    __str__ = __repr__


class Counts(dict[str, Any]):
    """Counts by their names; `await` gives the plain `dict`."""

    def __await__(self) -> Generator[Any, None, dict[str, Any]]:
        """Give the plain `dict`."""
        return _given(dict(self)).__await__()


async def _given(value: T) -> T:
    return value

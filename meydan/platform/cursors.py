"""Cursors: where in a list the next page begins, as a text that only its own list can read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

import msgspec
import msgspec.structs

from meydan.platform.errors import InvalidInput

CURSOR: Final = "^[A-Za-z0-9_-]{0,6000}$"  # 200 rooms by the longest numbers


class Ordered(Protocol):
    """A place in a list that has several orders."""

    @property
    def order(self) -> StrEnum:
        """The order in which it is this place."""
        ...


T = TypeVar("T")
Place = TypeVar("Place", bound=msgspec.Struct)
PlaceInOrder = TypeVar("PlaceInOrder", bound=Ordered)


class CursorInvalid(InvalidInput):
    """The cursor is not one of this list in this order."""

    code = "imlec_gecersiz"

    def __init__(self, field: str) -> None:
        super().__init__(field=field, reason="other_order")


def cursor(place: msgspec.Struct) -> str:
    """Return the text by which the page after `place` is asked for."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_at(text: str, kind: type[Place], *, field: str) -> Place | None:
    """Return the place that `text` stands for, nothing for an empty one; raise `CursorInvalid`."""
    return _decoded(text, kind, field)


def place_in(order: StrEnum, text: str, kind: type[PlaceInOrder], *, field: str = "cursor") -> PlaceInOrder | None:
    """Return the place in `order` that `text` stands for, nothing for an empty one.

    Raises `CursorInvalid` also for one of another order: the rows after it there are others than those after it here.
    """
    place = _decoded(text, kind, field)
    if place is not None and place.order != order:
        raise CursorInvalid(field)
    return place


def _decoded(text: str, kind: type[T], field: str) -> T | None:
    if not text:
        return None
    try:
        place: Any = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
        for value in msgspec.structs.astuple(place):
            if isinstance(value, datetime):
                value.astimezone(UTC)  # the first and the last moments of all are none everywhere
    except (ValueError, OverflowError):  # of base64 and of msgspec alike
        raise CursorInvalid(field) from None
    found: T = place
    return found

"""A text with its formatting, counted in UTF-16 units as Telegram counts."""

from typing import Any, NamedTuple

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.shapes import Entity


class Formatted(NamedTuple):
    """A text and its entities; offsets in UTF-16 units, which is also how its length counts."""

    text: str
    entities: list[Entity]

    @property
    def length(self) -> int:
        """How long the text is for Telegram."""
        return units(self.text)


class Broken(ApiError):
    """The text's formatting cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"Bad Request: can't parse entities: {reason}")


class Builder:
    """Gathers text and counts it in UTF-16 units."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.position = 0
        self.entities: list[Entity] = []

    def add(self, text: str) -> None:
        """Append text."""
        self.pieces.append(text)
        self.position += units(text)

    def mark(self, kind: str, start: int, **more: Any) -> None:
        """Make what was appended since `start` an entity; nothing appended makes none."""
        if self.position > start:
            self.entities.append(Entity(type=kind, offset=start, length=self.position - start, **more))

    def text_since(self, start: int) -> str:
        """Return what was appended since `start`."""
        return cut("".join(self.pieces), start, self.position)

    def done(self) -> Formatted:
        """Return the whole."""
        return Formatted("".join(self.pieces), self.entities)


def units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, start: int, end: int) -> str:
    """Return a piece of `text` by UTF-16 offsets."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-16-le", "surrogatepass")[start * 2 : end * 2].decode("utf-16-le", "replace")


def byte_offset(text: str, index: int) -> int:
    """Return where a character stands in UTF-8, which is how Telegram points at it."""
    return len(text[:index].encode("utf-8", "surrogatepass"))


def after(text: str, at: int) -> int:
    """Return where one line's end at `at` is over: a line feed, a carriage return, or both."""
    two = text[at : at + 2]
    if two in ("\r\n", "\n\r"):
        return at + 2
    return at + (two[:1] in ("\r", "\n") and bool(two))

"""Formatted text as Telegram reads it, with the entities that it finds by itself."""

import re
from collections.abc import Callable
from typing import Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.formatted import Formatted, units
from meydan.telegram.fake.html import read_html
from meydan.telegram.fake.markdown import read_markdown, read_markdown_v2
from meydan.telegram.fake.shapes import Entity


def read(text: str, parse_mode: str | None, given: list[Entity] | None = None) -> Formatted:
    """Return what Telegram makes of a text; raises `Broken`."""
    plain = given is not None and not parse_mode
    formatted = Formatted(text, given or []) if plain else _reader(parse_mode)(text)
    return _found(_stripped(formatted))


def _reader(parse_mode: str | None) -> Callable[[str], Formatted]:
    match (parse_mode or "").casefold():
        case "":
            return lambda text: Formatted(text, [])
        case "html":
            return read_html
        case "markdownv2":
            return read_markdown_v2
        case "markdown":
            return read_markdown
    raise ApiError.bad("unsupported parse_mode")


def _stripped(formatted: Formatted) -> Formatted:
    """Cut white space at both ends, and entities with it."""
    text = formatted.text.strip()
    if text == formatted.text or not formatted.entities:
        return Formatted(text, formatted.entities)
    start = units(formatted.text[: len(formatted.text) - len(formatted.text.lstrip())])
    end = start + units(text)
    kept = []
    for entity in formatted.entities:
        first, last = max(entity.offset, start), min(entity.offset + entity.length, end)
        if last > first:
            entity.offset, entity.length = first - start, last - first
            kept.append(entity)
    return Formatted(text, kept)


_FOUND: Final = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?P<email>(?<![\w.])[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<mention>(?<![\w@/])@[A-Za-z]\w{3,31}(?!\w))"
    r"|(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<hashtag>(?<![\w#])#\w*[^\W\d]\w*)"
    r"|(?P<cashtag>(?<![\w$])\$[A-Z]{1,8}(?![\w]))"
)
_HINTS: Final = re.compile(r"[@/#$]")


def _found(formatted: Formatted) -> Formatted:
    """Add the entities that Telegram finds by itself, outside of those that are there."""
    text, entities = formatted
    if _HINTS.search(text) is None:
        return Formatted(text, ordered(entities))
    taken = [(entity.offset, entity.offset + entity.length) for entity in entities if entity.type in _CLOSED]
    entities = list(entities)
    for match in _FOUND.finditer(text):
        start = units(text[: match.start()])
        end = start + units(match.group())
        if match.lastgroup and all(end <= first or start >= last for first, last in taken):
            entities.append(Entity(type=match.lastgroup, offset=start, length=end - start))
    return Formatted(text, ordered(entities))


_CLOSED: Final = frozenset({"code", "pre", "text_link", "text_mention"})


def ordered(entities: list[Entity]) -> list[Entity]:
    """Return entities from left to right, the outer before the inner."""
    return sorted(entities, key=lambda entity: (entity.offset, -entity.length)) if len(entities) > 1 else entities

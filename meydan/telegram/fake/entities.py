"""Formatted text as Telegram reads it, with the entities that it finds by itself."""

import re
from collections.abc import Callable
from typing import Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.formatted import Formatted, units
from meydan.telegram.fake.html import read_html
from meydan.telegram.fake.markdown import read_markdown, read_markdown_v2
from meydan.telegram.fake.nesting import moved, nested
from meydan.telegram.fake.shapes import Entity


def read(text: str, parse_mode: str | None, given: list[Entity] | None = None) -> Formatted:
    """Return what Telegram makes of a text; raises `Broken`."""
    plain = given is not None and not parse_mode
    formatted = Formatted(text, given or []) if plain else _reader(parse_mode)(text)
    return _found(_trimmed(_cleaned(formatted)))


def _reader(parse_mode: str | None) -> Callable[[str], Formatted]:
    match (parse_mode or "").casefold():
        case "" | "none":
            return lambda text: Formatted(text, [])
        case "html":
            return read_html
        case "markdownv2":
            return read_markdown_v2
        case "markdown":
            return read_markdown
    raise ApiError.bad("unsupported parse_mode")


_CONTROLS: Final = {code: " " for code in range(33) if chr(code) not in "\n\r"}
_DROPPED: Final = "\r\u0333\u033f\u030a" + "".join(map(chr, range(0x2028, 0x202F)))
_UNCLEAN: Final = re.compile(f"[{_DROPPED}]")


def _cleaned(formatted: Formatted) -> Formatted:
    """Show control characters as spaces, and take away line ends of other systems and what turns text around."""
    text = formatted.text.translate(_CONTROLS)
    places = [units(text[: found.start()]) for found in _UNCLEAN.finditer(text)]
    if not places:
        return Formatted(text, nested(formatted.entities))
    for one in formatted.entities:
        before = sum(place < one.offset for place in places)
        within = sum(one.offset <= place < one.offset + one.length for place in places)
        one.offset, one.length = one.offset - before, one.length - within
    return Formatted(_UNCLEAN.sub("", text), nested(formatted.entities))


def _trimmed(formatted: Formatted) -> Formatted:
    """Cut white space at the end, and at the start as far as no entity begins there."""
    text, entities = formatted.text.rstrip(" \n"), formatted.entities
    lead = min([len(text) - len(text.lstrip(" \n")), *(one.offset for one in entities)])
    within = units(text) - lead
    return Formatted(text[lead:], [left for one in entities if (left := moved(one, by=lead, within=within))])


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
        return Formatted(text, entities)
    found = []
    for match in _FOUND.finditer(text):
        start = units(text[: match.start()])
        found.append(Entity(type=match.lastgroup or "", offset=start, length=units(match.group())))
    return Formatted(text, nested(entities, found))

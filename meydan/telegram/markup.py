"""Reads HTML and MarkdownV2 as Telegram does: what a text shows, from which source, and where its formatting reaches.

It refuses what Telegram refuses. What Telegram shows without formatting, such as a link that leads nowhere, keeps its
markup: Telegram is to judge it.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from meydan.platform.reasons import Reason

_SPACE: Final = r"[ \t\r\n\v\0]"
_TAG: Final = re.compile(
    rf"<(?:/(?P<end>[^ \t\r\n\v\0>]*+){_SPACE}*+|(?P<name>(?!/)[^ \t\r\n\v\0>]*+)"
    rf"(?P<more>(?:{_SPACE}*+[^ \t\r\n\v\0=>/\"']++(?:{_SPACE}*+={_SPACE}*+"
    rf"(?:\"[^\"]*\"|'[^']*'|(?![\"'])[A-Za-z0-9.-]*+(?={_SPACE}|>)))?+)*+){_SPACE}*+)>"
)
_ATTRIBUTE: Final = re.compile(
    rf"([^ \t\r\n\v\0=>/\"']++)(?:{_SPACE}*+={_SPACE}*+(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.-]*)))?"
)
_TAGS: Final = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "tg-time", "a", "tg-emoji",
     "code", "pre", "blockquote"}
)  # fmt: skip
_ENTITY: Final = re.compile(
    r"&(?:(lt|gt|amp|quot)(?![A-Za-z])|#([0-9]{1,7})(?![0-9])|#x([0-9a-fA-F]{1,6})(?![0-9a-fA-F]));?"
)
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LAST: Final = 0x10FFFF

_PRE: Final = re.compile(r"```(?:[^ \t\r\n\v\0`]++(?=[ \t\r\n\v\0]))?(?:\r\n|\n\r|\n|\r)?")
_EXPANDABLE: Final = re.compile(r"\|\|(?=\r?\n(?!>)|\Z)")
_MARK: Final = re.compile(r"\|\||__|!\[|[*_~`\[]")
_ADDRESS: Final = re.compile(r"\]\(((?:\\[\x01-\x7e]|[^)\\]|\\(?![\x01-\x7e]))*)\)")
_PICTURE: Final = re.compile(r"tg:(?://)?(emoji|time)/?\?([^#]*)", re.IGNORECASE)
_MOMENT: Final = re.compile(r"[rR]|[tTdDwW]*")
_WHOLE: Final = re.compile(r"-?[0-9]{1,25}")
_RESERVED: Final = frozenset("[]()>#+-=|{}.!")


class BrokenMarkup(ValueError):
    """The markup cannot be read; `position` counts characters from 0, `reason` is one of the catalogues'."""

    def __init__(self, position: int, reason: str, **facts: str) -> None:
        super().__init__(f"{reason} at {position}")
        self.position = position
        self.reason = Reason(reason, facts)


@dataclass
class Span:
    """Formatting of what is shown from `start` to `end`; `again` opens it in a later part.

    `depth`: 0 outside of a quote, 1 a line of a quote, 2 within one. `quote`: of a line, the number of
    its quote.
    """

    start: int
    opening: str
    again: str
    position: int
    name: str
    code: bool = False
    depth: int = 0
    end: int = -1
    closing: str = ""
    quote: int = 0


@dataclass
class Reading:
    """What a text shows, the source of each character of that, and its formatting, outer spans first."""

    shown: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    stack: list[Span] = field(default_factory=list)
    depth: int = 0
    hidden: set[int] = field(default_factory=set)  # the quotes that expand

    def add(self, raw: str, shown: str) -> None:
        """Show one more character."""
        self.raw.append(raw)
        self.shown.append(shown)

    def open(self, position: int, opening: str, name: str, *, again: str = "", code: bool = False) -> None:
        """Begin a formatting."""
        span = Span(len(self.shown), opening, again or opening, position, name, code, self.depth)
        self.spans.append(span)
        self.stack.append(span)

    def close(self, closing: str) -> Span:
        """End the formatting that began last, and return it."""
        span = self.stack.pop()
        span.end, span.closing = len(self.shown), closing
        return span

    def done(self) -> "Reading":
        """Return the whole, when all that began has ended."""
        if self.stack:
            raise BrokenMarkup(self.stack[-1].position, "markup_not_closed", name=self.stack[-1].name)
        return self


# -- HTML --------------------------------------------------------------------------------------------------------------


def read_html(text: str) -> Reading:
    """Read HTML; raises `BrokenMarkup`."""
    reading = Reading()
    place = 0
    while place < len(text):
        char = text[place]
        if char == "<":
            found = _TAG.match(text, place)
            if found is None:
                raise BrokenMarkup(place, "markup_no_tag")
            _tag(reading, found)
            place = found.end()
        elif char == "&" and (found := _ENTITY.match(text, place)) and (shown := _entity(found)):
            if "\ud800" <= shown <= "\udfff":
                raise BrokenMarkup(place, "markup_bad_value", name=found[0])
            reading.add(found[0], shown)
            place = found.end()
        else:
            raw = "&amp;" if char == "&" else char  # at a cut, what follows may make an entity of a bare one
            reading.add(raw, char)
            place += 1
    return reading.done()


def _tag(reading: Reading, found: re.Match[str]) -> None:
    if found["end"] is not None:
        name = _lowered(found["end"])
        if not reading.stack or name not in ("", reading.stack[-1].name[1:-1]):
            raise BrokenMarkup(found.start(), "markup_closes_nothing", name=name)
        span = reading.close(f"</{reading.stack[-1].name[1:-1]}>")
        if span.end > span.start and not _value_fits(span):
            raise BrokenMarkup(span.position, "markup_bad_value", name=span.name)
        return
    name = _lowered(found["name"])
    if name not in _TAGS:
        raise BrokenMarkup(found.start(), "markup_unknown_tag", name=name)
    if name == "span" and _attributes(found["more"]).get("class") != "tg-spoiler":
        raise BrokenMarkup(found.start(), "markup_bad_value", name="<span>")
    reading.open(found.start(), found[0], f"<{name}>", code=name in ("code", "pre"))


def _value_fits(span: Span) -> bool:
    """Tell whether a custom emoji and a moment say which."""
    if span.name not in ("<tg-emoji>", "<tg-time>"):
        return True
    given = _attributes(span.opening[len(span.name) - 1 : -1])
    if span.name == "<tg-time>":
        return bool(_MOMENT.fullmatch(given.get("format", "")))
    return _whole(given.get("emoji-id", ""), bits=63) != 0


def _attributes(source: str) -> dict[str, str]:
    found = _ATTRIBUTE.finditer(source)
    return {one[1]: _plain(one[2] or one[3] or _lowered(one[4] or "")) for one in found}


def _plain(value: str) -> str:
    return _ENTITY.sub(lambda found: _entity(found) or found[0], value)


def _entity(found: re.Match[str]) -> str:
    """Return the character that an entity stands for, or nothing when Telegram leaves it as it is."""
    if found[1]:
        return _NAMED[found[1]]
    number = int(found[2]) if found[2] else int(found[3], 16)
    return chr(number) if 0 < number < _LAST else ""


def _lowered(name: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in name)


def _whole(digits: str, *, bits: int) -> int:
    number = int(digits) if _WHOLE.fullmatch(digits) else 0
    return number if -(1 << bits) <= number < 1 << bits else 0


# -- MarkdownV2 --------------------------------------------------------------------------------------------------------


def read_markdown(text: str) -> Reading:
    """Read MarkdownV2; raises `BrokenMarkup`."""
    return _Markdown(text).read()


class _Markdown:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.reading = Reading()
        self.fresh = True  # nothing is shown yet on this line, so that `>` begins a quote
        self.quote: Span | None = None  # its present line
        self.quotes = 0
        self.outside = 0  # how many formattings had begun before the quote did: they cannot end in it

    def read(self) -> Reading:
        text = self.text
        while self.place < len(text):
            top, char = self._top(), text[self.place]
            if char == "\\" and self.place + 1 < len(text):
                self._escaped()
            elif top is not None and top.code:
                self._code(top, char)
            elif char == "\n":
                self._line_end()
            elif char == ">" and self.fresh:
                self._quote()
            elif self.quote is not None and top is None and (found := _EXPANDABLE.match(text, self.place)):
                self.reading.hidden.add(self.quote.quote)
                self.place = found.end()
            else:
                self._mark(top, char)
        self._end_quote()
        return self.reading.done()

    def _top(self) -> Span | None:
        """Return what began last and may end here."""
        return self.reading.stack[-1] if len(self.reading.stack) > self.outside else None

    def _add(self, raw: str, shown: str, length: int) -> None:
        self.reading.add(raw, shown)
        self.place += length
        if shown != "\r":
            self.fresh = False

    def _escaped(self) -> None:
        following = self.text[self.place + 1]
        if not 0 < ord(following) < 127:
            self._add("\\\\", "\\", 1)
            return
        self._add(self.text[self.place : self.place + 2], following, 2)
        self.fresh = self.fresh or following == "\n"

    def _code(self, top: Span, char: str) -> None:
        if self.text.startswith(top.name, self.place):
            self.reading.close(top.name)
            self.place += len(top.name)
        elif char == "`":  # in a block it begins code, which a block does not show
            self.reading.open(self.place, "`", "`", code=True)
            self.place += 1
        else:
            self._add(char, char, 1)

    def _line_end(self) -> None:
        more = self.text.startswith(">", self.place + 1)
        if self.quote is not None and more:
            self.quote.end = len(self.reading.shown)
        else:
            self._end_quote()
        self._add("\n", "\n", 1)
        self.fresh = True

    def _quote(self) -> None:
        """Begin a quote, or its next line."""
        parted = self.text[max(0, self.place - 2) : self.place] == "**" and self._emptied()
        if self.quote is None:
            self.outside, self.reading.depth = len(self.reading.stack), 2
            self.quotes += 1
        elif self.quote.end < 0:  # a second sign on the same line
            self.place += 1
            return
        self.quote = Span(
            len(self.reading.shown), "**>" if parted else ">", ">", self.place, ">", depth=1, quote=self.quotes
        )
        self.reading.spans.append(self.quote)
        self.place += 1

    def _emptied(self) -> bool:
        """Tell whether the empty bold that parts two quotes is the last formatting, and forget it."""
        last = self.reading.spans[-1] if self.reading.spans else None
        if last is None or last.name != "*" or not last.start == last.end == len(self.reading.shown):
            return False
        self.reading.spans.pop()
        return True

    def _end_quote(self) -> None:
        if self.quote is None:
            return
        if top := self._top():
            raise BrokenMarkup(top.position, "markup_not_closed", name=top.name)
        self.quote.end = len(self.reading.shown)
        self.quote, self.outside, self.reading.depth = None, 0, 0

    def _mark(self, top: Span | None, char: str) -> None:
        """Read what stands outside code."""
        text, place = self.text, self.place
        if top is not None and top.name in ("[", "![") and char == "]":
            self._link(top)
            return
        if found := _PRE.match(text, place):
            opening = found[0].rstrip("\r\n") + "\n"  # else its first word could be read as a language
            self.reading.open(place, opening, "```", code=True)
        elif found := _MARK.match(text, place):
            if top is not None and found[0] == top.name and char not in "![":
                self.reading.close(found[0])
            else:
                self.reading.open(place, found[0], found[0], code=found[0] == "`")
        elif char in _RESERVED:
            raise BrokenMarkup(place, "markup_unescaped", sign=char)
        else:
            self._add(char, char, 1)
            return
        self.place = found.end()

    def _link(self, top: Span) -> None:
        found = _ADDRESS.match(self.text, self.place)
        if found is None and (self.text.startswith("(", self.place + 1) or top.name == "!["):
            raise BrokenMarkup(self.place, "markup_link_open")
        if top.name == "![" and found is not None and not _picture(re.sub(r"\\([\x01-\x7e])", r"\1", found[1])):
            raise BrokenMarkup(self.place, "markup_bad_value", name=found[1])
        shown = re.sub(r"([)\\])", r"\\\1", "".join(self.reading.shown[top.start :]))
        self.reading.close(found[0] if found else f"]({shown})")  # a part of the text is another address
        self.place = found.end() if found else self.place + 1


def _picture(address: str) -> bool:
    """Tell whether an address says which custom emoji or which moment."""
    found = _PICTURE.fullmatch(address.partition("#")[0])
    pairs = [pair.partition("=") for pair in found[2].split("&")] if found else []
    given = {name: value for name, _, value in pairs}
    if found is None:
        return False
    if found[1].lower() == "emoji":
        return _whole(next((value for name, _, value in pairs if name == "id"), ""), bits=63) != 0
    return _whole(given.get("unix", ""), bits=31) > 0 and bool(_MOMENT.fullmatch(given.get("format", "")))

"""Cuts a long text into parts that Telegram takes, at the best borders, without breaking formatting.

Lengths are counted as Telegram counts them: in UTF-16 code units of what is shown once the markup is read. The text is
read into what it shows and the spans of its formatting; the cuts are made in what is shown; each part is written with
the spans that reach into it, opened and closed anew. White space at a cut is dropped, in code only the line's end.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from meydan.platform.reasons import Reason

_TAG: Final = re.compile(
    r"<(?:/(?P<end>[^\s<>]*)\s*|(?P<name>[^\s<>/=]+)(?:\s+[^\s<>=\"']+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>\"']+))?)*\s*)>"
)
_TAGS: Final = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "tg-time", "a", "tg-emoji",
     "code", "pre", "blockquote"}
)  # fmt: skip
_ENTITY: Final = re.compile(r"&(?:(lt|gt|amp|quot)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));?")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_QUOTE: Final = re.compile(r"(?:\*\*)?>")
_PRE: Final = re.compile(r"```(?:[^\s`\\]+(?=\s))?(?:\r?\n)?")
_EXPANDABLE: Final = re.compile(r"\|\|(?:\n|\Z)")
_MARK: Final = re.compile(r"\|\||__|!\[|[*_~`\[]")
_ADDRESS: Final = re.compile(r"\]\((?:\\.|[^)\\])*\)|\](?!\()", re.DOTALL)
_RESERVED: Final = frozenset("[]()>#+-=|{}.!")

_JOINERS: Final = "\u200c\u200d"
_SENTENCE: Final = frozenset(".!?…:;")
_UNBROKEN: Final = frozenset("\u00a0\u2007\u202f\u2060")
_WORD, _LINE, _PARAGRAPH = 1, 3, 4


class BrokenMarkup(ValueError):
    """The markup cannot be read; `position` counts characters from 0, `reason` is one of the catalogues'."""

    def __init__(self, position: int, reason: str, **facts: str) -> None:
        super().__init__(f"{reason} at {position}")
        self.position = position
        self.reason = Reason(reason, facts)


@dataclass
class _Span:
    """Formatting of what is shown from `start` to `end`; `again` opens it in a later part."""

    start: int
    opening: str
    again: str
    position: int
    name: str
    code: bool = False
    end: int = -1
    closing: str = ""


@dataclass
class _Reading:
    """What a text shows, the source of each character of that, and its formatting, outer spans first."""

    shown: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    stack: list[_Span] = field(default_factory=list)

    def add(self, raw: str, shown: str) -> None:
        self.raw.append(raw)
        self.shown.append(shown)

    def open(self, position: int, opening: str, name: str, *, again: str = "", code: bool = False) -> None:
        span = _Span(len(self.shown), opening, again or opening, position, name, code)
        self.spans.append(span)
        self.stack.append(span)

    def close(self, closing: str) -> None:
        span = self.stack.pop()
        span.end, span.closing = len(self.shown), closing

    def done(self) -> "_Reading":
        if self.stack:
            raise BrokenMarkup(self.stack[-1].position, "markup_not_closed", name=self.stack[-1].name)
        return self


def split_text(text: str, *, limit: int = 4096, parse_mode: str | None = None) -> list[str]:
    """Return `text` in parts that show at most `limit`; raise `BrokenMarkup` when its markup cannot be read.

    `parse_mode` is "HTML" or "MarkdownV2". The parts are none when there is nothing but white space to cut.
    """
    if limit < 2:
        raise ValueError("a letter may need two units")
    if parse_mode is None:
        if len(text) * 2 <= limit:
            return [text]
        reading = _Reading(list(text), list(text))
    else:
        reading = _html(text) if parse_mode == "HTML" else _markdown(text)
    if sum(map(_units, reading.shown)) <= limit:
        return [text]
    return [_write(reading, start, end) for start, end in _ranges(reading, limit)]


# -- where to cut ------------------------------------------------------------------------------------------------------


def _ranges(reading: _Reading, limit: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of what is shown, without the white space between them."""
    shown = reading.shown
    code = [False] * len(shown)
    for span in reading.spans:
        if span.code:
            code[span.start : span.end] = [True] * (span.end - span.start)
    start = 0
    while start < len(shown):
        cut = end = _cut(shown, start, limit)
        if cut < len(shown):
            while end > start and _is_space(shown[end - 1]):
                end -= 1
            while cut < len(shown) and (shown[cut] in "\r\n" if code[cut] else _is_space(shown[cut])):
                cut += 1
        if any(not char.isspace() for char in shown[start:end]):
            yield start, end
        start = cut


def _cut(shown: list[str], start: int, limit: int) -> int:
    """Return where the part that begins at `start` ends: at the best border of its second half, or at any word."""
    used, furthest = 0, start
    while furthest < len(shown) and used + _units(shown[furthest]) <= limit:
        used += _units(shown[furthest])
        furthest += 1
    if furthest == len(shown):
        return furthest
    best, best_rank = 0, 0
    middle = start + (furthest - start) // 2
    for place in range(furthest, start, -1):
        if place <= middle and best_rank:
            return best
        rank = _rank(shown, place)
        if rank > best_rank:
            best, best_rank = place, rank
        if best_rank == _PARAGRAPH:
            return best
    if best_rank:
        return best
    return next((place for place in range(furthest, start, -1) if not _is_joined(shown, place, start)), furthest)


def _rank(shown: list[str], place: int) -> int:
    """Tell how good a border lies before `place`: a paragraph's, a line's, a sentence's (2), a word's, or none (0)."""
    if not (_is_space(shown[place - 1]) or _is_space(shown[place])) or _is_joined(shown, place, place):
        return 0
    first, last = place, place
    while first and place - first < 8 and _is_space(shown[first - 1]):
        first -= 1
    while last < len(shown) and last - place < 8 and _is_space(shown[last]):
        last += 1
    lines = shown[first:last].count("\n")
    if lines:
        return _PARAGRAPH if lines > 1 else _LINE
    return 2 if first and shown[first - 1] in _SENTENCE else _WORD


def _is_space(char: str) -> bool:
    return char.isspace() and char not in _UNBROKEN


def _is_joined(shown: list[str], place: int, start: int) -> bool:
    """Tell whether a letter or sign that is shown as one lies on both sides of `place`; flags pair from `start` on."""
    before, after = shown[place - 1], shown[place]
    if before == "\r" and after == "\n":
        return True
    if before.isspace():
        return False
    if after in _JOINERS or before == "\u200d" or unicodedata.category(after) in {"Mn", "Me", "Mc"}:
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if _is_flag(before) and _is_flag(after):
        first = place - 1
        while first > start and _is_flag(shown[first - 1]):
            first -= 1
        return (place - first) % 2 == 1
    return "\u1100" <= before <= "\u11ff" and "\u1160" <= after <= "\u11ff"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _units(char: str) -> int:
    return 2 if char > "\uffff" else 1


# -- writing a part ----------------------------------------------------------------------------------------------------


def _write(reading: _Reading, start: int, end: int) -> str:
    """Return the source of one part, with the spans that reach into it."""
    opening: defaultdict[int, list[str]] = defaultdict(list)
    closing: defaultdict[int, list[str]] = defaultdict(list)
    reaching = [span for span in reading.spans if max(span.start, start) < min(span.end, end)]
    for span in sorted(reaching, key=lambda span: not span.again.endswith(">") or span.again.startswith("<")):
        opening[max(span.start, start)].append(span.opening if span.start >= start else span.again)
    for span in reversed(reaching):
        closing[min(span.end, end)].append(span.closing)
    pieces: list[str] = []
    for place in range(start, end + 1):
        marks = closing[place] + (opening[place] if place < end else [])
        for before, mark in zip(["", *marks], marks, strict=False):
            if before == "_" and mark.startswith("_"):
                pieces.append("**")  # an empty span: else the two would be read as one mark
            pieces.append(mark)
        if place < end:
            pieces.append(reading.raw[place])
    return "".join(pieces)


# -- reading -----------------------------------------------------------------------------------------------------------


def _html(text: str) -> _Reading:
    reading = _Reading()
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
            reading.add(found[0], shown)
            place = found.end()
        else:
            reading.add(char, char)
            place += 1
    return reading.done()


def _tag(reading: _Reading, found: re.Match[str]) -> None:
    if found["end"] is not None:
        name = found["end"].lower()
        if not reading.stack or name not in ("", reading.stack[-1].name[1:-1]):
            raise BrokenMarkup(found.start(), "markup_closes_nothing", name=name)
        reading.close(f"</{reading.stack[-1].name[1:-1]}>")
        return
    name = found["name"].lower()
    if name not in _TAGS:
        raise BrokenMarkup(found.start(), "markup_unknown_tag", name=name)
    reading.open(found.start(), found[0], f"<{name}>", code=name in ("code", "pre"))


def _entity(found: re.Match[str]) -> str:
    """Return the character that an entity stands for, or nothing when Telegram leaves it as it is."""
    if found[1]:
        return _NAMED[found[1]] if found[0].endswith(";") else ""
    number = int(found[2]) if found[2] else int(found[3], 16)
    return chr(number) if 0 < number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else ""


def _markdown(text: str) -> _Reading:
    reading = _Reading()
    quote: _Span | None = None
    place = 0
    while place < len(text):
        top = reading.stack[-1] if reading.stack else None
        if text[place] == "\\" and place + 1 < len(text):
            if 0 < ord(text[place + 1]) < 127:
                reading.add(text[place : place + 2], text[place + 1])
                place += 2
            else:
                reading.add("\\\\", "\\")
                place += 1
        elif top is not None and top.code:
            if text.startswith(top.name, place):
                reading.close(top.name)
                place += len(top.name)
            else:
                reading.add(text[place], text[place])
                place += 1
        elif (not place or text[place - 1] == "\n") and (found := _QUOTE.match(text, place)):
            quote = _Span(len(reading.shown), found[0], ">", place, ">")
            reading.spans.append(quote)
            place = found.end()
        elif text[place] == "\n":
            _end_quote(quote, reading)
            quote = None
            reading.add("\n", "\n")
            place += 1
        elif quote is not None and (top is None or top.name != "||") and _EXPANDABLE.match(text, place):
            quote.closing = "||"
            place += 2
        else:
            place = _mark(text, place, reading)
    _end_quote(quote, reading)
    return reading.done()


def _end_quote(quote: _Span | None, reading: _Reading) -> None:
    if quote is not None:
        quote.end = len(reading.shown)


def _mark(text: str, place: int, reading: _Reading) -> int:
    """Read what stands at `place` outside code, and return where it ends."""
    top = reading.stack[-1].name if reading.stack else ""
    if top == "[" and text[place] == "]":
        found = _ADDRESS.match(text, place)
        if found is None:
            raise BrokenMarkup(place, "markup_link_open")
        reading.close(found[0])
        return found.end()
    found = _PRE.match(text, place)
    if found is not None:
        again = found[0].rstrip("\r\n") + "\n"  # else its first word would be read as a language
        reading.open(place, found[0], "```", again=again, code=True)
        return found.end()
    found = _MARK.match(text, place)
    if found is None:
        if text[place] in _RESERVED:
            raise BrokenMarkup(place, "markup_unescaped", sign=text[place])
        reading.add(text[place], text[place])
        return place + 1
    if found[0] == top != "[":
        reading.close(found[0])
    else:
        reading.open(place, found[0], "[" if found[0] == "![" else found[0], code=found[0] == "`")
    return found.end()

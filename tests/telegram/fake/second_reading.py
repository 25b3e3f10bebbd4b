"""Texts with formatting as the Bot API's page on it describes them: a reading that shares nothing with the fake's.

It is small, slow, and knows no messages of errors: `Unreadable` is all there is. Entities are told for each character,
so that it does not matter how a reading cuts or orders them.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

Mark = tuple[str, str]
"""The kind of a formatting and what it carries: a link, a language, an identifier."""


class Unreadable(Exception):
    """Telegram would refuse the text."""


@dataclass
class Read:
    """What is shown, and where each formatting reaches from and to, in the order in which they ended."""

    text: str = ""
    spans: list[tuple[int, int, Mark]] = field(default_factory=list)

    def mark(self, start: int, mark: Mark) -> None:
        """Put a formatting on everything from `start` on."""
        if start < len(self.text):
            self.spans.append((start, len(self.text), mark))

    def settled(self) -> list[frozenset[Mark]]:
        """Return the formattings of each character, once those that cannot be together have given way.

        The page says what cannot be; which of two gives way is taken from Telegram's own source: what begins later, or
        ends sooner, or is the lesser kind; and whatever reaches over a quote's border.
        """
        quotes = _first([span for span in self.spans if span[2][0] in _QUOTES])
        whole = _first([span for span in self.spans if span[2][0] not in {*_QUOTES, *_STYLES}])
        whole = [one for one in whole if all(_inside(one, quote) or not _overlap(one, quote) for quote in quotes)]
        styles = [span for span in self.spans if span[2][0] in _STYLES]
        marks = []
        for place in range(len(self.text)):
            here = {mark for start, end, mark in [*quotes, *whole] if start <= place < end}
            if not {"pre", "code"} & {kind for kind, _ in here}:
                here |= {mark for start, end, mark in styles if start <= place < end}
            marks.append(frozenset(here))
        return marks


def _first(spans: list[tuple[int, int, Mark]]) -> list[tuple[int, int, Mark]]:
    kept: list[tuple[int, int, Mark]] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1], _KINDS.get(one[2][0], 0))):
        if not any(_overlap(span, other) for other in kept):
            kept.append(span)
    return kept


def _overlap(one: tuple[int, int, Mark], other: tuple[int, int, Mark]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _inside(one: tuple[int, int, Mark], other: tuple[int, int, Mark]) -> bool:
    return other[0] <= one[0] and one[1] <= other[1]


_QUOTES: Final = ("blockquote", "expandable_blockquote")
_STYLES: Final = ("bold", "italic", "underline", "strikethrough", "spoiler")
_KINDS: Final = {"pre": 1, "code": 2, "date_time": 3, "text_link": 4, "text_mention": 4, "custom_emoji": 5}
_MARKS: Final = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_RESERVED: Final = "_*[]()~`>#+-=|{}.!"
_PAGE: Final = re.compile(
    r"(https?://)?((?:[\w!$,~*'();&+=-]|[^\x00-\x7f])*\.(?:[\w.!$,~*'();&+=-]|[^\x00-\x7f])*)(/.*)?"
)
_TIME: Final = re.compile(r"r|w?[dD]?[tT]?")


def _address(address: str, *, picture: bool) -> Mark | None:
    """Return what a link stands for; `None` for one that is left out."""
    if picture:
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.scheme == "tg" and parts.netloc == "emoji" and re.fullmatch(r"\d+", query.get("id", "")):
            return "custom_emoji", query["id"]
        if parts.scheme == "tg" and parts.netloc == "time" and re.fullmatch(r"\d+", query.get("unix", "")):
            if not _TIME.fullmatch(query.get("format", "")):
                raise Unreadable
            return "date_time", f"{query['unix']} {query.get('format', '')}"
        raise Unreadable
    if user := re.fullmatch(r"tg://user\?id=(\d+)", address):
        return "text_mention", user[1]
    if address.startswith("tg://"):
        return "text_link", address
    page = _PAGE.fullmatch(address)
    return ("text_link", f"{page[1] or 'http://'}{page[2]}{page[3] or '/'}") if page and page[2] != "." else None


class _Markdown:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.read = Read()
        self.open: list[tuple[str, int]] = []  # its sign, and where in what is shown it began; `>` is a quote
        self.fresh = True  # nothing is shown yet on this line

    def run(self) -> Read:
        while self.at < len(self.source):
            self._step()
        if self._quoted():
            self._end_quote()
        if self.open:
            raise Unreadable
        return self.read

    def _looks(self, sign: str) -> bool:
        return self.source.startswith(sign, self.at)

    def _quoted(self) -> bool:
        return any(sign == ">" for sign, _ in self.open)

    def _say(self, character: str, length: int) -> None:
        self.read.text += character
        self.at += length
        self.fresh = character == "\n"

    def _end_quote(self, *, expandable: bool = False) -> None:
        sign, start = self.open.pop()
        if sign != ">":
            raise Unreadable
        self.read.mark(start, (_QUOTES[expandable], ""))

    def _step(self) -> None:
        sign = self.source[self.at]
        following = self.source[self.at + 1 : self.at + 2]
        if sign == "\\" and following and 1 <= ord(following) <= 126:
            self._say(following, 2)
        elif sign == "\n":
            self._say(sign, 1)
            if self._quoted() and not self._looks(">"):
                self._end_quote()
        elif sign == ">" and self.fresh:
            self.at += 1
            if not self._quoted():
                self.open.append((">", len(self.read.text)))
        elif sign == "`":
            self._code()
        elif found := re.compile(r"\|\||__|[*_~]").match(self.source, self.at):
            self._toggle(found[0])
        elif sign == "[" or self._looks("!["):
            self.at += 1 if sign == "[" else 2
            self.open.append(("[" if sign == "[" else "![", len(self.read.text)))
        elif sign == "]" and self.open and self.open[-1][0] in {"[", "!["}:
            self._link()
        elif sign in _RESERVED:
            raise Unreadable
        else:
            self._say(sign, 1)

    def _toggle(self, sign: str) -> None:
        self.at += len(sign)
        rest = self.source[self.at :]
        ends = not rest or (rest[0] == "\n" and rest[1:2] != ">")
        if sign == "||" and ends and self._quoted() and self.open[-1][0] == ">":  # the mark of an expandable quote
            if rest:
                self._say("\n", 1)
            self._end_quote(expandable=True)
        elif self.open and self.open[-1][0] == sign:
            _, start = self.open.pop()
            self.read.mark(start, (_MARKS[sign], ""))
        else:
            self.open.append((sign, len(self.read.text)))

    def _code(self) -> None:
        if not self._looks("```"):
            self.at += 1
            self._verbatim("`", "code", "")
            return
        self.at += 3
        language = re.compile(r"([^\s`]*)(?:\n|(?<=[^`])(?=\s))").match(self.source, self.at)
        if language:
            self.at = language.end()
        self._verbatim("```", "pre", language[1] if language else "")

    def _verbatim(self, end: str, kind: str, carried: str) -> None:
        start = len(self.read.text)
        while not self._looks(end):
            sign = self.source[self.at : self.at + 1]
            following = self.source[self.at + 1 : self.at + 2]
            if not sign:
                raise Unreadable
            if sign == "\\" and following and 1 <= ord(following) <= 126:
                self.at, sign = self.at + 1, following
            elif sign == "`":  # in a block it takes another to be left alone
                self.at += 1
                self._verbatim("`", "code", "")
                continue
            self._say(sign, 1)
            self.fresh = False
        self.at += len(end)
        self.read.mark(start, (kind, carried))

    def _link(self) -> None:
        sign, start = self.open.pop()
        self.at += 1
        address = self.read.text[start:]
        if self._looks("("):
            self.at += 1
            address = ""
            while not self._looks(")"):
                letter = self.source[self.at : self.at + 1]
                if not letter:
                    raise Unreadable
                if letter == "\\" and self.source[self.at + 1 : self.at + 2]:
                    self.at += 1
                    letter = self.source[self.at]
                address += letter
                self.at += 1
            self.at += 1
        if found := _address(address, picture=sign == "!["):
            self.read.mark(start, found)


_TAGS: Final = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
}
_CARRYING: Final = ("a", "tg-emoji", "tg-time", "code", "pre", "blockquote")
_ENTITY: Final = re.compile(r"&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(lt|gt|amp|quot)(?![a-zA-Z]));?")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE: Final = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_TAG: Final = re.compile(rf"<(/?)([a-zA-Z-]+|(?<=/)(?=>))(?P<more>(?:\s+{_ATTRIBUTE.pattern})*)\s*>")


def read_html(source: str) -> Read:
    """Read HTML style; raise `Unreadable`."""
    read, at = Read(), 0
    open_tags: list[tuple[str, dict[str, str], int]] = []
    while at < len(source):
        if source[at] == "<":
            tag = _TAG.match(source, at)
            if tag is None:
                raise Unreadable
            at, name = tag.end(), tag[2].lower()
            if tag[1]:
                if not open_tags or name not in ("", open_tags[-1][0]):
                    raise Unreadable
                _close(read, open_tags)
            elif name in _TAGS or name in _CARRYING:
                found = {
                    one[1].lower(): _unescaped(one[2] or one[3] or one[4] or "")
                    for one in _ATTRIBUTE.finditer(tag["more"])
                }
                if name == "span" and found.get("class") != "tg-spoiler":
                    raise Unreadable
                open_tags.append((name, found, len(read.text)))
            else:
                raise Unreadable
        elif entity := _ENTITY.match(source, at):
            at = entity.end()
            read.text += _character(entity)
        else:
            read.text += source[at]
            at += 1
    if open_tags:
        raise Unreadable
    return read


def _close(read: Read, open_tags: list[tuple[str, dict[str, str], int]]) -> None:
    name, found, start = open_tags.pop()
    inner = read.text[start:]
    if name in _TAGS:
        read.mark(start, (_TAGS[name], ""))
    elif name == "blockquote":
        read.mark(start, (_QUOTES["expandable" in found], ""))
    elif name == "a":
        if mark := _address(found.get("href", "") or inner, picture=False):
            read.mark(start, mark)
    elif not inner:
        pass
    elif name == "tg-emoji":
        read.mark(start, _address(f"tg://emoji?id={found.get('emoji-id', '')}", picture=True) or ("", ""))
    elif name == "tg-time":
        written = f"tg://time?unix={found.get('unix', '')}&format={found.get('format', '')}"
        read.mark(start, _address(written, picture=True) or ("", ""))
    else:
        _close_code(read, open_tags, name, found, start)


def _close_code(
    read: Read, open_tags: list[tuple[str, dict[str, str], int]], name: str, found: dict[str, str], start: int
) -> None:
    """Mark code; of `pre` and `code` around the same text the language is that of `code`, whichever is outside."""
    end, language = len(read.text), found.get("class", "").removeprefix("language-")
    if name == "pre":
        read.mark(start, ("pre", found["inner"] if found.get("reach") == f"{start} {end}" else ""))
    elif language and read.spans and read.spans[-1][:2] == (start, end) and read.spans[-1][2][0] == "pre":
        read.spans[-1] = start, end, ("pre", language)
    else:
        read.mark(start, ("code", ""))
        if language and open_tags:
            open_tags[-1][1].update(inner=language, reach=f"{start} {end}")


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    number = int(entity[1]) if entity[1] else int(entity[2], 16)
    if not 0 < number < 0x110000 or 0xD800 <= number < 0xE000:
        return entity[0]
    return chr(number)


def _unescaped(value: str) -> str:
    return _ENTITY.sub(_character, value)


def read_markdown(source: str) -> Read:
    """Read MarkdownV2 style; raise `Unreadable`."""
    return _Markdown(source).run()

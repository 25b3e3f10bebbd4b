"""Telegram's MarkdownV2, and the older Markdown."""

from typing import Final, NamedTuple

from meydan.telegram.fake.formatted import Broken, Builder, Formatted, after, byte_offset
from meydan.telegram.fake.links import mark_link, mark_picture

_RESERVED: Final = frozenset("_*[]()~`>#+-=|{}.!\n")
_SIGNS: Final = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_SPACES: Final = frozenset(" \t\r\n\v\0")
_NAMES: Final = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough",
    "spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
}  # fmt: skip


class _Open(NamedTuple):
    kind: str
    sign: str  # what ends it; a quote ends with its lines
    start: int
    place: int
    language: str | None = None


def read_markdown_v2(text: str) -> Formatted:
    """Read MarkdownV2; raises `Broken`."""
    return _V2(text).read()


class _V2:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.built = Builder()
        self.open: list[_Open] = []
        self.quoted = False
        self.line_begins = True  # so that `>` is the sign of a quote

    def read(self) -> Formatted:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\" and _escapable(self.text, self.at + 1):
                self._take(self.text[self.at + 1], 2)
                if self.text[self.at - 1] == "\n":
                    self.line_begins = True
            elif char not in (_RESERVED if not self._in_code() else "`"):
                self._take(char, 1)
            elif self._ends(char):
                self._end(char)
            else:
                self._begin(char)
        self._finish()
        return self.built.done()

    def _take(self, char: str, length: int) -> None:
        self.built.add(char)
        self.at += length
        if char != "\r":
            self.line_begins = False

    def _in_code(self) -> bool:
        return bool(self.open) and self.open[-1].kind in ("code", "pre")

    # -- what ends --------------------------------------------------------------------------------------------------

    def _ends(self, char: str) -> bool:
        if not self.open:
            return False
        if self.quoted and char == "\n" and not self.text.startswith(">", self.at + 1):
            return True
        sign = self.open[-1].sign
        if sign == "_" and self.text.startswith("__", self.at):
            return False
        return bool(sign) and self.text.startswith(sign, self.at)

    def _end(self, char: str) -> None:
        if char == "\n":
            self._end_quote()
            return
        last = self.open.pop()
        self.at += len(last.sign)
        if last.kind == "text_link":
            address = self._address() if self.text.startswith("(", self.at) else self.built.text_since(last.start)
            mark_link(self.built, last.start, address)
        elif last.kind == "custom_emoji":
            if not self.text.startswith("(", self.at):
                raise Broken("The entity must contain a tg://emoji or tg://time URL")
            mark_picture(self.built, last.start, self._address())
        else:
            self.built.mark(last.kind, last.start, language=last.language)

    def _end_quote(self) -> None:
        """End the quote with the line's end, which still belongs to it; nothing that began in it may be open."""
        kind = self._quote_kind(self.at - 1 if self.text[self.at - 1 : self.at] == "\r" else self.at)
        self.built.add("\n")
        self.at += 1
        self.built.mark(kind, self.open.pop().start)
        self.quoted, self.line_begins = False, True

    def _quote_kind(self, end: int) -> str:
        """Return what the quote is; a hidden text that begins at its very end is the mark of one that expands."""
        kind = "blockquote"
        if self.open[-1].kind == "spoiler" and self.open[-1].place == end - 2:
            self.open.pop()
            kind = "expandable_blockquote"
        if self.open[-1].kind != "blockquote":
            raise self._unended()
        return kind

    def _finish(self) -> None:
        if self.quoted:
            kind = self._quote_kind(len(self.text))
            self.built.mark(kind, self.open.pop().start)
        if self.open:
            raise self._unended()

    def _address(self) -> str:
        self.at += 1
        start, address = self.at, ""
        while not self.text.startswith(")", self.at):
            if self.at >= len(self.text):
                raise Broken(f"Can't find end of a URL at byte offset {byte_offset(self.text, start)}")
            if self.text[self.at] == "\\" and _escapable(self.text, self.at + 1):
                self.at += 1
            address += self.text[self.at]
            self.at += 1
        self.at += 1
        return address

    # -- what begins ------------------------------------------------------------------------------------------------

    def _begin(self, char: str) -> None:
        text, place = self.text, self.at
        sign = char * 2 if char in "_|" and text.startswith(char * 2, place) else char
        if char == "\n":
            self._take(char, 1)
            self.line_begins = True
        elif sign in _SIGNS:
            self._open(_SIGNS[sign], sign, len(sign))
        elif char == "[":
            self._open("text_link", "]", 1)
        elif text.startswith("![", place):
            self._open("custom_emoji", "]", 2)
        elif text.startswith("```", place):
            self._open_pre()
        elif char == "`":
            self._open("code", "`", 1)
        elif char == ">" and self.line_begins:
            if not self.quoted:
                self._open("blockquote", "", 0)
                self.quoted = True
            self.at += 1
        else:
            raise Broken(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def _open(self, kind: str, sign: str, length: int, language: str | None = None) -> None:
        self.open.append(_Open(kind, sign, self.built.position, self.at, language))
        self.at += length

    def _open_pre(self) -> None:
        place = end = self.at + 3
        while end < len(self.text) and self.text[end] not in _SPACES and self.text[end] != "`":
            end += 1
        named = place < end < len(self.text) and self.text[end] != "`"
        content = after(self.text, end if named else place)
        self._open("pre", "```", content - self.at, self.text[place:end] if named else None)

    def _unended(self) -> Broken:
        last = self.open[-1]
        name = "PreCode" if last.language else _NAMES[last.kind]
        return Broken(f"Can't find end of {name} entity at byte offset {byte_offset(self.text, last.place)}")


def _escapable(text: str, at: int) -> bool:
    return at < len(text) and 1 <= ord(text[at]) <= 126


def read_markdown(text: str) -> Formatted:
    """Read the older Markdown; raises `Broken`."""
    built = Builder()
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("_", "*", "`", "["):
            built.add(text[at + 1])
            at += 2
        elif char in "_*`[":
            at = _piece(text, at, built)
        else:
            built.add(char)
            at += 1
    return built.done()


def _piece(text: str, at: int, built: Builder) -> int:
    sign = "```" if text.startswith("```", at) else text[at]
    begin, language = at + len(sign), None
    if sign == "```":
        end = next((i for i in range(begin, len(text)) if text[i] in _SPACES or text[i] == "`"), len(text))
        if begin < end < len(text) and text[end] != "`":
            begin, language = end, text[begin:end]
        begin = after(text, begin)
    end = text.find("]" if sign == "[" else sign, begin)
    if end < 0:
        raise Broken(f"Can't find end of the entity starting at byte offset {byte_offset(text, at)}")
    start = built.position
    built.add(text[begin:end])
    if sign != "[":
        kind = {"*": "bold", "_": "italic", "`": "code", "```": "pre"}[sign]
        built.mark(kind, start, language=language)
        return end + len(sign)
    if built.position == start or not text.startswith("](", end):
        mark_link(built, start, text[begin:end])
        return end + 1
    close = text.find(")", end)
    mark_link(built, start, text[end + 2 : close if close >= 0 else len(text)])
    return close + 1 if close >= 0 else len(text)

"""Telegram's MarkdownV2, and the older Markdown."""

from typing import Final, NamedTuple

from meydan.telegram.fake.formatted import Broken, Builder, Formatted, byte_offset, mark_link

_RESERVED: Final = frozenset("_*[]()~`>#+-=|{}.!")
_SIGNS: Final = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
_NAMES: Final = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough",
    "spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji",
}  # fmt: skip


class _Open(NamedTuple):
    kind: str
    sign: str  # what ends it
    start: int
    where: int
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
        self.quote: int | None = None

    def read(self) -> Formatted:
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if self._line_start() and self.quote is not None and char != ">" and not self.open:
                self._end_quote()
            if char == "\\" and self.at + 1 < len(text) and 0 < ord(text[self.at + 1]) <= 126:
                self._take(text[self.at + 1], 2)
            elif self.open and self.open[-1].kind in ("code", "pre"):
                self._in_code(char)
            elif char not in _RESERVED:
                self._take(char, 1)
            elif self.open and self._ends(self.open[-1]):
                self._close()
            else:
                self._start(char)
        if self.open:
            last = self.open[-1]
            raise Broken(f"Can't find end of {_NAMES[last.kind]} entity at byte offset {last.where}")
        self._end_quote()
        return self.built.done()

    def _take(self, piece: str, length: int) -> None:
        self.built.add(piece)
        self.at += length

    def _line_start(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] == "\n"

    def _in_code(self, char: str) -> None:
        last = self.open[-1]
        if self.text.startswith(last.sign, self.at):
            self.open.pop()
            self.built.mark(last.kind, last.start, language=last.language)
            self.at += len(last.sign)
        elif char == "`" and last.kind == "code":
            raise self._reserved(char)
        else:
            self._take(char, 1)

    def _ends(self, last: _Open) -> bool:
        if last.sign == "_" and self.text.startswith("__", self.at):
            return False
        return self.text.startswith(last.sign, self.at)

    def _close(self) -> None:
        last = self.open.pop()
        self.at += len(last.sign)
        if last.sign != "]":
            self.built.mark(last.kind, last.start)
            return
        url = self.built.text_since(last.start)
        if self.text.startswith("(", self.at):
            url = self._address()
        elif last.kind == "custom_emoji":
            raise Broken("Custom emoji entity must contain a tg://emoji URL")
        if last.kind == "custom_emoji":
            self.built.mark("custom_emoji", last.start, custom_emoji_id=url.removeprefix("tg://emoji?id="))
        else:
            mark_link(self.built, last.start, url)

    def _address(self) -> str:
        start, url = self.at, ""
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "\\" and self.at + 1 < len(self.text):
                self.at += 1
            url += self.text[self.at]
            self.at += 1
        if self.at >= len(self.text):
            raise Broken(f"Can't find end of a URL at byte offset {byte_offset(self.text, start)}")
        self.at += 1
        return url

    def _start(self, char: str) -> None:
        text, where = self.text, byte_offset(self.text, self.at)
        sign = char * 2 if char in "_|" and text.startswith(char * 2, self.at) else char
        if sign in _SIGNS:
            self.open.append(_Open(_SIGNS[sign], sign, self.built.position, where))
        elif char == "[":
            self.open.append(_Open("text_link", "]", self.built.position, where))
        elif text.startswith("![", self.at):
            sign = "!["
            self.open.append(_Open("custom_emoji", "]", self.built.position, where))
        elif char == "`":
            sign = self._start_code(where)
        elif char == ">" and self._line_start():
            if self.quote is None:
                self.quote = self.built.position
        else:
            raise self._reserved(char)
        self.at += len(sign)

    def _start_code(self, where: int) -> str:
        if not self.text.startswith("```", self.at):
            self.open.append(_Open("code", "`", self.built.position, where))
            return "`"
        end = self.at + 3
        while end < len(self.text) and not self.text[end].isspace() and self.text[end] != "`":
            end += 1
        language = self.text[self.at + 3 : end] if self.text[end : end + 1].isspace() else ""
        sign = "```" + language
        if self.text.startswith("\n", self.at + len(sign)):
            sign += "\n"
        self.open.append(_Open("pre", "```", self.built.position, where, language or None))
        return sign

    def _end_quote(self) -> None:
        if self.quote is not None:
            self.built.mark("blockquote", self.quote)
            self.quote = None

    def _reserved(self, char: str) -> Broken:
        return Broken(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")


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
    end = text.find("]" if sign == "[" else sign, at + len(sign))
    if end < 0:
        raise Broken(f"Can't find end of the entity starting at byte offset {byte_offset(text, at)}")
    start = built.position
    built.add(text[at + len(sign) : end])
    if sign != "[":
        built.mark({"*": "bold", "_": "italic", "`": "code", "```": "pre"}[sign], start)
        return end + len(sign)
    close = text.find(")", end) if text.startswith("](", end) else -1
    if close < 0:
        return end + 1
    mark_link(built, start, text[end + 2 : close])
    return close + 1

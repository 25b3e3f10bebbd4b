"""Telegram's HTML."""

import re
from typing import Final, NamedTuple

from meydan.telegram.fake.formatted import Broken, Builder, Formatted, byte_offset
from meydan.telegram.fake.links import mark_emoji, mark_link, mark_moment

_SIMPLE: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler", "tg-spoiler": "spoiler",
}  # fmt: skip
_NAMES: Final = frozenset({*_SIMPLE, "a", "code", "pre", "blockquote", "tg-emoji", "tg-time"})
_SIGN: Final = re.compile(r"&(?:#x([0-9A-Fa-f]*)|#([0-9]*)|([A-Za-z]*));?")
_SIGNS: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LONGEST_SIGN: Final = 9
_TOO_LARGE: Final = 0x10FFFF
_SPACES: Final = " \t\r\n\v\0"
_NAME: Final = re.compile(r"[^ \t\r\n\v\0>]*")
_ATTRIBUTE: Final = re.compile(r"[^ \t\r\n\v\0=>/\"']*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.-]*")


class _Tag(NamedTuple):
    name: str
    start: int
    attributes: dict[str, str]


def read_html(text: str) -> Formatted:
    """Read HTML; raises `Broken`."""
    built = Builder()
    open_tags: list[_Tag] = []
    at = 0
    while at < len(text):
        if text.startswith("</", at):
            at = _end_tag(text, at, built, open_tags)
        elif text[at] == "<":
            at = _start_tag(text, at, built, open_tags)
        elif text[at] == "&":
            shown, at = _sign(text, at)
            built.add(shown)
        else:
            end = next((i for i in range(at + 1, len(text)) if text[i] in "<&"), len(text))
            built.add(text[at:end])
            at = end
    if open_tags:
        raise Broken(f'Can\'t find end tag corresponding to start tag "{open_tags[-1].name}"')
    if any("\ud800" <= char <= "\udfff" for piece in built.pieces for char in piece):
        raise Broken(
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code "
            "units"
        )
    for entity in built.entities:
        if entity.type == "code":
            entity.language = None  # only within `pre` is it one
    return built.done()


def _sign(text: str, at: int) -> tuple[str, int]:
    """Return what is shown for what stands at `at`, and where that ends: a sign of HTML, or the character itself."""
    found = _SIGN.match(text, at)
    if found is None:
        return text[at], at + 1
    if named := found[3]:
        return (_SIGNS[named], found.end()) if named in _SIGNS else ("&", at + 1)
    digits, base = (found[1], 16) if found[1] is not None else (found[2] or "", 10)
    number = int(digits, base) if digits and len(found[0].rstrip(";")) <= _LONGEST_SIGN else 0
    return (chr(number), found.end()) if 0 < number < _TOO_LARGE else ("&", at + 1)


def _plain(value: str) -> str:
    shown, at = "", 0
    while at < len(value):
        piece, at = _sign(value, at)
        shown += piece
    return shown


def _past_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACES:
        at += 1
    return at


def _lowered(name: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in name)


def _start_tag(text: str, at: int, built: Builder, open_tags: list[_Tag]) -> int:
    where = byte_offset(text, at)
    end = _run(_NAME, text, at + 1)
    if end == len(text):
        raise Broken(f"Unclosed start tag at byte offset {where}")
    name = _lowered(text[at + 1 : end])
    if name not in _NAMES:
        raise Broken(f'Unsupported start tag "{name}" at byte offset {where}')
    attributes: dict[str, str] = {}
    while not text.startswith(">", end := _past_spaces(text, end)):
        end = _attribute(text, end, name, where, attributes)
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise Broken(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    open_tags.append(_Tag(name, built.position, attributes))
    return end + 1


def _attribute(text: str, at: int, tag: str, where: int, attributes: dict[str, str]) -> int:
    """Read one attribute and return where it ends; raises `Broken`."""
    end = _run(_ATTRIBUTE, text, at)
    name = text[at:end]
    if not name:
        raise Broken(f'Empty attribute name in the tag "{tag}" at byte offset {where}')
    end = _past_spaces(text, end)
    unclosed = Broken(f'Unclosed start tag "{tag}" at byte offset {where}')
    if not text.startswith("=", end):
        if end == len(text):
            raise unclosed
        attributes.setdefault(name, "")
        return end
    begin = _past_spaces(text, end + 1)
    if begin == len(text):
        raise unclosed
    if text[begin] in "\"'":
        end = text.find(text[begin], begin + 1)
        value = _plain(text[begin + 1 : end if end >= 0 else len(text)])
        end = end + 1 if end >= 0 else len(text)
    else:
        end = _run(_TOKEN, text, begin)
        value = _lowered(text[begin:end])
        if end < len(text) and text[end] not in (*_SPACES, ">"):
            raise Broken(f"Unexpected end of name token at byte offset {byte_offset(text, begin)}")
    if end == len(text):
        raise Broken(f"Unclosed start tag at byte offset {where}")
    attributes[name] = value
    return end


def _run(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where a run of characters that begins at `at` ends."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _end_tag(text: str, at: int, built: Builder, open_tags: list[_Tag]) -> int:
    where = byte_offset(text, at)
    if not open_tags:
        raise Broken(f"Unexpected end tag at byte offset {where}")
    end = _run(_NAME, text, at + 2)
    name = _lowered(text[at + 2 : end])
    end = _past_spaces(text, end)
    if not text.startswith(">", end):
        raise Broken(f"Unclosed end tag at byte offset {where}")
    tag = open_tags[-1]
    if name and name != tag.name:
        raise Broken(f'Unmatched end tag at byte offset {where}, expected "</{tag.name}>", found "</{name}>"')
    if built.position > tag.start:
        _mark(tag, built)
    open_tags.pop()
    return end + 1


def _mark(tag: _Tag, built: Builder) -> None:
    start, attributes = tag.start, tag.attributes
    match tag.name:
        case "a":
            mark_link(built, start, attributes.get("href") or built.text_since(start))
        case "pre" | "code":
            _mark_code(tag, built)
        case "tg-emoji":
            mark_emoji(built, start, attributes.get("emoji-id", ""))
        case "tg-time":
            mark_moment(built, start, attributes.get("unix", ""), attributes.get("format", ""))
        case "blockquote":
            built.mark("expandable_blockquote" if "expandable" in attributes else "blockquote", start)
        case name:
            built.mark(_SIMPLE[name], start)


def _mark_code(tag: _Tag, built: Builder) -> None:
    """Mark code; `pre` and `code` around the same text, whichever is inside, are one block with its language."""
    language = tag.attributes.get("class", "")
    language = language.removeprefix("language-") if language.startswith("language-") else ""
    last = built.entities[-1] if built.entities else None
    same = last is not None and (last.offset, last.offset + last.length) == (tag.start, built.position)
    if same and last is not None and tag.name == "pre" and last.type == "code" and last.language:
        last.type = "pre"
    elif same and last is not None and tag.name == "code" and last.type == "pre" and language:
        last.language = language
    else:
        built.mark(tag.name, tag.start, language=(language or None) if tag.name == "code" else None)

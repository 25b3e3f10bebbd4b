"""Telegram's HTML."""

import re
from html import unescape
from typing import Final, NamedTuple

from meydan.telegram.fake.formatted import Broken, Builder, Formatted, byte_offset, mark_link

_KINDS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}  # fmt: skip
_ATTRIBUTE: Final = re.compile(r"""\s*([A-Za-z0-9_-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.+_-]+)))?""")
_SIGN: Final = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")


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
        if text[at] == "<":
            at = (
                _end_tag(text, at, built, open_tags)
                if text[at + 1 : at + 2] == "/"
                else _tag(text, at, built, open_tags)
            )
        elif text[at] == "&" and (sign := _SIGN.match(text, at)):
            built.add(unescape(sign.group()))
            at = sign.end()
        else:
            end = next((i for i in range(at + 1, len(text)) if text[i] in "<&"), len(text))
            built.add(text[at:end])
            at = end
    if open_tags:
        raise Broken(f'Can\'t find end tag corresponding to start tag "{open_tags[-1].name}"')
    return built.done()


def _name(text: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(text) and (text[end] == "-" or (text[end].isascii() and text[end].isalnum())):
        end += 1
    return text[at:end].casefold(), end


def _tag(text: str, at: int, built: Builder, open_tags: list[_Tag]) -> int:
    name, end = _name(text, at + 1)
    where = byte_offset(text, at)
    if end >= len(text):
        raise Broken(f"Unclosed start tag at byte offset {where}")
    if name not in _KINDS:
        raise Broken(f'Unsupported start tag "{name}" at byte offset {where}')
    attributes: dict[str, str] = {}
    while not text[end:].lstrip().startswith(">"):
        attribute = _ATTRIBUTE.match(text, end)
        if attribute is None:
            raise Broken(f"Unclosed start tag at byte offset {where}")
        values = (attribute.group(2), attribute.group(3), attribute.group(4))
        attributes[attribute.group(1).casefold()] = unescape(next((v for v in values if v is not None), ""))
        end = attribute.end()
    if name == "span" and attributes.get("class") != "tg-spoiler":
        raise Broken(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    open_tags.append(_Tag(name, built.position, attributes))
    return text.index(">", end) + 1


def _end_tag(text: str, at: int, built: Builder, open_tags: list[_Tag]) -> int:
    where = byte_offset(text, at)
    if not open_tags:
        raise Broken(f"Unexpected end tag at byte offset {where}")
    name, end = _name(text, at + 2)
    while end < len(text) and text[end].isspace():
        end += 1
    if end >= len(text) or text[end] != ">":
        raise Broken(f"Unclosed end tag at byte offset {where}")
    tag = open_tags.pop()
    if name and name != tag.name:
        raise Broken(f'Unmatched end tag at byte offset {where}, expected "</{tag.name}>", found "</{name}>"')
    _mark(tag, built, open_tags)
    return end + 1


def _mark(tag: _Tag, built: Builder, open_tags: list[_Tag]) -> None:
    kind, start, attributes = _KINDS[tag.name], tag.start, tag.attributes
    match tag.name:
        case "a":
            mark_link(built, start, attributes.get("href") or built.text_since(start))
        case "pre":
            inner = next((item for item in reversed(built.entities) if item.offset >= start and item.language), None)
            if inner is not None and inner.type == "code":
                built.entities.remove(inner)
            built.mark("pre", start, language=inner.language if inner is not None else None)
        case "code":
            language = attributes.get("class", "").removeprefix("language-")
            inside = bool(open_tags) and open_tags[-1].name == "pre"
            if not inside or language:
                built.mark("code", start, language=language if inside else None)
        case "tg-emoji":
            built.mark(kind, start, custom_emoji_id=attributes.get("emoji-id", ""))
        case "blockquote":
            built.mark("expandable_blockquote" if "expandable" in attributes else kind, start)
        case _:
            built.mark(kind, start)

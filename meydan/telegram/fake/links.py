"""What the address of a link stands for: a page, somebody by number, a custom emoji, a moment."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from meydan.telegram.fake.formatted import Broken, Builder
from meydan.telegram.fake.shapes import User

_INSIDE: Final = re.compile(r"(tg|tonsite|ton):(?://)?", re.IGNORECASE)
_SCHEME: Final = re.compile(r"([^:/?#@\[\]]*)://")
_AUTHORITY: Final = re.compile(r"[^/?#]*")
_PART: Final = re.compile(r"(?:[A-Za-z0-9.\-_!$,~*'();&+=]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")
_NUMBER: Final = re.compile(r"-?[0-9]+")
_LARGEST: Final = 2**63 - 1
_LAST_MOMENT: Final = 2**31 - 1
_LETTERS: Final = {**{letter: letter for letter in "tTdDw"}, "W": "w"}


def mark_link(built: Builder, start: int, url: str) -> None:
    """Mark a link, or the mention of a user by number; what is no address stays plain text."""
    if user_id := mentioned(url):
        built.mark("text_mention", start, user=User(id=user_id, is_bot=False, first_name=built.text_since(start)))
    elif found := checked(url):
        built.mark("text_link", start, url=found)


def mark_picture(built: Builder, start: int, url: str) -> None:
    """Mark a custom emoji or a moment; raises `Broken` for every other address."""
    emoji = next((value for name, value in _query(url, "emoji") if name == "id"), "")
    if identifier := _whole(emoji, _LARGEST):
        built.mark("custom_emoji", start, custom_emoji_id=str(identifier))
        return
    given = dict(_query(url, "time"))
    moment, letters = _whole(given.get("unix", ""), _LAST_MOMENT), time_format(given.get("format", ""))
    if moment <= 0 or letters is None:
        raise Broken("Invalid tg://emoji or tg://time URL specified")
    built.mark("date_time", start, unix_time=moment, date_time_format=letters)


def mark_emoji(built: Builder, start: int, identifier: str) -> None:
    """Mark a custom emoji; raises `Broken`."""
    if not (number := _whole(identifier, _LARGEST)):
        raise Broken("Invalid custom emoji identifier specified")
    built.mark("custom_emoji", start, custom_emoji_id=str(number))


def mark_moment(built: Builder, start: int, moment: str, wished: str) -> None:
    """Mark a moment; one that is none stays plain text, a format that is none raises `Broken`."""
    letters = time_format(wished)
    if letters is None:
        raise Broken("Invalid date format used")
    digits = re.match(r"-?[0-9]+", moment)
    if digits and 0 < int(digits[0]) <= _LAST_MOMENT:
        built.mark("date_time", start, unix_time=int(digits[0]), date_time_format=letters)


def time_format(wished: str) -> str | None:
    """Return how a moment is to be shown, its letters in Telegram's order; `None` for a format that is none."""
    if wished in ("r", "R"):
        return "r"
    letters = {_LETTERS.get(letter, "") for letter in wished}
    if "" in letters:
        return None
    return "".join(next((one for one in pair if one in letters), "") for pair in ("w", "dD", "tT"))


def mentioned(url: str) -> int:
    """Return whom a `tg://user?id=` link is about, 0 for every other link."""
    found = next((value for name, value in _query(url.lower(), "user") if name == "id"), "")
    return max(0, _whole(found, _LARGEST))


def checked(url: str) -> str:
    """Return an address as Telegram writes it, nothing for what is none."""
    inside = _INSIDE.match(url)
    rest = url[inside.end() :] if inside else url
    scheme = _SCHEME.match(rest)
    kind = scheme[1].lower() if scheme else "http"
    authority = _AUTHORITY.match(rest, scheme.end() if scheme else 0)
    if kind not in ("http", "https") or authority is None:
        return ""
    user, at, place = authority[0].rpartition("@")
    host, port = _port(place)
    plain = host if host[:1] + host[-1:] == "[]" else None
    if port is None or not _host_fits(host, plain) or not _PART.fullmatch(user.replace(":", "")):
        return ""
    path = _path(rest[authority.end() :])
    if inside is None:
        return f"{kind}://{user}{at if user else ''}{host.lower()}{port}{path}" if "." in host or plain else ""
    allowed = r"[A-Za-z0-9_.-]+" if inside[1].lower() == "tonsite" else r"[A-Za-z0-9_-]+"
    if scheme or user or port or plain or not re.fullmatch(allowed, host):
        return ""
    return f"{inside[1].lower()}://{host.lower()}{path[1:] if path.startswith('/?') else path}"


def _port(place: str) -> tuple[str, str | None]:
    """Cut `:port` off; `None` for one that cannot be."""
    host, colon, port = place.rpartition(":")
    if not colon or not host or "]" in port:
        return place, ""
    number = int(port) if port.isascii() and port.isdecimal() else 0
    return host, f":{number}" if 0 < number < 65_536 else None


def _host_fits(host: str, bracketed: str | None) -> bool:
    if bracketed is not None:
        try:
            return bool(ipaddress.IPv6Address(bracketed[1:-1]))
        except ValueError:
            return False
    return host not in ("", ".") and bool(_PART.fullmatch(host))


def _path(rest: str) -> str:
    rest = rest.rstrip(" \t\r\n\v\0")
    path = rest if rest.startswith("/") else f"/{rest}"
    return "".join(f"%{ord(char):02X}" if char <= " " else char for char in path)


def _query(url: str, host: str) -> Iterator[tuple[str, str]]:
    """Go through the parameters of a link of Telegram's own scheme and this host."""
    found = re.match(rf"tg:(?://)?{host}/?\?([^#]*)", url, re.IGNORECASE)
    for pair in found[1].split("&") if found else ():
        name, _, value = pair.partition("=")
        yield name, value


def _whole(digits: str, largest: int) -> int:
    number = int(digits) if _NUMBER.fullmatch(digits) and len(digits) < 30 else 0
    return number if -largest - 1 <= number <= largest else 0

"""Ways in which a recorded frame is spoiled, each by name: of the text, of one field, and of the frame around them."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.chat.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, framed

OfText = Callable[[Random, bytes], bytes]
OfField = Callable[[Random, Any], Any]
OfFrame = Callable[[Random, bytes], bytes]


def _at(chance: Random, text: bytes) -> int:
    return chance.randrange(len(text) + 1)


def _put(chance: Random, text: bytes, piece: bytes) -> bytes:
    place = _at(chance, text)
    return text[:place] + piece + text[place:]


def _changed(chance: Random, text: bytes, change: Callable[[int], int]) -> bytes:
    place = chance.randrange(len(text))
    return text[:place] + bytes((change(text[place]),)) + text[place + 1 :]


def _around(chance: Random, text: bytes, change: Callable[[bytes], bytes]) -> bytes:
    place = chance.randrange(len(text))
    return text[:place] + change(text[place : place + 1]) + text[place + 1 :]


def _rolled(text: bytes, place: int) -> bytes:
    return text[place:] + text[:place]


TEXTS: Final[dict[str, OfText]] = {
    "a bit flipped": lambda c, t: _changed(c, t, lambda byte: byte ^ (1 << c.randrange(7))),
    "a byte replaced": lambda c, t: _changed(c, t, lambda _byte: c.randrange(128)),
    "a byte dropped": lambda c, t: _around(c, t, lambda _byte: b""),
    "a byte doubled": lambda c, t: _around(c, t, lambda byte: byte * 2),
    "the end cut": lambda c, t: t[: _at(c, t)],
    "the start cut": lambda c, t: t[_at(c, t) :],
    "two halves swapped": lambda c, t: _rolled(t, _at(c, t)),
    "a NUL inserted": lambda c, t: _put(c, t, b"\0"),
    "a control character inserted": lambda c, t: _put(c, t, bytes((c.randrange(1, 32),))),
    "a byte order mark": lambda c, t: b"\xef\xbb\xbf" + t,
    "nothing at all": lambda _c, _t: b"",
    "only spaces": lambda c, _t: b" \t\r\n" * c.randrange(1, 50),
    "twice in one": lambda _c, t: t + t,
    "arrays nested deep": lambda c, _t: b"[" * c.randrange(100, 20_000),
    "objects nested deep": lambda c, t: t[:-1] + b',"x":' + b'{"a":' * c.randrange(100, 5_000),
    "many keys": lambda c, t: t[:-1] + b"".join(b',"k%d":1' % n for n in range(c.randrange(100, 2_000))) + b"}",
    "keys twice": lambda c, t: t[:-1] + b"," + t[1:],
    "a long key": lambda c, t: t[:-1] + b',"' + b"k" * c.randrange(1_000, 50_000) + b'":1}',
    "no number": lambda c, t: t[:-1] + b',"sira":' + c.choice((b"NaN", b"Infinity", b"-", b"01", b"1e999")) + b"}",
    "a comment": lambda c, t: _put(c, t, b"/* */"),
    "an escape without end": lambda c, t: _put(c, t, b"\\u12"),
}

FIELDS: Final[dict[str, OfField]] = {
    "null": lambda _c, _v: None,
    "a number": lambda c, _v: c.randrange(1_000),
    "a huge number": lambda c, _v: 10 ** c.randrange(16, 400),
    "a negative number": lambda c, _v: -c.randrange(1, 2**63),
    "a fraction": lambda c, _v: c.random(),
    "true or false": lambda c, _v: c.random() < 0.5,
    "an array": lambda c, v: [v] * c.randrange(4),
    "an object": lambda _c, v: {"a": v},
    "an empty text": lambda _c, _v: "",
    "a long text": lambda c, _v: "x" * c.randrange(65, 60_000),
    "half a character": lambda c, _v: chr(c.randrange(0xD800, 0xE000)),
    "marks of direction": lambda c, v: f"\u202e{v}\u2066" * c.randrange(1, 20),
    "what shows nothing": lambda c, _v: c.choice(("\u200b", "\ufff9", "\U0001d159", "\U000e0fff", "\ufff0")),
    "quotes of a database": lambda c, _v: c.choice(("' OR 1=1 --", '"; DROP TABLE rooms', "%", "\\")),
    "a path": lambda c, _v: c.choice(("../../etc/passwd", "/", "..", "genel/../gizli", "%2e%2e")),
    "another letter case": lambda _c, v: str(v).swapcase(),
    "another tag": lambda c, _v: c.choice(("oda_katil", "mesaj_sil", "tepki", "okundu", "yaziyor", "mesaj", "hata")),
    "another id": lambda c, _v: f"{c.getrandbits(128):032x}",
    "many marks on one letter": lambda c, _v: "a" + "\u0301" * c.randrange(1, 4_000),
    "line breaks": lambda c, v: f"{v}\r\n\u2028" * c.randrange(1, 50),
}

FRAMES: Final[dict[str, OfFrame]] = {
    "random bytes inserted": lambda c, t: framed(TEXT, _put(c, t, c.randbytes(c.randrange(1, 40)))),
    "invalid UTF-8": lambda c, t: framed(TEXT, _put(c, t, c.choice((b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f")))),
    "overlong UTF-8": lambda c, t: framed(TEXT, _put(c, t, b"\xc0\xaf")),
    "a surrogate in UTF-8": lambda c, t: framed(TEXT, _put(c, t, b"\xed\xa0\x80")),
    "a reserved opcode": lambda c, t: framed(c.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), t[:100]),
    "a reserved bit": lambda c, t: bytes((0x81 | c.choice((0x40, 0x20, 0x10)),)) + framed(TEXT, t)[1:],
    "no mask": lambda _c, t: framed(TEXT, t, mask=False),
    "binary": lambda _c, t: framed(BINARY, t),
    "a continuation of nothing": lambda _c, t: framed(CONTINUATION, t),
    "a beginning without end": lambda _c, t: framed(TEXT, t, fin=False) + framed(TEXT, t),
    "many pieces": lambda _c, t: framed(TEXT, t[:1], fin=False) + framed(CONTINUATION, b"", fin=False) * 300,
    "too long together": lambda _c, t: framed(TEXT, t, fin=False) + framed(CONTINUATION, b"x" * 65_536),
    "too long at once": lambda _c, _t: framed(TEXT, b"x" * 65_537),
    "a length that is not its own": lambda c, t: bytes((0x81, 0x80 | c.randrange(126))) + b"\0\0\0\0" + t,
    "a length in too many bytes": lambda _c, t: b"\x81\xff" + len(t).to_bytes(8) + b"\0\0\0\0" + t,
    "an endless length": lambda _c, _t: b"\x81\xff" + b"\xff" * 8 + b"\0\0\0\0",
    "cut in the middle": lambda c, t: framed(TEXT, t)[: c.randrange(len(t))],
    "a long ping": lambda _c, _t: framed(PING, b"x" * 126),
    "a ping in pieces": lambda _c, _t: framed(PING, b"x", fin=False),
    "a close in pieces": lambda _c, _t: framed(CLOSE, b"\x03\xe8", fin=False),
    "a close with a wrong code": lambda c, _t: framed(CLOSE, c.randrange(1_000).to_bytes(2)),
    "half a close code": lambda _c, _t: framed(CLOSE, b"\x03"),
    "a close whose reason is no text": lambda _c, _t: framed(CLOSE, b"\x03\xe8\xff"),
    "two closes": lambda _c, _t: framed(CLOSE, b"\x03\xe8") * 2,
    "a frame behind the close": lambda _c, t: framed(CLOSE, b"") + framed(TEXT, t),
    "a crowd of pongs": lambda _c, _t: framed(PONG, b"x" * 125) * 50,
    "noise": lambda c, _t: c.randbytes(c.randrange(1, 300)),
    "another protocol": lambda _c, _t: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


def spoil_field(chance: Random, recorded: bytes, change: OfField) -> bytes:
    """Return a recorded text with one of its fields changed."""
    frame = json.loads(recorded)
    name = chance.choice(list(frame))
    frame[name] = change(chance, frame[name])
    return json.dumps(frame).encode()

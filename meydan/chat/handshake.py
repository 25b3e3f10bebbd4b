"""The opening handshake: what arrives in many spellings is brought into the one that picows reads.

picows compares whole values (`Connection: Upgrade` and nothing else) and gives up without a word on a head of more than
16 KiB. RFC 9110 makes `Connection` and `Upgrade` lists, over as many header fields as one likes, and a browser sends
whatever cookies the host has. So only what the hub reads is handed on.
"""

from http import HTTPStatus
from typing import Final

_PASSED_ON: Final = frozenset(
    {
        b"accept-language",
        b"content-length",
        b"host",
        b"origin",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"transfer-encoding",
        b"user-agent",
        b"x-forwarded-for",
    }
)
_ONCE: Final = frozenset({b"host", b"origin", b"sec-websocket-key", b"sec-websocket-version"})
_HEAD_BYTES: Final = 15_360  # picows stops at 16 KiB
_TOKENS: Final = 32  # of a list; nobody has more to say
_VERSION: Final = b"13"
_UPGRADE: Final = b"connection: upgrade\r\nupgrade: websocket"


def tokens(values: list[bytes]) -> frozenset[bytes]:
    """Return the lower-case members of a header that is a list, over all its fields."""
    return frozenset(token.strip().lower() for token in b",".join(values).split(b",", _TOKENS)[:_TOKENS])


def tidied(head: bytes) -> bytes | HTTPStatus:
    """Return an upgrade request, one field a line, as picows takes it; or the status that refuses it."""
    start, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    fields = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
    connection = tokens([value for name, value in fields if name == b"connection"])
    upgrade = tokens([value for name, value in fields if name == b"upgrade"])
    if b"upgrade" not in connection or b"websocket" not in upgrade:
        return HTTPStatus.BAD_REQUEST
    kept = [(name, value) for name, value in fields if name in _PASSED_ON]
    if any(sum(name == once for name, _ in kept) > 1 for once in _ONCE):
        return HTTPStatus.BAD_REQUEST
    if [value.strip() for name, value in kept if name == b"sec-websocket-version"] != [_VERSION]:
        return HTTPStatus.UPGRADE_REQUIRED
    passed = b"\r\n".join((start, *(b"%b:%b" % field for field in kept), _UPGRADE))
    return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if len(passed) > _HEAD_BYTES else passed + b"\r\n\r\n"


def refusal(status: HTTPStatus) -> bytes:
    """Return the whole answer that turns an upgrade away."""
    phrase = status.phrase.encode()
    version = b"sec-websocket-version: %b\r\n" % _VERSION if status == HTTPStatus.UPGRADE_REQUIRED else b""
    return (
        b"HTTP/1.1 %d %b\r\nconnection: close\r\n%bcontent-type: text/plain\r\ncontent-length: %d\r\n\r\n"
        % (status, phrase, version, len(phrase))
    ) + phrase

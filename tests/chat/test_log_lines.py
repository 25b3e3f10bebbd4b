"""Clients' mistakes are no errors of ours: whatever they send, no line of the log says so."""

import asyncio
import contextlib
import logging
import socket
import struct

import pytest

from tests.chat.node import Node
from tests.chat.raw import CLOSE, PING, TEXT, framed, upgraded

_HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_UPGRADE = b"GET /api/v1/ws/%b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
_KEY = b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
MISTAKES = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "half a head": b"GET / HTT",
    "a strange method": b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a strange host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "half a body": _HEAD + b"Content-Length: 100\r\n\r\n{",
    "no JSON": _HEAD + b"Content-Length: 1\r\n\r\n{",
    "a broken chunk": _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no form": b"POST /api/v1/telegram/media HTTP/1.1\r\nHost: localhost\r\nX-API-Key: the-key-of-the-environment\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n\r\n--x\r\nhm\r\n",
    "half an upload": b"POST /api/v1/telegram/media HTTP/1.1\r\nHost: localhost\r\n"
    b"X-API-Key: the-key-of-the-environment\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: 90000\r\n\r\n--x\r\n",
    "another upgrade": b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "no key": _UPGRADE % b"ayse" + b"\r\n",
    "no such door": _UPGRADE % b"a/b/c" + _KEY + b"\r\n",
    "no name": _UPGRADE % b"%00" + _KEY + b"\r\n",
    "another version": _UPGRADE % b"misafir" + b"Sec-WebSocket-Version: 8\r\n\r\n",
}
FRAMES = {
    "all bits": b"\xff" * 40,
    "half a frame": b"\x81\xfe",
    "nobody's opcode": framed(3, b""),
    "no mask": framed(TEXT, b"{}", mask=False),
    "a PING in pieces": framed(PING, b"", fin=False),
    "a long PING": framed(PING, bytes(126)),
    "a longer frame than any": b"\x81\xff" + b"\x7f" * 12,
    "no close code": framed(CLOSE, b"\x03"),
}


async def make(node: Node, mistake: bytes, *, reset: bool, socket_of: str = "") -> None:
    """Send it, wait for what comes of it, and hang up, as one does or in the middle of everything."""
    if socket_of:
        raw = await upgraded(node, socket_of)
        await raw.frame("sistem")
        reader, writer = raw.reader, raw.writer
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(mistake)
    with contextlib.suppress(ConnectionError, TimeoutError):
        await writer.drain()
        async with asyncio.timeout(0.05):
            await reader.read(4096)
    if reset:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("reset", [False, True], ids=["hung up", "reset"])
async def test_no_mistake_of_a_client_is_an_error_line(
    node: Node, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], reset: bool
) -> None:
    with caplog.at_level(logging.INFO):
        await asyncio.gather(
            *(make(node, mistake, reset=reset) for mistake in MISTAKES.values()),
            *(make(node, frame, reset=reset, socket_of=f"hatali{n}") for n, frame in enumerate(FRAMES.values())),
        )
        assert (await node.http.get("/auth/me")).status_code == 401
    assert [(line.name, line.getMessage()) for line in caplog.records if line.levelno >= logging.ERROR] == []
    assert "[error" not in capsys.readouterr().out

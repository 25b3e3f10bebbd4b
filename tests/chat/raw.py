"""A WebSocket without a library: every bit of a frame is the test's to choose, and so is when to read."""

import asyncio
import base64
import contextlib
import json
import os
import socket
from dataclasses import dataclass

from tests.chat.node import PATIENCE, Frame, Node

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


@dataclass
class RawSocket:
    """One upgraded connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, opcode: int, payload: bytes, *, fin: bool = True, mask: bool = True) -> None:
        """Send one frame."""
        self.writer.write(framed(opcode, payload, fin=fin, mask=mask))
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def read(self) -> tuple[int, bytes]:
        """Return the next frame's opcode and payload."""
        async with asyncio.timeout(PATIENCE):
            first, size = await self.reader.readexactly(2)
            if size > 125:
                size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
            return first & 15, await self.reader.readexactly(size)

    async def frame(self, tip: str) -> Frame:
        """Return the next text of this kind, passing over others."""
        while True:
            opcode, payload = await self.read()
            assert opcode == TEXT, f"frame {opcode} {payload!r} while waiting for {tip}"
            frame: Frame = json.loads(payload)
            if frame["tip"] == tip:
                return frame

    async def closed(self) -> int:
        """Read to the close frame and return its code; 1006 when the line was cut instead."""
        try:
            while True:
                opcode, payload = await self.read()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2])
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006

    def hang_up(self) -> None:
        self.writer.transport.abort()


def framed(opcode: int, payload: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    """Return a client's frame."""
    first, flag, size = bytes((fin << 7 | opcode,)), 0x80 if mask else 0, len(payload)
    if size < 126:
        head = first + bytes((flag | size,))
    elif size < 65_536:
        head = first + bytes((flag | 126,)) + size.to_bytes(2)
    else:
        head = first + bytes((flag | 127,)) + size.to_bytes(8)
    return head + (b"\0\0\0\0" + payload if mask else payload)  # this mask changes nothing


async def upgraded(node: Node, path: str, *, receive_buffer: int | None = None) -> RawSocket:
    """Connect, upgrade and wait for nothing more; a small `receive_buffer` makes a reader that is soon full."""
    raw = await knocking(node, path, receive_buffer=receive_buffer)
    answer = await raw.reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return raw


async def knocking(
    node: Node, path: str, *, receive_buffer: int | None = None, behind: bytes = b"", ahead: bytes = b""
) -> RawSocket:
    """Connect and ask for an upgrade, `behind` what else is asked on the same connection; `ahead` goes with it."""
    sock = socket.socket()
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", node.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=receive_buffer or 65_536)
    raw = RawSocket(reader, writer)
    node.stack.callback(raw.hang_up)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        f"GET /api/v1/ws/{path} HTTP/1.1",
        f"Host: 127.0.0.1:{node.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    )
    writer.write(behind + "\r\n".join((*lines, "", "")).encode() + ahead)
    return raw

"""The opening handshake as browsers, proxies and strangers send it."""

import asyncio
import base64
import contextlib

import pytest

from tests.chat.node import PATIENCE, Node
from tests.chat.raw import TEXT, framed, knocking

_KEY = base64.b64encode(b"sixteen bytes it").decode()
_PLAIN = ("Upgrade: websocket", "Connection: Upgrade")
_FIREFOX = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept: */*",
    "Accept-Language: tr-TR,tr;q=0.8,en-US;q=0.5,en;q=0.3",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Connection: keep-alive, Upgrade",
    "Sec-Fetch-Dest: websocket",
    "Pragma: no-cache",
    "Upgrade: websocket",
)


_TABLE = (
    (_PLAIN, {101}),
    (_FIREFOX, {101}),
    (("Upgrade: websocket", "Connection: Upgrade, keep-alive"), {101}),
    (("Upgrade: websocket", "connection:UPGRADE"), {101}),
    (("Upgrade: websocket", "Connection: keep-alive", "Connection: Upgrade"), {101}),
    (("Upgrade: websocket", "Connection: Upgrade", "Connection: keep-alive"), {101}),
    (("Upgrade: websocket", "Upgrade: websocket", "Connection: Upgrade"), {101}),
    (("Upgrade: h2c, WebSocket", "Connection: Upgrade"), {101}),
    ((*_PLAIN, "Cookie: a=" + "b" * 20_000), {101}),
    ((*_PLAIN, "Cookie: a=" + "b" * 30_000), {101}),
    ((*_PLAIN, *(f"X-Many-{number}: x" for number in range(300))), {101}),
    ((*_PLAIN, "User-Agent: " + "u" * 16_000), {431}),
    ((*_PLAIN, "Cookie: a=" + "b" * 70_000), {101, 431}),
    ((*_PLAIN, "Origin: http://["), {400, 403}),
    ((*_PLAIN, "Origin: ["), {400, 403}),
    ((*_PLAIN, "Origin: http://[::1"), {400, 403}),
    ((*_PLAIN, "Origin: \xff\xfe"), {400, 403}),
    ((*_PLAIN, "Origin: http://a", "Origin: http://b"), {400}),
    ((*_PLAIN, "Sec-WebSocket-Key: " + _KEY), {400}),
    ((*_PLAIN, "Content-Length: 3"), {400}),
)


async def first_line(node: Node, data: bytes) -> bytes:
    """Send bytes and return the first line of the answer; nothing when the line is cut without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    try:
        writer.write(data)
        async with asyncio.timeout(PATIENCE):
            return await reader.readline()
    finally:
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def status(node: Node, *lines: str, path: str = "misafir", key: str = _KEY) -> int:
    """Send one handshake and return the status of its answer."""
    head = (f"GET /api/v1/ws/{path} HTTP/1.1", f"Host: 127.0.0.1:{node.port}", "Sec-WebSocket-Version: 13")
    data = "\r\n".join((*head, f"Sec-WebSocket-Key: {key}", *lines, "", "")).encode("latin-1")
    return int((await first_line(node, data) or b"cut 0").split()[1])


async def test_a_handshake_is_answered_whatever_its_spelling(node: Node) -> None:
    for number, (lines, answers) in enumerate(_TABLE):
        assert await status(node, *lines, path=f"misafir{number}") in answers, lines


async def test_another_version_of_the_protocol_is_told_which_one_is_spoken(node: Node) -> None:
    for number, version in enumerate(("8", "7", "14", "", "13, 8", None)):
        head = f"GET /api/v1/ws/misafir{number} HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Key: {_KEY}"
        lines = (*_PLAIN, f"Sec-WebSocket-Version: {version}") if version is not None else _PLAIN
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write("\r\n".join((head, *lines, "", "")).encode())
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 426 "), version
        assert b"\r\nsec-websocket-version: 13\r\n" in answer
        writer.close()


async def test_a_handshake_with_a_broken_address_is_answered(node: Node) -> None:
    many = "&".join(f"p{number}=x" for number in range(5_000))
    for path in (f"misafir?{many}", "misafir?bilet=" + "x" * 20_000):
        assert await status(node, *_PLAIN, path=path) == 414
    line = await first_line(
        node,
        "\r\n".join(("GET //[x HTTP/1.1", "Host: localhost", "Sec-WebSocket-Version: 13", *_PLAIN, "", "")).encode(),
    )
    assert line.split()[1] in (b"400", b"404")
    assert await status(node, *_PLAIN, key="short") == 400
    assert await status(node, *_PLAIN) == 101, "the node still serves"


@pytest.mark.parametrize("segments", [1, 2, 3])
@pytest.mark.parametrize("in_line", [False, True])
async def test_frames_right_behind_the_handshake_wait_their_turn(node: Node, *, segments: int, in_line: bool) -> None:
    """They come with the upgrade request, behind it, or cut in two, and while others of the address are ahead."""
    join, leave = (framed(TEXT, b'{"tip":"%b","oda_id":"genel"}' % tip) for tip in (b"oda_katil", b"oda_ayril"))
    ahead, rest = ((join + leave, []), (b"", [join + leave]), (join[:9], [join[9:], leave]))[segments - 1]
    gate = node.square.gate
    async with contextlib.AsyncExitStack() as line:
        for _ in range(2 * in_line):
            await line.enter_async_context(gate.caller_limit.work("127.0.0.1 socket"))
        raw = await knocking(node, "misafir", ahead=ahead)
        async with asyncio.timeout(PATIENCE):
            while not sum(caller.sockets for caller in gate.callers().values()):  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.001)
        for part in rest:
            raw.writer.write(part)
            await raw.writer.drain()
    assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    for tip in ("sistem", "oda_katilim", "oda_ayrilma"):
        await raw.frame(tip)


async def test_a_refused_handshake_is_answered_whatever_stands_behind_it(node: Node) -> None:
    for path, answer in (("a/b", b"HTTP/1.1 404 "), ("misafir", b"HTTP/1.1 101 ")):
        raw = await knocking(node, path, ahead=framed(TEXT, b" " * 60_000))
        async with asyncio.timeout(PATIENCE):
            assert (await raw.reader.readline()).startswith(answer)
    async with asyncio.timeout(PATIENCE):
        assert await (await knocking(node, "misafir", ahead=bytes(65_537))).reader.read() == b""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from meydan.app.http_protocol import HEAD_BYTES, BoundedHttp

_HELLO = b"POST / HTTP/1.1\r\nhost: x\r\n"
_FILLER = b"x-filler: " + b"a" * 1000 + b"\r\n"
_ENDLESS = 2 * HEAD_BYTES + 262_144  # what asyncio reads at once may hold the last thing that was understood
Ask = Callable[..., Awaitable[bytes]]


class Hasty(BoundedHttp):
    head_seconds = 0.0


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read all of the body and say how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    text = str(length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@contextlib.asynccontextmanager
async def _listening(kind: type[BoundedHttp]) -> AsyncIterator[Ask]:
    config = uvicorn.Config(_app, http=kind, lifespan="off", log_config=None, ws="none")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )

    async def ask(*parts: bytes, until: bytes = b"") -> bytes:
        """Send the parts and return what comes back until the connection is closed, or `until` is there."""
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            answer = b""
            with contextlib.suppress(ConnectionError):
                while not until or until not in answer:
                    if not (piece := await reader.read(65_536)):
                        break
                    answer += piece
            return answer
        finally:
            writer.close()

    try:
        yield ask
    finally:
        server.close()
        await asyncio.gather(*state.tasks)


@pytest.mark.parametrize(
    "start",
    [
        b"GET /" + b"a" * 1000,
        _HELLO,
        _HELLO + b"x-one: ",
        _HELLO + b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
    ],
    ids=["address", "headers", "one header", "trailers"],
)
async def test_a_head_without_end_is_not_gathered(start: bytes) -> None:
    filler = b"a" * 1000 if start.endswith((b"a", b": ")) else _FILLER
    async with _listening(BoundedHttp) as ask:
        answer = await ask(start, *([filler] * (_ENDLESS // len(filler))))
    assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 ")) or answer == b""


async def test_large_heads_and_bodies_within_the_bounds_are_served() -> None:
    headers = _FILLER * 30
    async with _listening(BoundedHttp) as ask:
        body = b"b" * 500_000
        answer = await ask(_HELLO + headers + b"content-length: 500000\r\n\r\n", body, until=b"500000")
        assert answer.startswith(b"HTTP/1.1 200 ")
        twice = (_HELLO + headers + b"content-length: 2\r\n\r\nok") * 2
        assert (await ask(twice + b"GET", until=b"2HTTP")).count(b"200 OK") == 2


async def test_a_head_that_does_not_come_is_not_waited_for() -> None:
    async with _listening(Hasty) as ask:
        assert await ask(b"GET / HT") in (
            b"",
            b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        )
        assert await ask() == b""

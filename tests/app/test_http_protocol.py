import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from meydan.app.gate import Gate
from meydan.app.hosts import Hosts
from meydan.app.http_protocol import HEAD_BYTES, BoundedHttp
from meydan.platform.addresses import Proxies
from meydan.platform.caller_limit import CallerLimit
from meydan.platform.network import NetworkSettings

_HELLO = b"POST / HTTP/1.1\r\nhost: x\r\n"
_FILLER = b"x-filler: " + b"a" * 1000 + b"\r\n"
_ENDLESS = 2 * HEAD_BYTES + 262_144  # what asyncio reads at once may hold the last thing that was understood
Ask = Callable[..., Coroutine[Any, Any, bytes]]


class Hasty(BoundedHttp):
    head_seconds = 0.0


class Sleepy(BoundedHttp):
    read_seconds = 1.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout_keep_alive = 0.05  # type: ignore[assignment]  # whole seconds for uvicorn


class Impatient(BoundedHttp):
    read_seconds = 0.01

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.app_state["given_up"].set()


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read all of the body and say how long it was, or who asks; or say a lot, or nothing for ever."""
    if scope["path"] == "/much":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"40000000")]})
        await send({"type": "http.response.body", "body": bytes(40_000_000)})
        return
    if scope["path"] == "/never":
        try:
            await asyncio.Event().wait()
        finally:
            scope["state"]["given_up"].set()
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, more = length + len(message["body"]), message["more_body"]
    text = str(scope["client"][0] if scope["path"] == "/who" else length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@contextlib.asynccontextmanager
async def _listening(
    kind: type[BoundedHttp], *, gate: Gate | None = None, given_up: asyncio.Event | None = None
) -> AsyncIterator[Ask]:
    config = uvicorn.Config(_app, http=kind, lifespan="off", log_config=None, ws="none")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(config=config, server_state=state, app_state={"given_up": given_up}, gate=gate), "127.0.0.1", 0
    )

    async def ask(*parts: bytes, until: bytes | None = b"", pause: float = 0.0) -> bytes:
        """Send the parts and return what comes back until the connection is closed, or `until` is there.

        With `until` None nothing is read, for ever; a `pause` between two pieces makes a slow reader.
        """
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
            if until is None:
                await asyncio.Event().wait()
            answer = bytearray()
            with contextlib.suppress(ConnectionError):
                while not until or until not in answer:
                    if not (piece := await reader.read(65_536)):
                        break
                    answer += piece
                    await asyncio.sleep(pause)
            return bytes(answer)
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


_BIG = b"x-big: " + b"a" * 70_000 + b"\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.0\r\nhost: x\r\nhost: y\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n", b"421"),
        (b"GET / HTTP/1.1\r\nhost: evil.example@x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: x/y\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + _BIG + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: x\r\naccept: " + b"," * 9_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncontent-type: " + b";" * 2_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 500 + b"\r\n", b"431"),
        (_HELLO + _BIG + b"content-length: 2\r\n\r\nok", b"431"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"414"),
        (b"GET /" + b"a" * 8_192 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"414"),
        (b"GET /?" + b"a&" * 64 + b" HTTP/1.1\r\nhost: x\r\n\r\n", b"414"),
        (b"GET /?" + b"a&" * 63 + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncookie: " + b"a=b;" * 399 + b"\r\nconnection: close\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncookie: a=" + b"b" * 36_000 + b"\r\nconnection: close\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\nhost: x\r\ncookie: " + b"a=b;" * 400 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + (b"cookie: " + b"a=b;" * 200 + b"\r\n") * 2 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"200"),
        (b"GET / HTTP/1.0\r\n\r\n", b"200"),
    ],
    ids=[
        "no host",
        "two hosts",
        "two of 1.0",
        "a strange host",
        "a user in it",
        "a path in it",
        "header",
        "a long list",
        "a long kind",
        "many fields",
        "with a body",
        "far too long an address",
        "too long an address",
        "many parameters",
        "as many as there may be",
        "cookies",
        "a long cookie",
        "many cookies",
        "many cookies in two fields",
        "well",
        "1.0",
    ],
)
@pytest.mark.parametrize("piece", [1_000_000, 16_384], ids=["at once", "in pieces"])
async def test_heads_that_are_none_of_ours_are_refused_however_they_arrive(
    head: bytes, status: bytes, piece: int
) -> None:
    async with _listening(BoundedHttp, gate=Gate(most=10_000, hosts=Hosts(("x",)))) as ask:
        answer = await ask(*(head[at : at + piece] for at in range(0, len(head), piece)))
    assert answer.startswith(b"HTTP/1.1 " + status)


async def test_a_comma_behind_the_address_that_a_proxy_names_is_not_loopback() -> None:
    async with _listening(BoundedHttp, gate=Gate(most=10_000, proxies=Proxies(("127.0.0.1",)))) as ask:
        asked = b"GET /who HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: 203.0.113.8,\r\n\r\n"
        assert (await ask(asked)).endswith(b"203.0.113.8")


async def test_who_asks_and_never_reads_is_given_up() -> None:
    gate, given_up = Gate(most=10_000), asyncio.Event()
    async with _listening(Impatient, gate=gate, given_up=given_up) as ask:
        asking = asyncio.create_task(ask(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n" * 4, until=None))
        await asyncio.wait_for(given_up.wait(), 10)
        asking.cancel()
    assert gate.callers() == {}


async def test_who_reads_slowly_gets_all_of_an_answer_and_is_then_idle() -> None:
    limits = NetworkSettings(unread_bytes_per_address=64_000_000)
    async with _listening(Sleepy, gate=Gate(most=10_000, limits=lambda: limits)) as ask, asyncio.timeout(60):
        answer = await ask(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n", pause=0.0)
    assert len(answer.partition(b"\r\n\r\n")[2]) == 40_000_000


async def test_what_one_address_leaves_unread_is_bounded_at_once() -> None:
    limits = NetworkSettings(unread_bytes_per_address=4_194_304)
    gate = Gate(most=10_000, limits=lambda: limits)
    async with _listening(BoundedHttp, gate=gate) as ask:
        assert len(await ask(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")) < 40_000_000
    assert gate.stats.refused["unread"] == 1


async def test_more_requests_behind_each_other_than_anybody_pipelines_are_refused() -> None:
    async with _listening(BoundedHttp) as ask:
        assert (await ask(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n" * 20)) == b""


async def test_what_somebody_asked_who_hung_up_is_dropped() -> None:
    given_up = asyncio.Event()
    async with _listening(BoundedHttp, given_up=given_up) as ask:
        asking = asyncio.create_task(ask(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asking), 0.05)
        asking.cancel()
        await asyncio.wait_for(given_up.wait(), 10)


async def test_one_address_too_many_connections_gets_an_answer_and_others_are_served() -> None:
    gate = Gate(most=64)
    held = [gate.enter("127.0.0.1") for _ in range(16)]
    hello = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with _listening(BoundedHttp, gate=gate) as ask:
        assert (await ask(hello)).startswith(b"HTTP/1.1 429 ")
        held[0].leave()
        assert (await ask(hello)).startswith(b"HTTP/1.1 200 ")


async def test_when_it_is_crowded_who_is_signed_in_is_served() -> None:
    gate = Gate(most=1_128)
    for number in range(920):
        gate.enter(f"198.51.{number // 250}.{number % 250}")
    hello = b"GET / HTTP/1.1\r\nhost: x\r\n%b\r\n"
    async with _listening(BoundedHttp, gate=gate) as ask:
        assert (await ask(hello % b"")).startswith(b"HTTP/1.1 503 ")
        answer = await ask(hello % b"authorization: Bearer x\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer


async def test_when_all_is_taken_by_who_says_nothing_a_head_is_still_read() -> None:
    gate, gone = Gate(most=1_128), list[str]()
    for number in range(1_064):
        place = gate.enter(f"198.51.100.{number % 8}")
        place.hang_up = lambda: gone.append("")
        place.awaited(so=True)
    hello = b"GET / HTTP/1.1\r\nhost: x\r\n%b\r\n"
    async with _listening(BoundedHttp, gate=gate) as ask:
        assert (await ask(hello % b"")).startswith(b"HTTP/1.1 503 ")
        assert (await ask(hello % b"authorization: Bearer x\r\n")).startswith(b"HTTP/1.1 200 ")
    assert len(gone) == 1, "the first left room for the second"


async def test_of_one_address_so_many_requests_are_worked_at_once_and_waiting_for_a_peer_is_no_work() -> None:
    gate = Gate(most=10_000, proxies=Proxies(("127.0.0.1",)), caller_limit=CallerLimit(at_once=2, longest=60.0))
    given_up = asyncio.Event()

    async def until(so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not so():  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0)

    def asked(line: bytes, address: bytes, rest: bytes = b"connection: close\r\n\r\n") -> bytes:
        return line + b" HTTP/1.1\r\nhost: x\r\nx-forwarded-for: " + address + b"\r\n" + rest

    async with _listening(BoundedHttp, gate=gate, given_up=given_up) as ask, asyncio.TaskGroup() as group:
        trickle = asked(b"POST /", b"203.0.113.8", b"content-length: 9\r\n\r\n{")
        unread = asked(b"GET /much", b"203.0.113.8", b"\r\n")
        held = [group.create_task(ask(part, until=None)) for part in (trickle, unread) * 4]
        await until(lambda: "203.0.113.8" in gate.callers() and gate.callers()["203.0.113.8"].connections == 8)
        assert b" 200 OK" in await ask(asked(b"GET /who", b"203.0.113.8"))
        await until(lambda: not gate.caller_limit.callers())  # who is slow is not counted
        never = [group.create_task(ask(asked(b"GET /never", b"203.0.113.8"))) for _ in range(2)]
        await until(lambda: gate.caller_limit.callers() == {"203.0.113.8": 2})
        third = group.create_task(ask(asked(b"GET /who", b"203.0.113.8")))
        assert (await ask(asked(b"GET /who", b"203.0.113.9"))).endswith(b"203.0.113.9")
        assert not third.done()
        never[0].cancel()
        assert (await third).endswith(b"203.0.113.8")
        for task in (*held, *never):
            task.cancel()
    assert not gate.caller_limit.callers()


@pytest.mark.parametrize("cut", [0, 60, 1_000])
@pytest.mark.parametrize("asked", [b"h2c", b"TLS/1.0", b"h2c\r\nhttp2-settings: AAMAAABk"])
async def test_another_protocol_that_is_asked_for_is_left_aside_and_no_body_becomes_a_request(
    asked: bytes, cut: int
) -> None:
    inner = b"GET /who HTTP/1.1\r\nhost: x\r\n\r\n"
    wanting = b"connection: upgrade, http2-settings\r\nupgrade: " + asked + b"\r\n"
    fixed = _HELLO + wanting + b"content-length: %d\r\n\r\n" % len(inner) + inner
    chunked = _HELLO + wanting + b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    sent = fixed + chunked + b"GET / HTTP/1.1\r\nhost: x\r\n" + wanting + b"\r\n" + last
    async with _listening(BoundedHttp) as ask:
        answer = await asyncio.wait_for(ask(sent[:cut], sent[cut:]), 5)
    answers = answer.split(b"HTTP/1.1 ")[1:]
    assert [(one[:3], one.partition(b"\r\n\r\n")[2]) for one in answers] == [
        (b"200", b"%d" % len(inner)),
        (b"200", b"5"),
        (b"200", b"0"),
        (b"200", b"0"),
    ]


async def test_a_tunnel_is_refused() -> None:
    async with _listening(BoundedHttp) as ask:
        answer = await asyncio.wait_for(ask(b"CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\nhello"), 5)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.count(b"HTTP/1.1") == 1

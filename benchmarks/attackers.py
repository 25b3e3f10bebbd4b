"""What one machine does to a square: `python -m benchmarks.attackers NAME --port PORT`, bounded in count and in time.

Everything comes from one address of the loopback. When its time is over a line is printed; what holds on to something
goes on holding it until standard input ends.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.processes import allow_many_files

ADDRESS = "127.0.0.2"
_KEYS = 85_000
_UPLOAD = 48_000_000
_HELD: list[asyncio.StreamWriter] = []


class Attack:
    """One run: where to, and until when."""

    def __init__(self, port: int, seconds: float, token: str, guests: list[str]) -> None:
        self.port = port
        self.token = token
        self.guests = guests
        self.answers: dict[str, int] = {}
        self._until = asyncio.get_running_loop().time() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return asyncio.get_running_loop().time() >= self._until

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(ADDRESS, 0), limit=2**20)

    async def ask(self, request: bytes, *, patience: float = 60.0) -> None:
        """Send one request on a connection of its own, wait for its answer or `patience`, and hang up."""
        try:
            reader, writer = await self.open()
        except OSError:
            self.note("no connection")
            await asyncio.sleep(0.05)
            return
        try:
            async with asyncio.timeout(patience):
                writer.write(request)
                await writer.drain()
                status = (await reader.readline()).split()
                self.note(status[1].decode() if len(status) > 1 else "cut")
                while await reader.read(2**18):
                    pass
        except (OSError, TimeoutError) as error:
            self.note(type(error).__name__)
        finally:
            writer.transport.abort()

    async def many(self, count: int, one: Callable[[], Awaitable[None]]) -> None:
        """Do something over and over, `count` times side by side, until the time is up."""

        async def again() -> None:
            while not self.over:
                await one()

        await asyncio.gather(*(again() for _ in range(count)))

    async def hold(self, count: int, sent: Callable[[int], bytes]) -> None:
        """Open `count` connections, send something on each, read nothing, and keep them."""
        for number in range(count):
            if self.over:
                break
            try:
                reader, writer = await self.open()
                writer.write(sent(number))
            except OSError:
                self.note("no connection")
                continue
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001  # the kernel's buffer fills up
            _HELD.append(writer)
        await asyncio.sleep(max(0.0, self._until - asyncio.get_running_loop().time()))
        self.note("held", sum(not writer.transport.is_closing() for writer in _HELD))

    def note(self, what: str, times: int = 1) -> None:
        """Count an answer."""
        self.answers[what] = self.answers.get(what, 0) + times


def request(method: str, path: str, body: bytes = b"", *headers: str, close: bool = True) -> bytes:
    """Return a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    lines += ["Connection: close"] if close else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join((*lines, "", "")).encode() + body


async def bodies(attack: Attack) -> None:
    """Sign in with tens of thousands of keys that nobody knows."""
    body = json.dumps({f"k{number}": 1 for number in range(_KEYS)}, separators=(",", ":")).encode()
    await attack.many(4, lambda: attack.ask(request("POST", "/api/v1/auth/login", body)))


async def sign_ins(attack: Attack) -> None:
    """Try a hundred passwords at once and hang up after three seconds, again and again."""
    turn = itertools.count()

    def one() -> Awaitable[None]:
        body = json.dumps({"username": f"kurban{next(turn)}", "password": "yanlış parola 1234"}).encode()
        return attack.ask(request("POST", "/api/v1/auth/login", body), patience=3.0)

    await attack.many(100, one)


async def unread(attack: Attack) -> None:
    """Ask for large histories behind each other on sixty connections, and read nothing."""
    asked = request("GET", "/api/v1/mesaj/gecmis/uzun?limit=200", close=False)
    await attack.hold(60, lambda _: asked * 20)


async def slow(attack: Attack) -> None:
    """Announce bodies that come a byte at a time."""
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
    await attack.hold(300, lambda number: head + (b"\r\n{" if number % 2 else b"X-Slow: "))
    for writer in _HELD:
        if not writer.transport.is_closing():
            writer.write(b" ")


async def sockets(attack: Attack) -> None:
    """Open thousands of guests' sockets."""

    def upgrade(number: int) -> bytes:
        lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="
        return request("GET", f"/api/v1/ws/saldirgan{number:05d}", b"", *lines, key, close=False)

    await attack.hold(3_000, upgrade)


async def searches(attack: Attack) -> None:
    """Search for what is in every message, on sixty connections, some of which hang up at once."""
    asked = request("GET", "/api/v1/mesaj/ara?q=a&limit=200")
    await asyncio.gather(
        attack.many(40, lambda: attack.ask(asked)), attack.many(20, lambda: attack.ask(asked, patience=0.1))
    )


async def uploads(attack: Attack) -> None:
    """Send large files without saying who one is."""
    head = (
        "POST /api/v1/telegram/media HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {_UPLOAD}\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    ).encode()
    await attack.many(4, lambda: attack.ask(head + bytes(_UPLOAD - 78)))


async def writes(attack: Attack) -> None:
    """Make rooms and keys as one member, and talk as twenty guests."""
    mine = f"Authorization: Bearer {attack.token}"
    room = json.dumps({"baslik": "Bir oda daha"}).encode()
    key = json.dumps({"name": "anahtar", "scopes": ["rooms:read"]}).encode()
    said = json.dumps({"oda_id": "genel", "icerik": "saldırı"}).encode()
    turn = 0

    async def one() -> None:
        nonlocal turn
        turn += 1
        guest = f"Authorization: Bearer {attack.guests[turn % len(attack.guests)]}"
        await attack.ask(request("POST", "/api/v1/sohbet/oda-olustur", room, mine))
        await attack.ask(request("POST", "/api/v1/api-keys", key, mine))
        await attack.ask(request("POST", "/api/v1/mesaj/gonder", said, guest))

    await attack.many(20, one)


async def rooms(attack: Attack) -> None:
    """Ask for the list of all rooms on eight connections."""
    await attack.many(8, lambda: attack.ask(request("GET", "/api/v1/sohbet/odalar")))


async def reads(attack: Attack) -> None:
    """Read the longest page of a room's history, on sixty connections."""
    asked = request("GET", "/api/v1/mesaj/gecmis/genel?limit=200")
    await attack.many(60, lambda: attack.ask(asked))


async def queries(attack: Attack) -> None:
    """Ask with what is long to take apart: addresses of 30,000 fields, lists and cookies of as many members."""
    fields, commas = "&".join("a" * 30_000), "," * 60_000
    asked = itertools.cycle(
        (
            request("GET", f"/api/v1/mesaj/gecmis/yok?{fields}"),
            request("GET", "/", b"", f"Accept-Encoding: {commas}"),
            request("GET", "/yok", b"", f"Accept-Language: {commas}"),
            request("GET", "/api/v1/auth/me", b"", "Cookie: " + "a=b;" * 15_000),
            request("GET", "/api/v1/auth/me", b"", *(f"a{number}: b" for number in range(6_000))),
        )
    )
    await attack.many(4, lambda: attack.ask(next(asked)))


async def description(attack: Attack) -> None:
    """Ask for the description of the interface, on twenty connections."""
    await attack.many(20, lambda: attack.ask(request("GET", "/openapi.json")))


ATTACKS: dict[str, Callable[[Attack], Awaitable[None]]] = {
    "bodies": bodies,
    "sign-ins": sign_ins,
    "unread": unread,
    "slow": slow,
    "sockets": sockets,
    "searches": searches,
    "uploads": uploads,
    "writes": writes,
    "rooms": rooms,
    "reads": reads,
    "queries": queries,
    "description": description,
}


async def _run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    given = json.loads(options.given)
    attack = Attack(options.port, options.seconds, given["token"], given["guests"])
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(options.seconds + 10):
            await ATTACKS[name](attack)
    print(json.dumps(attack.answers), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    return attack.answers


def main() -> None:
    """Attack."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=ATTACKS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--given", required=True, help="a member's token and those of guests, as JSON")
    options = parser.parse_args()
    allow_many_files()
    asyncio.run(_run(options.name, options))


if __name__ == "__main__":
    main()

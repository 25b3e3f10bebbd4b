"""A wire that breaks: a TCP proxy that cuts connections, also in the middle of what they carry."""

import asyncio
import random
from enum import Enum, auto
from typing import cast


class Cut(Enum):
    """How a connection is lost."""

    AT_ONCE = auto()
    IN_AN_ANSWER = auto()
    IN_A_REQUEST = auto()


class BreakingProxy:
    """Listens on a port of its own and carries bytes to the port `upstream`, which may change, come and go."""

    def __init__(self, upstream: int, rng: random.Random) -> None:
        self.port = 0
        self.upstream = upstream
        self._rng = rng
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Link(self).near, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for link in tuple(self._links):
            link.end()
        await self._server.wait_closed()

    def cut(self) -> Cut | None:
        """Cut one of the connections in one of the ways, and say which; nothing when there is none."""
        links = sorted(self._links, key=lambda link: link.number)
        if not links:
            return None
        way = self._rng.choice(list(Cut))
        self._rng.choice(links).cut(way)
        return way

    def part_of(self, size: int) -> int:
        """Return how much of the last piece still gets through."""
        return self._rng.randrange(size)

    def opened(self, link: "_Link") -> None:
        self._links.add(link)
        task = asyncio.get_running_loop().create_task(link.reach(self.upstream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ended(self, link: "_Link") -> None:
        self._links.discard(link)


class _Link:
    """One connection: its side towards the client, and the one towards the server."""

    _count = 0

    def __init__(self, proxy: BreakingProxy) -> None:
        _Link._count += 1
        self.number = _Link._count
        self.near = _Side(self)
        self.far = _Side(self)
        self._proxy = proxy
        self._way: Cut | None = None
        self._early: list[bytes] = []
        self._over = False

    async def reach(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.far, "127.0.0.1", port)
        except OSError:
            self.end()

    def made(self, side: "_Side") -> None:
        if side is self.near:
            self._proxy.opened(self)
        elif self._over:
            side.transport.abort()
        else:
            early, self._early = self._early, []
            for data in early:
                self.carry(self.near, data)

    def cut(self, way: Cut) -> None:
        if way is Cut.AT_ONCE:
            self.end()
        else:
            self._way = way

    def carry(self, side: "_Side", data: bytes) -> None:
        other, way = (self.far, Cut.IN_A_REQUEST) if side is self.near else (self.near, Cut.IN_AN_ANSWER)
        if self._over:
            return
        if not other.connected:
            self._early.append(data)
            return
        if self._way is not way:
            other.transport.write(data)
            return
        other.transport.write(data[: self._proxy.part_of(len(data))])
        other.transport.close()  # what was written leaves first
        self.end()

    def end(self) -> None:
        if self._over:
            return
        self._over = True
        self._proxy.ended(self)
        for side in (self.near, self.far):
            if side.connected and not side.transport.is_closing():
                side.transport.abort()

    def lost(self, side: "_Side") -> None:
        """Pass a hang-up on, after what was said before it."""
        if self._over:
            return
        self._over = True
        self._proxy.ended(self)
        other = self.far if side is self.near else self.near
        if other.connected:
            other.transport.close()


class _Side(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, link: _Link) -> None:
        self._link = link
        self.connected = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own class
        self.connected = True
        self._link.made(self)

    def data_received(self, data: bytes) -> None:
        self._link.carry(self, data)

    def connection_lost(self, error: Exception | None) -> None:
        self.connected = False
        self._link.lost(self)

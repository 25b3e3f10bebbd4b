"""The listening socket: uvicorn for HTTP, the hub's protocol for WebSockets, one port."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import structlog
import uvicorn
from fastapi import FastAPI

from meydan.app.gate import Gate
from meydan.app.http_protocol import BoundedHttp
from meydan.chat.hub import Hub
from meydan.chat.websocket import protocol_factory
from meydan.platform.origins import origin_allowed
from meydan.platform.settings import Settings, reachable_host

log = structlog.get_logger(__name__)


class HttpServer:
    """uvicorn as a `Service`."""

    name = "http"
    vital = True

    def __init__(
        self,
        app: FastAPI,
        hub: Hub,
        settings: Settings,
        *,
        gate: Gate,
        on_listening: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                loop="none",
                http=partial(BoundedHttp, gate=gate),  # type: ignore[arg-type]  # uvicorn only calls it
                ws=protocol_factory(  # type: ignore[arg-type]  # uvicorn only calls it
                    hub, origin_allowed=partial(origin_allowed, settings), address_of=partial(_address, gate)
                ),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,  # `BoundedHttp` reads them, for sockets too
                timeout_keep_alive=30,
                timeout_graceful_shutdown=max(1, round(settings.drain_seconds / 2)),
                backlog=4096,
            ),
            self._listening,
        )
        self._on_listening = on_listening

    async def run(self) -> None:
        """Serve until drained."""
        try:
            await self._server.serve()
        except SystemExit:  # uvicorn's way to say that it could not listen; its log line says why
            raise CannotListen(f"{_bracketed(self._settings.host)}:{self._settings.port}") from None

    async def drain(self) -> None:
        """Stop listening and let requests under way finish."""
        self._server.leave()

    async def _listening(self, port: int) -> None:
        await self._on_listening(self._settings.public_url or f"http://{_shown(self._settings.host)}:{port}")


class CannotListen(RuntimeError):
    """The address is in use, or not this machine's."""


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers, which are the program's, and with a word when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[int], Awaitable[None]]) -> None:
        super().__init__(config)
        self._on_listening = on_listening
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        await self._leaving.wait()  # uvicorn's own looks ten times a second, mostly to renew a header we do not send

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self._on_listening(self.servers[0].sockets[0].getsockname()[1])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _address(gate: Gate, peer: str, forwarded: str) -> str:
    return gate.proxies.client(peer, [forwarded])


def _shown(host: str) -> str:
    """Return the host part of an address that a person can open."""
    return _bracketed(reachable_host(host))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host

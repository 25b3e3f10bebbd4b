"""The listening socket: uvicorn for HTTP, the hub's protocol for WebSockets, one port."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import FastAPI

from meydan.chat.hub import Hub
from meydan.chat.websocket import protocol_factory
from meydan.platform.settings import Settings

log = structlog.get_logger(__name__)


class HttpServer(uvicorn.Server):
    """uvicorn as a `Service`: signals are the program's, and it says when it listens."""

    name = "http"

    def __init__(
        self, app: FastAPI, hub: Hub, settings: Settings, *, on_listening: Callable[[str], Awaitable[None]]
    ) -> None:
        self._settings = settings
        self._on_listening = on_listening
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                loop="none",
                http="httptools",
                ws=protocol_factory(hub, origin_allowed=lambda origin, host: origin_allowed(settings, origin, host)),  # type: ignore[arg-type]  # uvicorn calls it like a class
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=True,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=max(1, round(settings.drain_seconds / 2)),
                backlog=4096,
            )
        )

    async def run(self) -> None:
        """Serve until drained."""
        try:
            await self.serve()
        except SystemExit:  # uvicorn's way to say that it could not listen; its log line says why
            raise RuntimeError(f"cannot listen on {self._settings.host}:{self._settings.port}") from None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        address = self.servers[0].sockets[0].getsockname()
        await self._on_listening(self._settings.public_url or f"http://{_shown(self._settings.host)}:{address[1]}")

    async def drain(self) -> None:
        """Stop listening and let requests under way finish."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


def origin_allowed(settings: Settings, origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may open a WebSocket here: our own pages, and those the operator named."""
    if origin == settings.public_url or origin in settings.allowed_origins:
        return True
    return bool(host) and urlsplit(origin).netloc == host


def _shown(host: str) -> str:
    """Return an address a person can open for one that a server listens on."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host

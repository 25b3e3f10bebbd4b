"""HTTP on one connection as uvicorn speaks it, with bounds on what arrives before a request is understood."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from meydan.chat.handshake import tokens

HEAD_BYTES: Final = 65_536


class BoundedHttp(HttpToolsProtocol):
    """Refuse request lines, headers and trailers that do not end; uvicorn would gather them for as long as they come.

    What is counted is what has arrived since the last thing that was understood: the end of a head, a piece of a body,
    the end of a request.
    """

    head_seconds = 20.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = 0
        self._head_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on, unless it is too much."""
        self._unread += len(data)
        super().data_received(data)
        if self.transport.is_closing() or not self._unread:
            return
        if self._unread > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        elif self._head_late is None and not self._answering():
            self._await_head()

    def on_headers_complete(self) -> None:
        """Begin the request; the next head has its own time."""
        self._unread = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._unread = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _get_upgrade(self) -> bytes | None:
        """Return what the connection is to become; both headers are lists, over several fields too."""
        connection = tokens([value for name, value in self.headers if name == b"connection"])
        upgrade = tokens([value for name, value in self.headers if name == b"upgrade"])
        return b"websocket" if b"upgrade" in connection and b"websocket" in upgrade else None

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = getattr(self, "cycle", None)  # there is none before the first request
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        self._head_late = self.loop.call_later(self.head_seconds, self._refuse, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        if self._head_late is not None:
            self._head_late.cancel()
            self._head_late = None

    def _refuse(self, status: bytes) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self._unread:  # else nobody asked anything, and a browser's spare connection is closed without a word
            self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
        self.transport.close()

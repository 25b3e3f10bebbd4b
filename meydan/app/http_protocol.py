"""HTTP on one connection as uvicorn speaks it, bounded: what arrives, what waits to be read, and for how long."""

import asyncio
import re
import sys
from typing import Any, Final

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from meydan.app.gate import Gate, Place
from meydan.app.http_work import SIGN_IN, line, shared
from meydan.chat.handshake import tokens
from meydan.platform.http import GONE

HEAD_BYTES: Final = 65_536
ADDRESS_BYTES: Final = 8_192
_FIELD_BYTES: Final = 8_192  # of one header field
_OF_FIELDS: Final = {b"cookie": HEAD_BYTES, b"content-type": 1_024}  # a browser sends whatever cookies the host has
_FIELDS: Final = 400
_PARAMETERS: Final = 64
_HOST: Final = re.compile(rb"(?:[^\s/?#@:\\\[\]]*|\[[0-9A-Za-z:.%]+\])(?::[0-9]*)?")
_TOO_LARGE: Final = b"431 Request Header Fields Too Large"
_HANDSHAKE: Final = 0.001  # seconds, with what becomes of it later: two hundred a second of one address
_AHEAD_BYTES: Final = 65_536  # of frames that may come before the answer to their handshake
_PIPELINED: Final = 8  # requests that may wait behind the one that is answered
_HASTY: Final = 3.0  # seconds for a head when others need the place
_READ_AT_LEAST: Final = 2_000  # bytes of an answer each second
_READ_WITHIN: Final = 120.0  # seconds
_OF_UPGRADES: Final = frozenset({b"upgrade", b"http2-settings"})
_NOT_CHANGING: Final = frozenset({"GET", "HEAD"})
_CREDENTIALS: Final = frozenset({b"authorization", b"x-api-key"})
_TICKET: Final = b"bilet="
_REFUSALS: Final = {
    "address": b"429 Too Many Requests\r\nretry-after: 10",
    "full": b"503 Service Unavailable\r\nretry-after: 10",
}


class _HeadRefused(Exception):  # it is raised through the parser and never seen
    """The head of a request is one that is not answered; the parser stops."""


class BoundedHttp(HttpToolsProtocol):
    """Refuse request lines, headers and trailers that do not end; uvicorn would gather them for as long as they come.

    What is counted is what has arrived since the last thing that was understood: the end of a head, a piece of a body,
    the end of a request. A peer that does not read its answer is given up, and what it asked for when it hangs up.
    """

    head_seconds = 20.0
    read_seconds = 10.0

    def __init__(self, *args: Any, gate: Gate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate or Gate(most=1_048_576)
        self._place: Place | None = None
        self._unread = 0
        self._head_late: asyncio.TimerHandle | None = None
        self._reader_late: asyncio.TimerHandle | None = None
        self._reader_until = 0.0
        self._refusal = b""
        self._asking: asyncio.Task[Any] | None = None
        self._head_ends = 0  # where a request that asks for another protocol ended in the piece that brought its end
        self._ahead: bytearray | None = None  # what came behind an upgrade request; there is none before that

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._place = self._gate.enter(self.client[0] if self.client else "")
        if self._place.cut:
            transport.abort()
            return
        self._place.hang_up = transport.abort
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Read on, unless it is too much; what comes behind an upgrade request is kept for the WebSocket."""
        if self._ahead is not None:
            self._keep(data)
            return
        self._unread += len(data)
        super().data_received(data)
        if self._head_ends:
            behind, self._head_ends = data[self._head_ends :], 0
            self._take_over(behind)
            return
        if self.transport.is_closing() or not self._unread:
            return
        if self._unread > HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        elif self._head_late is None and not self._answering():
            self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, unless there are too many: each is looked at several times."""
        if len(self.headers) >= _FIELDS:
            self._refusal = _TOO_LARGE
            raise _HeadRefused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin the request, if it is one; the next head has its own time."""
        self._unread = 0
        if self._asks_for_another_protocol():
            return
        self._stop_waiting()
        if refusal := self._misshapen() or self._turned_away():
            self._refusal = refusal
            raise _HeadRefused
        super().on_headers_complete()
        if self._gate.crowded and self.cycle is not None:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with what came, unless an answer is on its way: nobody could tell the two apart."""
        if self._answering():
            self.transport.close()
        elif self._refusal:
            self._unread = 1
            self._refuse(self._refusal)
        else:
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on, with the place it has, when it is its caller's turn."""
        assert self._place is not None  # noqa: S101  # it is connected
        if self._answering() or self.pipeline:
            self.transport.close()  # two would write on one connection
            return
        if not self._place.become_socket():
            self._unread = 1
            self._refuse(_REFUSALS[self._place.refusal])
            return
        self._head_ends = _end_of_head()
        self._ahead = bytearray()
        self.app_state = {"place": self._place, "ahead": self._ahead}
        self._asking = self.loop.create_task(self._upgrade())

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._unread = 0
        if not self._asks_for_another_protocol():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request; who does not read the last answer is not waited for."""
        super().on_response_complete()
        if self.transport.is_closing() and self._reader_late is None and self.transport.get_write_buffer_size():
            self._watch_reader()

    def pause_writing(self) -> None:
        """Wait for the peer to read, but not for ever, and not for all answers that one caller leaves unread."""
        super().pause_writing()
        if self._place is not None and not self._place.hold(self.transport.get_write_buffer_size()):
            self.transport.abort()
        elif self._reader_late is None:
            self._watch_reader()

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._stop_watching()

    def timeout_keep_alive_handler(self) -> None:
        """Close what is idle; who still reads the last answer is watched like any other reader."""
        if not self.transport.get_write_buffer_size():
            super().timeout_keep_alive_handler()
            return
        if self._reader_late is None:
            self._watch_reader()
        self.timeout_keep_alive_task = self.loop.call_later(self.read_seconds, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._stop_waiting()
        self._stop_watching()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        if self._asking is not None:
            self._asking.cancel(GONE)
        if self._place is not None:
            self._place.leave()

    def _get_upgrade(self) -> bytes | None:
        """Return what the connection is to become; both headers are lists, over several fields too."""
        connection = tokens([value for name, value in self.headers if name == b"connection"])
        upgrade = tokens([value for name, value in self.headers if name == b"upgrade"])
        return b"websocket" if b"upgrade" in connection and b"websocket" in upgrade else None

    def _asks_for_another_protocol(self) -> bool:
        """Tell whether the parser will stop behind this head for a protocol that is not spoken here, as HTTP/2 is."""
        return self.parser.should_upgrade() and self._get_upgrade() is None and self.parser.get_method() != b"CONNECT"

    def _unsupported_upgrade_warning(self) -> None:
        """Note where the head ended: it is read again without what it asks for, which a server need not follow."""
        self._head_ends = _end_of_head()

    def _take_over(self, behind: bytes) -> None:
        """Take what stands behind a head that asks for another protocol: a WebSocket's frames, or more of HTTP."""
        if self._ahead is not None:
            self._keep(behind)
        else:
            self._read_again(behind)

    def _read_again(self, behind: bytes) -> None:
        """Read the head that asks for another protocol as if it did not, and what stands behind it."""
        head = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                kept = [token for token in tokens([value]) if token not in _OF_UPGRADES]
                head.append(b"connection: " + b", ".join(kept))
            elif name not in _OF_UPGRADES:
                head.append(name + b": " + value)
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn reads
        self.data_received(b"\r\n".join((*head, b"", behind)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request in its caller's turn; one that changes nothing is given up when its peer hangs up."""
        worked: Any = shared(app, self._gate.caller_limit, cycle, self.flow)

        async def until_gone(*asked: Any) -> None:
            self._asking = asyncio.current_task()
            try:
                await worked(*asked)
            except asyncio.CancelledError as cancelled:
                if GONE not in cancelled.args:
                    raise
                cycle.disconnected = True  # uvicorn marks the last request of a connection alone
            finally:
                self._asking = None

        super()._start_asgi_task(cycle, until_gone if cycle.scope["method"] in _NOT_CHANGING else worked)

    def _keep(self, data: bytes) -> None:
        """Keep what came behind an upgrade request; one who sends too much before the answer is cut off."""
        assert self._ahead is not None  # noqa: S101  # the caller looked
        if len(self._ahead) + len(data) > _AHEAD_BYTES:
            self._ahead.clear()
            self.transport.abort()
        else:
            self._ahead += data

    async def _upgrade(self) -> None:
        async with self._gate.caller_limit.work(line(self.scope["client"], "socket"), at_least=_HANDSHAKE):
            self._asking = None
            if self.transport.is_closing():
                return
            try:
                super().handle_websocket_upgrade()
            except Exception:
                self.transport.abort()
                raise

    def _misshapen(self) -> bytes:
        """Return why this is no request that is meant for us, if it is none."""
        if self.parser.get_method() == b"CONNECT":
            return b"405 Method Not Allowed"
        if refusal := self._too_long():
            return refusal
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            return b"400 Bad Request"
        if hosts and not _HOST.fullmatch(hosts[0].strip()):
            return b"400 Bad Request"
        if hosts and not self._gate.hosts.allow(hosts[0].decode("latin-1")):
            self._gate.say("gate.strange_host", host=hosts[0].decode("latin-1")[:200])
            return b"421 Misdirected Request"
        return b"429 Too Many Requests" if len(self.pipeline) >= _PIPELINED else b""

    def _too_long(self) -> bytes:
        """Return how this request is too long, if it is: what is taken apart costs more than its bytes."""
        if len(self.url) > ADDRESS_BYTES or self.url.count(b"&") >= _PARAMETERS:
            return b"414 URI Too Long"
        whole = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        longest = any(len(value) > _OF_FIELDS.get(name, _FIELD_BYTES) for name, value in self.headers)
        many = sum(value.count(b";") + 1 for name, value in self.headers if name == b"cookie") > _FIELDS
        return _TOO_LARGE if longest or many or whole > HEAD_BYTES else b""

    def _turned_away(self) -> bytes:
        """Find out whose request this is, and return why it is not answered, if there is no place for them."""
        assert self._place is not None  # noqa: S101  # it is connected
        peer = self.client[0] if self.client else ""
        if self._gate.proxies.trusts(peer):
            self._believe(peer)
        elif self._place.refusal:
            return _REFUSALS[self._place.refusal]
        if not self._place.belongs_to(self.scope["client"][0] if self.scope["client"] else peer):
            return _REFUSALS[self._place.refusal]
        if self._gate.crowded and not self._signed_in():
            self._gate.refuse("full", self._place.address)
            return _REFUSALS["full"]
        return b""

    def _believe(self, peer: str) -> None:
        """Take a proxy's word for who asks, and how."""
        said = [value.decode("latin-1") for name, value in self.headers if name == b"x-forwarded-for"]
        if said:
            self.scope["client"] = (self._gate.proxies.client(peer, said), 0)
        for name, value in self.headers:
            if name == b"x-forwarded-proto" and value.strip() in (b"http", b"https"):
                self.scope["scheme"] = "https" if value.strip() == b"https" else "http"

    def _signed_in(self) -> bool:
        """Tell whether whoever asks shows something to know them by, or is about to get it; it is looked at later."""
        return (
            self.url.startswith(SIGN_IN.encode())
            or _TICKET in self.url
            or any(name in _CREDENTIALS for name, _ in self.headers)
        )

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = getattr(self, "cycle", None)  # there is none before the first request
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        hasty = self._gate.crowded or (self._place is not None and self._place.refusal)
        seconds = min(self.head_seconds, _HASTY) if hasty else self.head_seconds
        if self._place is not None:
            self._place.awaited(so=True)
        self._head_late = self.loop.call_later(seconds, self._refuse, b"408 Request Timeout")

    def _stop_waiting(self) -> None:
        if self._place is not None:
            self._place.awaited(so=False)
        if self._head_late is not None:
            self._head_late.cancel()
            self._head_late = None

    def _watch_reader(self) -> None:
        self._reader_until = self.loop.time() + _READ_WITHIN
        self._look_again(self.transport.get_write_buffer_size())

    def _look_again(self, left: int) -> None:
        self._reader_late = self.loop.call_later(self.read_seconds, self._look_at_reader, left)

    def _look_at_reader(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        late = self.loop.time() > self._reader_until
        if late or (left and before - left < _READ_AT_LEAST * self.read_seconds):
            self.transport.abort()
        elif left:
            self._look_again(left)
        else:
            self._reader_late = None

    def _stop_watching(self) -> None:
        if self._reader_late is not None:
            self._reader_late.cancel()
            self._reader_late = None
        if self._place is not None:
            self._place.hold(0)

    def _refuse(self, status: bytes) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self._unread:  # else nobody asked anything, and a browser's spare connection is closed without a word
            self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
        self.transport.close()


def _end_of_head() -> int:
    """Return how much of a piece was read when the parser stopped behind a head; uvicorn has caught its exception."""
    upgrade = sys.exception()
    assert isinstance(upgrade, HttpParserUpgrade)  # noqa: S101  # uvicorn calls when it has caught one
    end: int = upgrade.args[0]
    return end

"""One WebSocket connection: where its bytes go, what it may do, and how it ends."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from meydan.accounts.actor import Actor
from meydan.accounts.origin import NOWHERE, Origin
from meydan.chat import wire
from meydan.platform.budgets import Budget
from meydan.platform.errors import MeydanError
from meydan.platform.texts import Language

if TYPE_CHECKING:
    from meydan.chat.channel import RoomChannel
    from meydan.chat.hub import Hub

log = structlog.get_logger(__name__)

CLOSE_BAD_TICKET = 4001
CLOSE_NOT_ALLOWED = 4003
CLOSE_TOO_SLOW = 4008
CLOSE_REPLACED = 4009
CLOSE_RESTARTING = 1012
CLOSE_LATER = 1013
CLOSE_INVALID_TEXT = 1007
CLOSE_PROTOCOL = 1002
CLOSE_UNSUPPORTED = 1003
CLOSE_TOO_BIG = 1009
CLOSE_POLICY = 1008

OriginOf = Callable[[WSTransport], Origin]

_PING = b"\x89\x00"
_EMPTY_CLOSE = b"\x88\x00"
_OF_APPLICATIONS = range(3_000, 5_000)
_ON_THE_WIRE = frozenset(range(1_000, 1_004)) | frozenset(range(1_007, 1_015))  # the others are only reported
_LINGER = 3.0
_QUEUE, _QUEUE_BYTES = 256, 4 * wire.MAX_FRAME


class Connection(WSListener):
    """Speaks for one socket. `write` takes framed bytes; a peer that does not read is closed, never waited for.

    It speaks the `wanted_language` of its address, else its user's own, else the `language` that its header prefers.
    """

    __slots__ = (
        "_fragments",
        "_origin_of",
        "actor",
        "budget",
        "busy",
        "closing",
        "entering",
        "holds_id",
        "hub",
        "language",
        "lot",
        "missed_pings",
        "origin",
        "path_id",
        "pongs_due",
        "private",
        "refusals",
        "rooms",
        "ticket",
        "transport",
        "typing_at",
        "waiting",
        "waiting_bytes",
        "wanted_language",
        "write",
    )

    def __init__(
        self,
        hub: "Hub",
        *,
        path_id: str,
        ticket: str | None,
        origin_of: OriginOf,
        wanted_language: Language | None = None,
        language: Language = "tr",
    ) -> None:
        self.hub = hub
        self.path_id = path_id
        self.ticket = ticket
        self.origin = NOWHERE
        self._origin_of = origin_of
        self.wanted_language = wanted_language
        self.language: Language = wanted_language or language
        self.actor: Actor | None = None
        self.holds_id = False  # a guest of an id that is nobody else's while they are here
        self.rooms: dict[str, RoomChannel] = {}
        self.private: list[bytes] = []
        self.waiting: deque[tuple[wire.Request, int]] | None = None
        self.waiting_bytes = 0
        self.busy = True  # until it is known who this is
        self.closing = False
        self.entering: str | None = None  # the room it is on its way into, unless that was closed to it meanwhile
        self.lot = hub.stats.connections_total
        self.missed_pings = 0
        self.pongs_due = 0
        self.refusals = 0
        self.typing_at = 0.0
        self.budget: Budget | None = None
        self._fragments: bytearray | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin: bound the outgoing buffer and find out who this is."""
        self.transport = transport
        self.origin = self._origin_of(transport)
        transport.request.headers.clear()  # they would live as long as the connection
        transport.response.headers.clear()
        self.write = transport.underlying_transport.write
        self.bound_buffer(self.hub.buffer_bound())
        self.hub.connected(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """End: leave everything."""
        self.closing = True
        self.hub.disconnected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame from the peer."""
        self.missed_pings = 0
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(CLOSE_PROTOCOL, "reserved bits")
        elif kind == WSMsgType.TEXT and frame.fin and self._fragments is None:
            self.hub.received(self, frame.get_payload_as_memoryview())
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._fragment(frame)
        elif kind == WSMsgType.CLOSE:
            self._close_with(frame)
        elif kind == WSMsgType.PING:
            if not self.closing and self.hub.affords(self):
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.PONG:
            self._pong()
        elif kind == WSMsgType.BINARY:
            self.close(CLOSE_UNSUPPORTED, "text frames only")

    def pause_writing(self) -> None:
        """React to an outgoing buffer that passed its bound: the peer reads too slowly."""
        self.hub.too_slow(self)

    def resume_writing(self) -> None:
        """Do nothing: a connection that was too slow is already closing."""

    def send(self, framed: bytes) -> None:
        """Send one frame to this connection alone, with whatever its rooms send in the same moment."""
        if not self._is_over():
            if not self.private:
                self.hub.has_private(self)
            self.private.append(framed)

    def refuse(self, error: MeydanError, ref: str | None = None) -> None:
        """Send `error` as `hata`."""
        self.send(wire.problem(error, self.language, ref))

    def write_with_private(self, blob: bytes = b"") -> None:
        """Write the private frames, and `blob` behind them, at once."""
        frames, self.private = self.private, []
        if not self._is_over():
            self.write(b"".join((*frames, blob)))

    def bound_buffer(self, size: int) -> None:
        """Say how many bytes may wait for the peer; one who has more of them is too slow."""
        self.transport.underlying_transport.set_write_buffer_limits(high=size, low=0)

    def buffered(self) -> int:
        """Return how many bytes wait for the peer to read."""
        return int(self.transport.underlying_transport.get_write_buffer_size())

    def ping(self) -> None:
        """Ask the peer for a sign of life; one that owes two is gone."""
        self.missed_pings += 1
        self.pongs_due += 1
        if self.missed_pings > 2:
            self.transport.disconnect(graceful=False)
        elif not self.closing:
            self.write(_PING)

    def close(self, code: int, reason: str) -> None:
        """Say why, hang up, and cut the line if the peer does not follow soon."""
        if self.private:
            self.write_with_private()  # this may have been too much for a slow reader
        if self.closing:
            return
        self.closing = True
        self.hub.disconnected(self)
        self.transport.send_close(cast("Any", code), reason.encode())
        asyncio.get_running_loop().call_later(_LINGER, partial(self.transport.disconnect, graceful=False))

    def broken(self) -> None:
        """Let go of a line that failed in a way of its own, while that is handled: it costs nobody else anything."""
        log.exception("connection.broken", user=self.path_id)
        self.closing = True
        self.hub.disconnected(self)
        self.transport.disconnect(graceful=False)

    def queue(self, request: wire.Request, size: int) -> bool:
        """Keep a request that came in `size` bytes until the one under way is answered; tell whether there was room."""
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) >= _QUEUE or self.waiting_bytes + size > _QUEUE_BYTES:
            return False
        self.waiting.append((request, size))
        self.waiting_bytes += size
        return True

    def next_waiting(self) -> wire.Request:
        """Take the request that waits longest; there must be one."""
        assert self.waiting  # noqa: S101  # the caller looked
        request, size = self.waiting.popleft()
        self.waiting_bytes -= size
        return request

    def _is_over(self) -> bool:
        """Tell whether nothing may be sent any more: picows itself sends a CLOSE over what is no frame."""
        if not self.closing and self.transport.is_close_frame_sent:
            self.closing = True
            self.hub.disconnected(self)
        return self.closing

    def _close_with(self, frame: WSFrame) -> None:
        """Answer the peer's CLOSE with its own code, or without one when it gave none, and hang up."""
        if self.private and not self.closing:
            self.write_with_private()  # the answer to what it asked last
        code = int.from_bytes(frame.get_payload_as_bytes()[:2])
        if self.transport.is_close_frame_sent:  # this is the answer to ours
            pass
        elif not frame.payload_size:
            self.write(_EMPTY_CLOSE)
        elif code in _ON_THE_WIRE or code in _OF_APPLICATIONS:
            self.transport.send_close(cast("Any", code))
        else:
            self.close(CLOSE_PROTOCOL, "no such close code")
        self.closing = True
        self.transport.disconnect()

    def _pong(self) -> None:
        """Take a sign of life; one that nobody asked for is a frame like any other."""
        if self.pongs_due:
            self.pongs_due -= 1
        elif not self.closing:
            self.hub.affords(self)

    def _fragment(self, frame: WSFrame) -> None:
        """Put a message together that came in several frames, up to the size one frame may have."""
        if self.closing:
            return
        if (frame.msg_type == WSMsgType.TEXT) == (self._fragments is not None):
            self.close(CLOSE_PROTOCOL, "unexpected continuation")
            return
        if self._fragments is None:
            self._fragments = bytearray()
        if len(self._fragments) + frame.payload_size > wire.MAX_FRAME:
            self.close(CLOSE_TOO_BIG, "a message is 64 KiB at most")
            return
        self._fragments += frame.get_payload_as_memoryview()
        if frame.fin:
            message, self._fragments = self._fragments, None
            self.hub.received(self, memoryview(message))
        elif not self.hub.affords(self):
            self.close(CLOSE_POLICY, "too many fragments")

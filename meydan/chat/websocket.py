"""The WebSocket's edge: uvicorn hands an upgrade request to picows, which hands its frames to a `Connection`."""

import logging
import sys
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from picows import WSProtocolError, WSTransport, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]  # its stub leaves it out

from meydan.accounts.origin import Origin
from meydan.chat import wire
from meydan.chat.connection import Connection
from meydan.chat.handshake import refusal, tidied
from meydan.chat.hub import Hub
from meydan.platform.texts import as_language, preferred

PATH: Final = "/api/v1/ws/"
_HANDSHAKE_SECONDS: Final = 10
_READ_BUFFER: Final = 2_048


class _Log(logging.LoggerAdapter[logging.Logger]):
    """picows' log, where a peer's frames against the protocol are no errors: they are told to the peer.

    picows gives every connection a child of a plain Logger; an adapter it uses as it is, which saves a kilobyte each.
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Write a line."""
        theirs = level == logging.ERROR and isinstance(sys.exception(), WSProtocolError)
        super().log(logging.DEBUG if theirs else level, msg, *args, **kwargs)


_log: Final = _Log(logging.getLogger("picows"))
_origin: Final = lru_cache(maxsize=4_096)(Origin.of)  # the same program from the same address comes again


class Place(Protocol):
    """What a connection holds at the server's gate."""

    def leave(self) -> None:
        """Give it back."""


class HubProtocol(WSProtocol):  # type: ignore[misc]  # an extension type without annotations
    """Speaks WebSocket on a connection that uvicorn accepted, and gives its `place` back when it is gone.

    `ahead` is what the peer sent behind its upgrade request, before this took over.
    """

    __slots__ = ("ahead", "place")  # there are many of these

    place: Place
    ahead: bytes | bytearray

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        super().connection_lost(exc)
        self.place.leave()

    def data_received(self, data: bytes) -> None:
        """Take the upgrade request that uvicorn has read already, and the frames that came right behind it."""
        head = tidied(data)
        if isinstance(head, HTTPStatus):
            self.transport.underlying_transport.write(refusal(head))
            self.transport.disconnect()
            return
        self._read(head)
        self._read(bytes(self.ahead))
        self.ahead = b""

    def _read(self, data: bytes) -> None:
        """Read what has arrived as if it came from the socket, unless the connection is closing."""
        view = memoryview(data)
        while view and not self.transport.underlying_transport.is_closing():
            room = self.get_buffer(-1)
            size = min(len(room), len(view))
            room[:size] = view[:size]
            self.buffer_updated(size)
            view = view[size:]

    def shutdown(self) -> None:
        """Do nothing: the hub has told its connections to leave before uvicorn shuts down."""


def protocol_factory(
    hub: Hub, *, origin_allowed: Callable[[str, str], bool], address_of: Callable[[str, str], str]
) -> Callable[..., HubProtocol]:
    """Return what uvicorn calls for every upgrade.

    `origin_allowed(origin, host)` guards against foreign pages; `address_of(peer, forwarded)` says whose connection it
    is, going by who is connected and what stands in X-Forwarded-For.
    """

    def origin_of(transport: WSTransport) -> Origin:
        peer = transport.underlying_transport.get_extra_info("peername")
        forwarded = ",".join(transport.request.headers.getall("x-forwarded-for", []))
        agent = transport.request.headers.get("user-agent", "")
        return _origin(address_of(peer[0] if peer else "", forwarded)[:64], agent[:200])

    def listener(request: WSUpgradeRequest) -> Connection | WSUpgradeResponseWithListener:
        try:
            url = urlsplit(request.path.decode("ascii", "replace"))
        except ValueError:
            return _refuse(HTTPStatus.BAD_REQUEST)
        user_id = unquote(url.path.removeprefix(PATH))
        if not url.path.startswith(PATH) or not user_id or "/" in user_id:
            return _refuse(HTTPStatus.NOT_FOUND)
        origin = request.headers.get("origin")
        if origin is not None and not origin_allowed(origin, request.headers.get("host", "")):
            return _refuse(HTTPStatus.FORBIDDEN)
        query = parse_qs(url.query)
        ticket = query.get("bilet")
        return Connection(
            hub,
            path_id=user_id,
            ticket=ticket[0] if ticket else None,
            origin_of=origin_of,
            wanted_language=as_language(query.get("dil", [""])[0]),
            language=preferred(request.headers.get("accept-language")),
        )

    def protocol(*, app_state: dict[str, Any], **_uvicorn: Any) -> HubProtocol:
        speaking = HubProtocol(
            None,  # host_port, ws_path: a client's
            None,
            False,  # noqa: FBT003  # picows takes positions: is_client_side
            listener,
            _log,
            True,  # noqa: FBT003  # disconnect_on_exception
            _HANDSHAKE_SECONDS,
            False,  # noqa: FBT003  # enable_auto_ping: the hub pings, without a task for each connection
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # noqa: FBT003  # enable_auto_pong: it would not look at reserved bits
            wire.MAX_FRAME,
            None,  # extra_headers
            _READ_BUFFER,
        )
        speaking.place, speaking.ahead = app_state["place"], app_state["ahead"]
        return speaking

    return protocol


def _refuse(status: HTTPStatus) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, status.phrase.encode()), None)

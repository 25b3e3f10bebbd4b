"""Requests as work: each holds one of its caller's permits while it is worked, and none while it waits for its peer."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from meydan.platform.addresses import household
from meydan.platform.caller_limit import CallerLimit, rest
from meydan.platform.http import GONE

SIGN_IN: Final = "/api/v1/auth/"
_LINES: Final = {SIGN_IN: "sign-in", "/api/v1/mesaj/ara": "search"}  # not behind those who read a lot


def line(client: tuple[str, int] | None, what: str = "") -> str:
    """Return in whose line something stands: one address has one for each kind of `what` it wants."""
    return f"{household(client[0] if client else '')} {what}".rstrip()


def shared(app: ASGIApp, caller_limit: CallerLimit, cycle: RequestResponseCycle, flow: FlowControl) -> ASGIApp:
    """Return `app` as it answers the request of one cycle, in its caller's turn."""

    async def worked(scope: Scope, receive: Receive, send: Send) -> None:
        async def arrived() -> Message:
            if not cycle.more_body or cycle.disconnected or cycle.message_event.is_set():
                return await receive()
            async with rest():
                return await receive()

        async def read(message: Message) -> None:
            if flow.write_paused and not cycle.disconnected:
                async with rest():
                    await flow.drain()
            await send(message)

        begun = False
        try:
            what = next((name for path, name in _LINES.items() if scope["path"].startswith(path)), "")
            async with caller_limit.work(line(scope["client"], what)):
                begun = True
                await app(scope, arrived, read)
        except asyncio.CancelledError as cancelled:
            if GONE in cancelled.args or (begun and not cycle.response_complete):
                raise
            if begun:
                return  # it has been answered
            headers = [(b"retry-after", b"10"), (b"content-length", b"0"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})  # the node is leaving
            await send({"type": "http.response.body", "body": b""})

    return worked

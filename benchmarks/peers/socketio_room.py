"""A room on python-socketio (ASGI under uvicorn), broadcast by its own `emit`. Nothing is stored."""

from typing import Any

import socketio  # type: ignore[import-untyped]

from benchmarks.peers.frames import mesaj, mesaj_onay

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
app = socketio.ASGIApp(server)


async def oda_katil(sid: str, request: dict[str, Any]) -> None:
    """Enter a room."""
    await server.enter_room(sid, request["oda_id"])
    await server.emit("oda_katilim", {"oda_id": request["oda_id"]}, to=sid)


async def mesaj_gonder(sid: str, request: dict[str, Any]) -> None:
    """Say something to a room."""
    frame = mesaj(sid, request)
    await server.emit("mesaj", frame, room=request["oda_id"])
    await server.emit("mesaj_onay", mesaj_onay(frame), to=sid)


server.on("oda_katil", oda_katil)
server.on("mesaj_gonder", mesaj_gonder)

"""A room as the FastAPI tutorial builds it: one `await send_text` after the other. Nothing is stored."""

import json

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from benchmarks.peers.frames import mesaj, mesaj_onay

app = FastAPI()
members: dict[WebSocket, None] = {}


@app.get("/")
async def root() -> dict[str, str]:
    """Tell that the server answers."""
    return {"durum": "ok"}


@app.websocket("/api/v1/ws/{user_id}")
async def connect(websocket: WebSocket, user_id: str) -> None:
    """Serve one client."""
    await websocket.accept()
    await websocket.send_text('{"tip":"sistem"}')
    try:
        while True:
            request = json.loads(await websocket.receive_text())
            if request["tip"] == "oda_katil":
                members[websocket] = None
                await websocket.send_text(json.dumps({"tip": "oda_katilim", "oda_id": request["oda_id"]}))
            elif request["tip"] == "mesaj_gonder":
                frame = mesaj(user_id, request)
                text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
                for member in list(members):
                    await _send(member, text)
                await websocket.send_text(json.dumps(mesaj_onay(frame), separators=(",", ":")))
    except (WebSocketDisconnect, RuntimeError):
        members.pop(websocket, None)


async def _send(member: WebSocket, text: str) -> None:
    try:
        await member.send_text(text)
    except (WebSocketDisconnect, RuntimeError):
        members.pop(member, None)

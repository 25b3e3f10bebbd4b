"""One good frame of every kind, as somebody of the table would send it."""

from typing import Any, Final

from tests.authority.table import YES
from tests.authority.world import OTHER, Who, World
from tests.chat.node import Frame, Talker
from tests.docs.reference import error_codes

_STATUS: Final = {code: error.status for code, error in error_codes().items()}
_UNANSWERED: Final = ("yaziyor", "okundu")
_OUTSIDE: Final = ("oda_katil", "oda_gecmisi")  # what needs no room that one is in


class Sockets:
    """Keeps a connection for everybody who asks, if they get a ticket."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, Talker | int] = {}

    async def ask(self, tip: str, on: str, who: Who, *, room: str | None = None) -> str | int:
        """Send one frame and return `yes`, or the status of the refusal."""
        socket = self._open.get(who.kind)
        if socket is None:
            socket = self._open[who.kind] = await self._enter(who)
        if isinstance(socket, int):
            return socket
        room = room or await self._world.room(who, _standing(on))
        if tip not in _OUTSIDE and (refused := _refusal(await socket.ask("oda_katil", oda_id=room))):
            return refused
        frame = await self._frame(tip, on, who, room)
        if tip not in _UNANSWERED:
            return _refusal(await socket.ask(tip, **frame)) or YES
        await socket.tell(tip, ref="x", **frame)
        seen = await socket.settle()
        return next((_refusal(each) or YES for each in seen if each.get("ref") == "x"), YES)

    async def _frame(self, tip: str, on: str, who: Who, room: str) -> dict[str, Any]:
        frame: dict[str, Any] = {"oda_id": room}
        if tip in ("mesaj_duzenle", "mesaj_sil", "mesaj_geri_getir", "tepki"):
            own = on in ("own message", "own deletion")
            frame["mesaj_id"] = await self._world.message(
                room, who.id if own else OTHER, guest=own and who.kind == "guest"
            )
        if tip == "mesaj_geri_getir":
            await self._world.erase(frame["mesaj_id"], by=who.id if own else OTHER)
        if tip in ("mesaj_gonder", "mesaj_duzenle"):
            frame["icerik"] = "başka söz"
        if tip == "tepki":
            frame["emoji"] = "☕"
        if tip == "okundu":
            frame["sira"] = 0
        return frame

    async def _enter(self, who: Who) -> Talker | int:
        node = self._world.node
        answer = await node.http.post("/auth/ws-ticket", headers=who.headers)
        if answer.status_code != 200:
            return answer.status_code
        talker = await node.knock(f"{who.id}?bilet={answer.json()['ticket']}")
        await talker.expect("sistem")
        return talker


def _standing(on: str) -> str:
    """Return which room a frame's row is about."""
    if "own room" in on:
        return "own"
    if "room's member" in on:
        return "as its member"
    return on if on in ("own", "private") else "public"


def _refusal(answer: Frame) -> int:
    return _STATUS[answer["kod"]] if answer["tip"] == "hata" else 0

"""`meydan chat`: talk in a room from a terminal."""

import asyncio
import contextlib
import getpass
import json
import os
import random
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from datetime import datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer
from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from rich.console import Console
from rich.markup import escape

from meydan.chat.mentions import mentions
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.cli.unreached import why

_ZONE: Final = ZoneInfo("Europe/Istanbul")
_HISTORY: Final = 20
_REMEMBERED: Final = 500
_FINAL: Final = (4001, 4003, 4009)
_LATER: Final = ("hiz_siniri", "gecici_kesinti", "odada_degil", "kapaniyor")  # the same request may succeed yet
_JOIN: Final = "oda"
_PATIENCE: Final = 15.0  # seconds in which something of what waits at the end must arrive

console = Console(highlight=False)


def chat(
    room: str = typer.Argument("genel", help=say("chat.room_help")),
    *,
    name: str = typer.Option("", "--name", help=say("chat.name_help")),
    user: str = typer.Option("", "--user", help=say("chat.user_help")),
    url: str = typer.Option("", "--url", help=say("chat.url_help")),
    lang: Lang = None,
) -> None:
    """Show what is said in a room and say what is typed; end with Ctrl+D."""
    url = url or settings_or_exit().address
    try:
        if not _is_address(url):
            raise _Refused(say("chat.no_address", url=url))
        password = getpass.getpass(say("chat.password")) if user else ""
        name = user or name or f"misafir{random.randint(100, 999)}"
        asyncio.run(_Terminal(url.rstrip("/"), room, name, password).run())
    except _Refused as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


class _Refused(Exception):
    """The server said no, or did not answer."""


class _NoAnswer(_Refused):
    """The server may answer later."""


class _Terminal:
    """One person at a terminal: keeps its place in the room over dropped connections, and what is not acknowledged."""

    def __init__(self, url: str, room: str, name: str, password: str) -> None:
        self._url = url
        self._room = room
        self._name = name
        self._id = name
        self._password = password
        self._refresh = ""
        self._guest_token = ""
        self._place: dict[str, Any] = {}
        self._unsent: dict[str, dict[str, Any]] = {}
        self._all_sent = asyncio.Event()
        self._all_sent.set()
        self._authors: dict[str, tuple[str, str]] = {}  # of the messages that were shown last
        self._entered = asyncio.Event()
        self._no = asyncio.Event()
        self._why = ""
        self.transport: WSTransport | None = None

    async def run(self) -> None:
        """Connect, and again whenever the line drops, until the input ends and has arrived."""
        talking = asyncio.create_task(self._talk())
        staying = asyncio.create_task(self._stay())
        ends = {talking, asyncio.create_task(self._no.wait())}
        try:
            await asyncio.wait({*ends, staying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (staying, *ends):
                if not task.done():
                    task.cancel()
        if self._no.is_set():
            raise _Refused(self._why)
        for task in (staying, talking):
            if task.done() and not task.cancelled():
                task.result()
        if self.transport is not None:
            self.transport.send_close(WSCloseCode.OK)
            self.transport.disconnect()

    def hear(self, frame: dict[str, Any]) -> None:
        """React to one frame."""
        match frame["tip"]:
            case "sistem":
                self._join()
            case "oda_katilim":
                self._joined(frame)
            case "oda_gecmisi":
                for message in frame["mesajlar"]:
                    self._show(message)
            case "mesaj":
                self._place["son_sira"] = frame["sira"]
                self._show(frame["mesaj"])
            case "mesaj_guncelleme":
                self._place["son_sira"] = frame["sira"]
                self._change(frame)
            case "mesaj_onay":
                self._settle(frame["istemci_id"])
            case "oda_ayrilma" if frame.get("neden") == "cikarildi":  # to come back is for the person to ask
                self._why = say("chat.expelled", room=self._room)
                self._no.set()
            case "oda_ayrilma":  # not asked for: the room has changed, or is no longer ours
                self._join()
            case "hata":
                self._problem(frame)
            case "katilim" | "ayrilma" as moved:
                line = say(f"chat.{moved}", name=_named(frame["ad"], guest=frame["misafir"]))
                console.print(f"[dim]{escape(line)}[/dim]")

    def _join(self) -> None:
        self._send({"tip": "oda_katil", "oda_id": self._room, "ref": _JOIN, **self._place})

    def _joined(self, frame: dict[str, Any]) -> None:
        before, self._place = self._place, {"son_sira": frame["sira"], "donem": frame["donem"]}
        if not before:
            line = say("chat.joined", room=self._room, count=frame["katilimci_sayisi"])
            console.print(f"[dim]{escape(line)}[/dim]")
        if before and frame["kurtarildi"]:
            for event in frame["mesajlar"]:
                if event["tip"] == "mesaj_guncelleme":
                    self._change(event)
                else:
                    self._show(event)
        else:
            self._send({"tip": "oda_gecmisi", "oda_id": self._room, "limit": _HISTORY, "once": frame["sira"] + 1})
        self._entered.set()
        self._say_next()

    def _problem(self, frame: dict[str, Any]) -> None:
        ref, code = frame.get("ref"), frame["kod"]
        text = f"{frame['baslik']}: {frame['ayrinti']}"
        later = asyncio.get_running_loop().call_later
        if ref == _JOIN:
            if code in _LATER:
                later(frame.get("bekle", 1.0), self._join)
            else:
                self._why = text
                self._no.set()
            return
        if ref in self._unsent and code in _LATER:
            if code != "odada_degil":  # then it is said again on joining
                later(frame.get("bekle", 1.0), self._say_next)
            return
        console.print(f"[red]{escape(text)}[/red]")
        self._settle(ref)

    def _settle(self, client_id: str | None) -> None:
        if self._unsent.pop(client_id or "", None) is not None:
            self._say_next()

    def _say_next(self) -> None:
        """Say what waits longest; the next follows when it is acknowledged, so that the order stays."""
        if self._unsent:
            self._send(next(iter(self._unsent.values())))
        else:
            self._all_sent.set()

    async def _stay(self) -> None:
        """Keep a connection; raise when the server will have none."""
        while True:
            listener = await self._connect()
            await listener.closed.wait()
            if listener.code in _FINAL:
                raise _Refused(say("chat.closed", code=listener.code))
            await asyncio.sleep(random.uniform(0.2, 1.5))

    async def _connect(self) -> "_Listener":
        while True:
            try:
                ticket = await asyncio.to_thread(self._ticket)
                path = f"/api/v1/ws/{quote(self._id)}?dil={language()}&bilet={ticket}"
                _, listener = await ws_connect(
                    lambda: _Listener(self), self._url.replace("http", "ws", 1) + path, use_aiofastnet=False
                )
            except (OSError, WSError, LookupError, _NoAnswer) as error:
                if isinstance(error, _NoAnswer) and self.transport is None:
                    raise
                if self.transport is None:
                    reason = say("unreached.strange") if isinstance(error, WSError) else why(error)
                    raise _Refused(say("chat.no_answer", url=self._url, reason=reason)) from None
                await asyncio.sleep(random.uniform(0.5, 2))
                continue
            assert isinstance(listener, _Listener)  # noqa: S101  # made by the factory above
            return listener

    def _ticket(self) -> str:
        """Sign in or come as a guest, or go on with what there is, and return a ticket."""
        if not self._password and not self._refresh:
            return self._guest_ticket()
        if self._refresh:
            tokens = self._post("/auth/refresh", {"refresh_token": self._refresh})
        else:
            tokens = self._post("/auth/login", {"username": self._name, "password": self._password})
        self._refresh, self._password = tokens["refresh_token"], ""
        return str(self._post("/auth/ws-ticket", {}, token=tokens["access_token"])["ticket"])

    def _guest_ticket(self) -> str:
        """Return a ticket of the same guest as before, as whom what was not acknowledged may be said again."""
        if self._guest_token:
            with contextlib.suppress(_Refused):  # the token is too old: another guest of the same name goes on
                return str(self._post("/auth/ws-ticket", {}, token=self._guest_token)["ticket"])
        tokens = self._post("/auth/guest", {"name": self._name})
        self._guest_token, self._id = tokens["access_token"], tokens["user"]["id"]
        return str(self._post("/auth/ws-ticket", {}, token=self._guest_token)["ticket"])

    def _post(self, path: str, body: dict[str, Any], *, token: str = "") -> dict[str, Any]:
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": language(),
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        request = urllib.request.Request(  # noqa: S310  # the address is the one the person gave
            f"{self._url}/api/v1{path}", json.dumps(body).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if error.code < 500 and "problem+json" in error.headers.get("Content-Type", ""):
                    raise _Refused(json.load(error).get("ayrinti", str(error.code))) from None
            raise _NoAnswer(say("chat.no_answer", url=self._url, reason=f"HTTP {error.code}")) from None
        except (OSError, HTTPException, ValueError) as error:
            raise _NoAnswer(say("chat.no_answer", url=self._url, reason=why(error))) from None
        if not isinstance(answer, dict):
            raise _NoAnswer(say("chat.no_answer", url=self._url, reason=say("unreached.strange")))
        return answer

    async def _talk(self) -> None:
        """Send what is typed; at its end wait until we were let in and everything has arrived."""
        async for line in _lines():
            if text := line.decode(errors="replace").strip():
                client_id = str(uuid4())
                message = {"tip": "mesaj_gonder", "oda_id": self._room, "icerik": text, "istemci_id": client_id}
                self._unsent[client_id] = {**message, "ref": client_id}
                self._all_sent.clear()
                if self._place and len(self._unsent) == 1:
                    self._say_next()
        if not self._unsent:  # a wrong address or room is told even to whom says nothing
            try:
                await asyncio.wait_for(self._entered.wait(), _PATIENCE)
            except TimeoutError:
                raise _Refused(say("chat.no_answer", url=self._url, reason=say("unreached.late"))) from None
        while left := len(self._unsent):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_sent.wait(), _PATIENCE)
            if len(self._unsent) == left:
                raise _Refused(say("chat.unsent", count=left))

    def _send(self, frame: dict[str, Any]) -> None:
        if self.transport is not None:
            self.transport.send(WSMsgType.TEXT, json.dumps(frame, ensure_ascii=False).encode())

    def _show(self, message: dict[str, Any]) -> None:
        if message.get("silindi"):
            return
        guest = message.get("misafir", False)
        self._authors[message["id"]] = (message["gonderen_id"], _named(message["gonderen_ad"], guest=guest))
        while len(self._authors) > _REMEMBERED:
            del self._authors[next(iter(self._authors))]
        at = datetime.fromisoformat(message["zaman"]).astimezone(_ZONE)
        label = "[yellow]SİM[/yellow] " if message.get("simulated") else ""
        colour = "cyan" if message["gonderen_id"] == self._id else "bold"
        who = f"[{colour}]{escape(message['gonderen_ad'])}[/{colour}]"
        if guest:
            who += f" [dim]({escape(say('chat.guest'))})[/dim]"
        text = escape(message["icerik"])
        if self._id in mentions(message["icerik"]):
            text = f"[bold yellow]@[/bold yellow] [bold]{text}[/bold]"
        console.print(f"[dim]{at:%H:%M}[/dim] {label}{who}  {text}", soft_wrap=True)

    def _change(self, update: dict[str, Any]) -> None:
        """Tell what became of a message that was shown; reactions pass in silence."""
        author, name = self._authors.get(update["mesaj_id"], (None, ""))
        if author is None or update["tur"] == "tepki":
            return
        kind = update["tur"]
        if kind == "silme" and update["kullanici_id"] != author:
            kind = "silme_moderator"
        line = say(f"chat.{kind}", name=name, text=update.get("icerik", ""))
        console.print(f"[dim]{escape(line)}[/dim]", soft_wrap=True)


def _is_address(url: str) -> bool:
    """Tell whether the text is an address that can be asked."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in url
    except ValueError:
        return False


def _named(name: str, *, guest: bool) -> str:
    """Return a name, a guest's marked: anybody may call themselves anything."""
    return f"{name} ({say('chat.guest')})" if guest else name


async def _lines() -> AsyncIterator[bytes]:
    """Yield what is typed; a file or nothing may stand in the terminal's place."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (sys.stdin.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):  # it is all there, as in /dev/null
        for line in sys.stdin.buffer:
            yield line
        return
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


class _Listener(WSListener):
    """Hands frames to the terminal, and remembers how the connection ended."""

    def __init__(self, terminal: _Terminal) -> None:
        self._terminal = terminal
        self.closed = asyncio.Event()
        self.code = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._terminal.transport = transport  # the greeting may come with the handshake, before the connect returns

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._terminal.hear(json.loads(frame.get_payload_as_bytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            self.code = int(frame.get_close_code())  # type: ignore[call-overload]  # an int where the code is not RFC 6455's
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed.set()

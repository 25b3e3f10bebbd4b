"""A client as PROTOCOL.md wants one: it recovers what it missed and says again what was not acknowledged."""

import asyncio
import contextlib
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.crash.proxy import BreakingProxy

_WINDOW = 4
_PAGE = 200
_NAP_SHARE, _NAP_SECONDS = 0.05, 1.0
_EXPECTED_CLOSES = frozenset({1012, 4001})  # a node leaves; a ticket went with Redis
_PASSING = frozenset({"gecici_kesinti", "kapaniyor", "bilet_gecersiz"})  # the last: a ticket went with Redis


class Said(msgspec.Struct, rename={"client_id": "istemci_id"}):
    id: str
    sira: int
    client_id: str | None = None


class Frame(
    msgspec.Struct,
    rename={
        "kind": "tip",
        "epoch": "donem",
        "recovered": "kurtarildi",
        "message": "mesaj",
        "messages": "mesajlar",
        "more": "devami",
        "client_id": "istemci_id",
        "message_id": "mesaj_id",
        "code": "kod",
    },
):
    kind: str
    ref: str | None = None
    sira: int = 0
    epoch: str = ""
    recovered: bool = False
    message: Said | str | None = None
    messages: list[Said] = []
    more: bool = False
    client_id: str | None = None
    message_id: str = ""
    code: str = ""


_frames = msgspec.json.Decoder(Frame)


class Tally:
    """What all members together have seen, and whoever waits for so many acknowledgements."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.failed = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Event]] = []

    def count_ack(self) -> None:
        self.acknowledged += 1
        for goal, reached in self._waiting:
            if self.acknowledged >= goal:
                reached.set()

    async def reach(self, goal: int) -> None:
        """Wait until so many messages are acknowledged."""
        reached = asyncio.Event()
        if self.acknowledged < goal:
            self._waiting.append((goal, reached))
            await reached.wait()

    def fault(self, text: str) -> None:
        self.faults.append(text)
        self.failed.set()


class Member:
    """One person in one room, with so many messages to say."""

    def __init__(
        self,
        name: str,
        token: str,
        *,
        room: str,
        messages: int,
        doors: list[BreakingProxy],
        http: httpx.AsyncClient,
        tally: Tally,
        rng: random.Random,
    ) -> None:
        self.name = name
        self.acks: dict[str, tuple[str, int]] = {}
        self.seen: list[str] = []
        self._token = token
        self._room = room
        self._unsaid = deque(f"{name}-{number}" for number in range(messages))
        self._unacknowledged: dict[str, None] = {}
        self._doors = doors
        self._http = http
        self._tally = tally
        self._rng = rng
        self._epoch: str | None = None
        self._line: Line | None = None
        self._in_room = False
        self._missing: list[Said] | None = None
        self._early: list[Said] = []
        self._asked_before = 0
        self._moved = asyncio.Event()

    async def live(self) -> None:
        """Stay connected for as long as the test lets us."""
        for attempt in itertools.count(1):
            self._line = None
            try:
                line = await self._connect(self._rng.choice(self._doors))
            except (httpx.TransportError, OSError, WSError, TimeoutError):
                await asyncio.sleep(self._rng.uniform(0.05, 0.3))
                continue
            try:
                await line.over()
            finally:
                line.hang_up()
            self._tally.counts["connections lost"] += 1
            nap = attempt > 1 and self._rng.random() < _NAP_SHARE
            await asyncio.sleep(_NAP_SECONDS if nap else self._rng.uniform(0, 0.05))

    async def has_seen(self, count: int) -> None:
        """Wait until so many events have come."""
        while len(self.seen) < count:
            self._moved.clear()
            await self._moved.wait()

    def state(self) -> str:
        """Say where this member stands, for when a test fails."""
        return (
            f"{self.name}: seen {len(self.seen)}, acknowledged {len(self.acks)}, waiting for "
            f"{list(self._unacknowledged)}, connected {self._line is not None}, in the room {self._in_room}, "
            f"recovering {self._missing is not None}"
        )

    async def _connect(self, door: BreakingProxy) -> "Line":
        base = f"127.0.0.1:{door.port}/api/v1"
        headers = {"authorization": f"Bearer {self._token}"}
        answer = await self._http.post(f"http://{base}/auth/ws-ticket", headers=headers)
        if answer.status_code == 503:
            raise ConnectionRefusedError(answer.text)
        if answer.status_code != 200:
            self.fault(f"a ticket was refused: {answer.text}")
            raise ConnectionRefusedError
        url = f"ws://{base}/ws/{self.name}?bilet={answer.json()['ticket']}"
        line = Line(self)
        await ws_connect(lambda: line, url, websocket_handshake_timeout=5, use_aiofastnet=False)
        if not line.opened:  # picows returns as if nothing were wrong when the wire breaks in the handshake
            raise ConnectionResetError
        return line

    def fault(self, text: str) -> None:
        self._tally.fault(f"{self.name}: {text}")

    def connected(self, line: "Line") -> None:
        self._line = line
        self._in_room = False
        self._missing = None
        self._early = []

    def disconnected(self, line: "Line") -> None:
        if self._line is line:
            self._in_room = False

    def closed(self, code: int) -> None:
        self._tally.counts[f"closed with {code}"] += 1
        if code not in _EXPECTED_CLOSES:
            self.fault(f"closed with {code}")

    def received(self, frame: Frame) -> None:
        match frame.kind:
            case "mesaj":
                assert isinstance(frame.message, Said)
                if self._missing is None:
                    self._take(frame.message)
                else:
                    self._early.append(frame.message)
            case "mesaj_onay":
                self._acknowledge(frame)
            case "sistem":
                self._join()
            case "oda_katilim":
                self._enter(frame)
            case "oda_gecmisi":
                self._fill(frame)
            case "hata":
                self._refused(frame)

    def _join(self) -> None:
        known = {"son_sira": len(self.seen), "donem": self._epoch} if self._epoch is not None else {}
        self._tell("oda_katil", oda_id=self._room, ref="join", **known)

    def _enter(self, frame: Frame) -> None:
        if self._epoch not in (None, frame.epoch):
            self.fault("the room's donem changed")
        known, self._epoch = self._epoch, frame.epoch
        if frame.recovered:
            self._tally.counts["recovered by replay"] += 1
            for said in frame.messages:
                self._take(said)
        elif frame.messages:
            self.fault("not recovered, and yet some messages")
        if len(self.seen) == frame.sira:
            self._go_on()
        elif frame.recovered or len(self.seen) > frame.sira:
            self.fault(f"entered at {frame.sira}, has seen {len(self.seen)}")
        else:
            self._tally.counts["recovered from history"] += known is not None
            self._missing = []
            self._ask_history(frame.sira + 1)

    def _fill(self, frame: Frame) -> None:
        """Take one page of what was missed; pages come newest first."""
        assert self._missing is not None
        self._missing = frame.messages + self._missing
        if frame.more and self._missing[0].sira > len(self.seen) + 1:
            self._ask_history(self._missing[0].sira)
            return
        found, early = self._missing, self._early
        self._missing, self._early = None, []
        for said in (*(said for said in found if said.sira > len(self.seen)), *early):
            self._take(said)
        self._go_on()

    def _ask_history(self, before: int) -> None:
        self._asked_before = before
        self._tell("oda_gecmisi", oda_id=self._room, limit=_PAGE, once=before, ref="history")

    def _go_on(self) -> None:
        """Say again what was not acknowledged, in its order, and then what is new."""
        self._in_room = True
        for client_id in self._unacknowledged:
            self._tally.counts["said again"] += 1
            self._say(client_id)
        self._say_more()

    def _say_more(self) -> None:
        while self._in_room and self._unsaid and len(self._unacknowledged) < _WINDOW:
            client_id = self._unsaid.popleft()
            self._unacknowledged[client_id] = None
            self._say(client_id)

    def _say(self, client_id: str) -> None:
        text = f"{client_id}: fiyat {'yükseliyor' if self._rng.random() < 0.5 else 'düşüyor'} 📈"
        self._tell("mesaj_gonder", oda_id=self._room, icerik=text, istemci_id=client_id, ref=client_id)

    def _acknowledge(self, frame: Frame) -> None:
        assert frame.client_id is not None
        answer = (frame.message_id, frame.sira)
        if self.acks.setdefault(frame.client_id, answer) != answer:
            self._tally.fault(f"{frame.client_id}: {self.acks[frame.client_id]} and then {answer}")
        if frame.client_id in self._unacknowledged:
            del self._unacknowledged[frame.client_id]
            self._tally.count_ack()
            self._say_more()

    def _take(self, said: Said) -> None:
        """Take one event of the room; each must be the next."""
        due = len(self.seen) + 1
        if said.sira == due:
            self.seen.append(said.id)
            self._moved.set()
        elif said.sira < due:
            self._tally.counts["twice"] += 1
            self.fault(f"{said.sira} came again, {due} was due")
        else:
            self.fault(f"{said.sira} came where {due} was due")

    def _refused(self, frame: Frame) -> None:
        self._tally.counts[f"refused: {frame.code}"] += 1
        if frame.code not in _PASSING:
            self.fault(f"{frame.ref} was refused with {frame.code}")
        elif frame.ref is not None:
            asyncio.get_running_loop().call_later(0.2, self._again(frame.ref))

    def _again(self, ref: str) -> Callable[[], None]:
        line = self._line

        def again() -> None:
            if self._line is not line or line is None or line.gone.is_set():
                return
            if ref == "join":
                self._join()
            elif ref == "history":
                self._ask_history(self._asked_before)
            elif ref in self._unacknowledged:
                self._say(ref)

        return again

    def _tell(self, kind: str, **fields: Any) -> None:
        if self._line is not None:
            self._line.send(msgspec.json.encode({"tip": kind, **fields}))


class Line(WSListener):
    """One connection of a member."""

    def __init__(self, member: Member) -> None:
        self.gone = asyncio.Event()
        self._member = member
        self._transport: WSTransport | None = None

    @property
    def opened(self) -> bool:
        return self._transport is not None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._member.connected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            try:
                self._member.received(_frames.decode(frame.get_payload_as_memoryview()))
            except Exception as error:  # picows would only log it
                self._member.fault(f"{error!r} at {frame.get_payload_as_bytes()[:200]!r}")
                raise
        elif frame.msg_type == WSMsgType.CLOSE:
            self._member.closed(frame.get_close_code().value)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.gone.set()
        self._member.disconnected(self)

    async def over(self) -> None:
        """Wait until the connection is gone, however it went."""
        assert self._transport is not None
        with contextlib.suppress(WSError, OSError):
            await self._transport.wait_disconnected()
        self.gone.set()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def send(self, payload: bytes) -> None:
        if self._transport is not None and not self.gone.is_set():
            self._transport.send(WSMsgType.TEXT, payload)

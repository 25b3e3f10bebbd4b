"""A real node in the test's own loop, and the people who talk to it: HTTP and WebSocket through its port."""

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlalchemy.orm import Session
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from meydan.accounts.origin import NOWHERE
from meydan.accounts.permissions import Role
from meydan.accounts.users import new_user
from meydan.accounts.views import Granted
from meydan.app.composition import Square, open_square
from meydan.app.server import HttpServer
from meydan.chat.models import Room
from meydan.platform.clock import Clock
from meydan.platform.db import Database, Work
from meydan.platform.network import NetworkSettings
from meydan.platform.settings import Settings
from tests.loopback import http_client

PATIENCE = 20.0
_HASH = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash("parola parola")
Frame = dict[str, Any]
T = TypeVar("T")


class Closed(AssertionError):
    """The server closed the connection while a frame was awaited."""


@dataclass
class Person:
    """Somebody who is signed in: a user, or a guest with a token."""

    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class Talker:
    """One WebSocket connection, held by the test."""

    ws: ClientConnection
    id: str
    seen: deque[Frame] = field(default_factory=deque)
    _refs: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def tell(self, tip: str, **fields: Any) -> None:
        """Send a frame that is not answered, or whose answer is awaited later."""
        await self.ws.send(json.dumps({"tip": tip, **fields}))

    async def ask(self, tip: str, **fields: Any) -> Frame:
        """Send a frame and return its answer, by `ref`; a `hata` is an answer too."""
        ref = f"r{next(self._refs)}"
        await self.tell(tip, ref=ref, **fields)
        return await self.wait(lambda frame: frame.get("ref") == ref, f"the answer to {tip} {fields}")

    async def join(self, room: str = "genel", **fields: Any) -> Frame:
        answer = await self.ask("oda_katil", oda_id=room, **fields)
        assert answer["tip"] == "oda_katilim", answer
        return answer

    async def send(self, content: str, room: str = "genel", **fields: Any) -> Frame:
        answer = await self.ask("mesaj_gonder", oda_id=room, icerik=content, **fields)
        assert answer["tip"] == "mesaj_onay", answer
        return answer

    async def refused(self, tip: str, **fields: Any) -> Frame:
        answer = await self.ask(tip, **fields)
        assert answer["tip"] == "hata", answer
        assert answer["baslik"]
        assert answer["ayrinti"]
        return answer

    async def expect(self, tip: str, **fields: Any) -> Frame:
        """Return the first frame of this kind with these fields; what comes before it stays to be looked at."""

        def fits(frame: Frame) -> bool:
            return frame["tip"] == tip and all(frame.get(name) == value for name, value in fields.items())

        return await self.wait(fits, f"{tip} {fields}")

    async def message(self, room: str = "genel") -> Frame:
        """Return the next message of a room."""
        message: Frame = (await self.expect("mesaj", oda_id=room))["mesaj"]
        return message

    async def messages(self, count: int, room: str = "genel") -> list[Frame]:
        return [await self.message(room) for _ in range(count)]

    async def settle(self) -> list[Frame]:
        """Return every frame that has come, once the server has answered one more request."""
        await self.ask("yok-boyle-bir-tip")
        frames = list(self.seen)
        self.seen.clear()
        return frames

    async def wait(self, fits: Callable[[Frame], bool], what: str) -> Frame:
        for index, frame in enumerate(self.seen):
            if fits(frame):
                del self.seen[index]
                return frame
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    came: Frame = json.loads(await self.ws.recv())
                    if fits(came):
                        return came
                    self.seen.append(came)
        except TimeoutError:
            raise AssertionError(f"{self.id} never got {what}; but {list(self.seen)[-8:]}") from None
        except ConnectionClosed as error:
            raise Closed(f"{self.id} was closed ({error}) before {what}; got {list(self.seen)[-8:]}") from None

    async def closed(self) -> int:
        """Read to the end and return the close code."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    self.seen.append(json.loads(await self.ws.recv()))
        assert self.ws.close_code is not None
        return self.ws.close_code

    async def leave(self) -> None:
        """Hang up."""
        await self.ws.close()


@dataclass
class Node:
    """One running node."""

    square: Square
    port: int
    http: httpx.AsyncClient
    stop: asyncio.Event
    stack: contextlib.AsyncExitStack

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/ws"

    def hold_messages(self) -> "Held":
        """Hold what is read of messages; the node does not look by itself whether its rooms have moved on."""
        self.square.hub.heads_checked_every = 10**9
        held = self.square.messages._db = Held(self.square.accounts.engines.db)
        return held

    async def person(self, name: str, role: Role = Role.MEMBER) -> Person:
        """Add a user and sign them in; hashing a password is what this leaves out."""
        service = self.square.accounts.service
        user = new_user(self.square.accounts.clock, name, name="", role=role, password_hash=_HASH)

        def save(session: Session) -> Granted:
            return service._enrol(session, user, "user.add", NOWHERE)[0]

        return Person(name, (await self.square.accounts.engines.db.write(save)).access_token)

    async def guest(self, name: str) -> Person:
        """Let a guest in through HTTP, with a token that is theirs."""
        answer = await self.http.post("/auth/guest", json={"name": name})
        assert answer.status_code == 200, answer.text
        return Person(answer.json()["user"]["id"], answer.json()["access_token"])

    async def ticket(self, person: Person) -> str:
        answer = await self.http.post("/auth/ws-ticket", headers=person.headers)
        assert answer.status_code == 200, answer.text
        ticket: str = answer.json()["ticket"]
        return ticket

    async def knock(self, path: str, **options: Any) -> Talker:
        """Open a WebSocket and wait for nothing."""
        # With a bounded queue a client that nobody listens to would not even see the close.
        unbounded = {"max_queue": None, "max_size": None}
        options = {"compression": None, "ping_interval": None, "proxy": None, **unbounded, **options}
        ws = await self.stack.enter_async_context(connect(f"{self.address}/{path}", **options))
        return Talker(ws, path.partition("?")[0])

    async def enter(self, who: Person | str, *rooms: str) -> Talker:
        """Connect a person with a ticket, or a guest by name alone, and join rooms."""
        path = who if isinstance(who, str) else f"{who.id}?bilet={await self.ticket(who)}"
        talker = await self.knock(path)
        talker.id = (await talker.expect("sistem"))["kullanici_id"]
        for room in rooms:
            await talker.join(room)
        return talker

    async def change(self, **settings: Any) -> None:
        """Change settings of the chat, as an operator would."""
        await self.square.accounts.live.change("chat", settings, by="test")

    async def generous(self) -> None:
        """Let everybody say as much as they like."""
        unlimited = 1_000_000
        await self.change(
            messages_per_second=unlimited,
            message_burst=unlimited,
            frames_per_second=unlimited,
            frame_burst=unlimited,
        )
        await self.square.accounts.live.change(
            "network",
            {
                name: unlimited
                for name in NetworkSettings.model_fields
                if "writes_per_second" in name or "write_burst" in name
            },
            by="test",
        )
        await self.square.accounts.live.change("accounts", {"guests_per_minute": unlimited}, by="test")

    async def head(self, room: str = "genel") -> int:
        """Return the room's head as another connection to the database sees it."""
        return await self.square.accounts.engines.db.read(
            lambda session: session.scalars(select(Room.head).where(Room.slug == room)).one()
        )


class Held:
    """A database whose readers' answers are found but do not arrive until they are let go."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.reads = 0
        self.found = asyncio.Event()
        self.let_go = asyncio.Event()

    async def read(self, work: Work[T]) -> T:
        self.reads += 1
        result = await self._db.read(work)
        self.found.set()
        await self.let_go.wait()
        return result

    async def write(self, work: Work[T]) -> T:
        return await self._db.write(work)

    async def close(self) -> None:
        await self._db.close()


@contextlib.asynccontextmanager
async def running_node(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Node]:
    """Run one node on a port of its own; everybody who is still connected hangs up before it drains."""
    async with open_square(settings, clock=clock) as square:
        listening = asyncio.Event()

        async def on_listening(_address: str) -> None:
            listening.set()

        server = HttpServer(square.app, square.hub, settings, gate=square.gate, on_listening=on_listening)
        square.supervisor.add(square.message_log, square.fleet.journal, square.hub, square.indexer, server)
        stop = asyncio.Event()
        running = asyncio.create_task(square.supervisor.run(stop))
        ready = asyncio.create_task(listening.wait())
        await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        port = server._server.servers[0].sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}/api/v1"
        try:
            async with (
                http_client(base_url=base) as http,
                contextlib.AsyncExitStack() as stack,
            ):
                yield Node(square, port, http, stop, stack)
        finally:
            stop.set()
            await running

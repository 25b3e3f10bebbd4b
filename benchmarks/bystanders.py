"""The others on a square that is attacked: who talks, who signs in, who searches, two hundred of a school."""

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

SCHOOL = "127.0.0.3"
PASSWORD = "kırmızı yelkenli"
_PAUSE = 1 / 30
_LOST = 60.0


@dataclass
class Noticed:
    """What bystanders noticed: seconds that things took, and what was refused."""

    acknowledged: list[float] = field(default_factory=list)
    signed_in: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


class Bystanders:
    """People at an address of their own."""

    def __init__(self, port: int, *, address: str = "127.0.0.1") -> None:
        self.port = port
        self.address = address

    @contextlib.asynccontextmanager
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        """Give a client."""
        transport = httpx.AsyncHTTPTransport(
            local_address=self.address, verify=False
        )  # certificates take 20 ms to load
        base = f"http://127.0.0.1:{self.port}/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, timeout=_LOST, trust_env=False) as client:
            yield client

    async def sign_in(self, http: httpx.AsyncClient, name: str) -> str:
        """Return the access token of a member, or nothing when they are refused."""
        answer = await http.post("/auth/login", json={"username": name, "password": PASSWORD})
        return str(answer.json()["access_token"]) if answer.status_code == 200 else ""

    @contextlib.asynccontextmanager
    async def socket(self, http: httpx.AsyncClient, name: str, token: str) -> AsyncIterator[ClientConnection]:
        """Give a member's socket, in the room."""
        answer = await http.post("/auth/ws-ticket", headers={"authorization": f"Bearer {token}"})
        answer.raise_for_status()
        path = f"ws://127.0.0.1:{self.port}/api/v1/ws/{name}?bilet={answer.json()['ticket']}"
        async with connect(path, local_addr=(self.address, 0), proxy=None, compression=None, max_queue=None) as socket:
            await asked(socket, "oda_katil", oda_id="genel")
            yield socket

    async def notice(self, seconds: float, *, token: str) -> Noticed:
        """Talk, sign in and search for a while."""
        noticed, until = Noticed(), time.monotonic() + seconds
        async with self.http() as http, self.socket(http, "konusan", token) as socket:
            await asyncio.gather(
                self._talk(socket, noticed, until), self._come_and_go(noticed, until), self._search(noticed, until)
            )
        return noticed

    async def _talk(self, socket: ClientConnection, noticed: Noticed, until: float) -> None:
        for number in itertools.count():
            if (began := time.monotonic()) >= until:
                return
            answer = await asked(socket, "mesaj_gonder", oda_id="genel", icerik=f"ileti {number}")
            noticed.acknowledged.append(time.monotonic() - began)
            if answer["tip"] == "hata":
                noticed.refused[f"talk {answer['kod']}"] += 1
            await asyncio.sleep(_PAUSE)

    async def _come_and_go(self, noticed: Noticed, until: float) -> None:
        for number in itertools.count():
            if (began := time.monotonic()) >= until:
                return
            try:
                async with self.http() as http:
                    if not await self.sign_in(http, f"giren{number % 10}"):
                        noticed.refused["sign-in"] += 1
            except httpx.HTTPError as error:
                noticed.refused[f"sign-in {type(error).__name__}"] += 1
            noticed.signed_in.append(time.monotonic() - began)
            await asyncio.sleep(1.0)

    async def _search(self, noticed: Noticed, until: float) -> None:
        while (began := time.monotonic()) < until:
            try:
                async with self.http() as http:
                    answer = await http.get("/mesaj/ara", params={"q": "ileti", "limit": 20})
                    if answer.status_code != 200:
                        noticed.refused[f"search {answer.status_code}"] += 1
            except httpx.HTTPError as error:
                noticed.refused[f"search {type(error).__name__}"] += 1
            noticed.found.append(time.monotonic() - began)
            await asyncio.sleep(1.0)


async def school(port: int, people: int) -> Counter[str]:
    """Let so many people of one address sign in and talk, each three times, and count what became of it."""
    crowd, noticed = Bystanders(port, address=SCHOOL), Counter[str]()
    at_once = asyncio.Semaphore(16)  # who signs in at a time
    everybody_is_here = asyncio.Barrier(people)

    async def one(number: int) -> None:
        name = f"ogrenci{number}"
        try:
            async with crowd.http() as http:
                async with at_once:
                    token = await crowd.sign_in(http, name)
                noticed["signed in" if token else "refused to sign in"] += 1
                async with crowd.socket(http, name, token) as socket:
                    await everybody_is_here.wait()
                    for turn in range(3):
                        said = await asked(socket, "mesaj_gonder", oda_id="genel", icerik=f"{name} {turn}")
                        noticed["talked" if said["tip"] == "mesaj_onay" else f"refused to talk {said['kod']}"] += 1
                        await asyncio.sleep(3.0)
        except (httpx.HTTPError, OSError, WebSocketException) as error:
            noticed[f"lost {type(error).__name__}"] += 1
            await everybody_is_here.abort()
        except asyncio.BrokenBarrierError:
            noticed["lost with the others"] += 1

    await asyncio.gather(*(one(number) for number in range(people)))
    return noticed


async def asked(socket: ClientConnection, tip: str, **fields: str) -> dict[str, Any]:
    """Send a frame and return its answer."""
    ref = f"{time.monotonic_ns()}"
    await socket.send(json.dumps({"tip": tip, "ref": ref, **fields}))
    async with asyncio.timeout(_LOST):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame.get("ref") == ref:
                return frame

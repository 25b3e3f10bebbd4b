"""A fake Telegram with a clock that is moved by hand, and a bot that asks it over HTTP as curl would."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.world import Room


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until `condition` holds."""
    async with asyncio.timeout(20):
        for _ in itertools.repeat(None):
            if condition():
                return
            await asyncio.sleep(0)


class Hand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


class Client:
    """Plain requests for one bot."""

    def __init__(self, http: aiohttp.ClientSession, fake: FakeTelegram, token: str) -> None:
        self.http = http
        self.fake = fake
        self.token = token
        self.id = int(token.split(":", maxsplit=1)[0])

    async def ask(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Ask with JSON and return the status and the whole answer."""
        async with self.http.post(f"{self.fake.url}/bot{self.token}/{method}", json=params) as answer:
            told: dict[str, Any] = await answer.json()
            assert told["ok"] is (answer.status == 200)
            return answer.status, told

    async def ok(self, method: str, **params: Any) -> Any:
        """Return the result of a request that must succeed."""
        status, told = await self.ask(method, **params)
        assert status == 200, told
        return told["result"]

    async def refused(self, method: str, **params: Any) -> str:
        """Return the words of a refusal, which begin with the reason that belongs to its code."""
        status, told = await self.ask(method, **params)
        assert told["error_code"] == status != 200
        return str(told["description"])

    async def updates(self, **params: Any) -> list[dict[str, Any]]:
        """Take all updates, so that the next call tells only of what is new."""
        found: list[dict[str, Any]] = await self.ok("getUpdates", **params)
        if found:
            await self.ok("getUpdates", offset=found[-1]["update_id"] + 1)
        return found

    async def poll(self) -> asyncio.Task[tuple[int, dict[str, Any]]]:
        """Begin a long poll, and return when the fake Telegram knows of it."""
        poll = asyncio.create_task(self.ask("getUpdates", timeout=30))
        await until(lambda: self.fake.office.mailbox(self.id).polling)
        return poll

    def join(self, room: Room, status: str = "member") -> Room:
        self.fake.people.set_member(room.key, self.id, status)
        self.fake.office.mailbox(self.id).clear()
        return room


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def limits() -> FakeLimits:
    return FakeLimits(enforced=False)


@pytest.fixture
async def fake(hand: Hand, limits: FakeLimits, tmp_path: Path) -> AsyncIterator[FakeTelegram]:
    fake = FakeTelegram(clock=hand, limits=limits, state_path=tmp_path / "fake.json")
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def bot(fake: FakeTelegram, http: aiohttp.ClientSession) -> Client:
    return Client(http, fake, fake.make_bot(name="Deneme Botu", username="deneme_bot"))


@pytest.fixture
def other(fake: FakeTelegram, http: aiohttp.ClientSession) -> Client:
    return Client(http, fake, fake.make_bot(name="Öteki Bot", username="oteki_bot"))


@pytest.fixture
def group(fake: FakeTelegram) -> Room:
    """Give the group that a first world has."""
    return next(room for room in fake.office.world.rooms.values() if room.chat.type == "group")


@pytest.fixture
def forum(fake: FakeTelegram) -> Room:
    """Give the forum that a first world has."""
    return next(room for room in fake.office.world.rooms.values() if room.chat.is_forum)


@pytest.fixture
def person(fake: FakeTelegram) -> int:
    """Give somebody who is in every group of the first world and owns none."""
    return list(fake.office.world.people)[1]

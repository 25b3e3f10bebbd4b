"""A fleet of bots on a fake Telegram, with the square's HTTP in front of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Role
from meydan.accounts.vault import Vault
from meydan.platform.bus import Bus
from meydan.platform.clock import SystemClock
from meydan.platform.db import Database
from meydan.platform.live_settings import LiveSettings
from meydan.telegram.api import HttpBotApi
from meydan.telegram.bots import BotService
from meydan.telegram.budget import BudgetService
from meydan.telegram.conversation import ConversationService
from meydan.telegram.endpoints import LARGER_BODIES, router
from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.tokens import is_fake_token
from meydan.telegram.journal import Journal
from meydan.telegram.limiter import Limiter
from meydan.telegram.memory_limiter import MemoryLimiter
from meydan.telegram.outbox import OutboxService
from meydan.telegram.runner import FleetRunner
from meydan.telegram.settings import TelegramSettings
from meydan.telegram.trial import TrialService
from meydan.telegram.updates import Intake
from meydan.telegram.uploads import UploadService
from tests.http_app import Doorman, asking, http_app

ACTORS = {
    "owner": Actor("sahip", "Sahip", Role.OWNER, "s1"),
    "moderator": Actor("yonetici", "Yönetici", Role.MODERATOR, "s2"),
    "member": Actor("uye", "Üye", Role.MEMBER, "s3"),
}


class Fleet:
    """One process that runs bots; `kill` leaves everything as a crash would."""

    def __init__(
        self,
        *,
        db: Database,
        bus: Bus,
        vault: Vault,
        fake: FakeTelegram,
        worker: str,
        limits: TelegramSettings,
        public_url: str = "",
        limiter: Limiter | None = None,
        ledger: Database | None = None,
        lease: float = 10.0,
    ) -> None:
        """Build one; `ledger` is the database as the journal sees it, and a third of `lease` how often it looks."""
        clock = SystemClock()
        self.live = LiveSettings(db, bus, clock)
        self.live.register("telegram", TelegramSettings)
        self.api = HttpBotApi(api_url=fake.url, trial_url=fake.url)
        self.limiter = limiter or MemoryLimiter(clock, lambda: limits)
        self.journal = Journal(ledger or db, clock, worker=worker)
        self.intake = Intake(db, clock)
        self.bots = BotService(
            db=db, bus=bus, clock=clock, vault=vault, api=self.api, public_url=public_url, is_trial=is_fake_token
        )
        self.outbox = OutboxService(
            db=db, bus=bus, clock=clock, live=self.live, journal=self.journal, limiter=self.limiter
        )
        self.room: int | None = None  # bytes that the disk still takes
        self.uploads = UploadService(db=db, clock=clock, live=self.live, room=lambda: self.room)
        self.budget = BudgetService(db=db, bus=bus, clock=clock, limiter=self.limiter)
        self.conversations = ConversationService(db)
        self.trial = TrialService(self.bots, fake)
        self.runner = FleetRunner(
            db=db, bus=bus, clock=clock, live=self.live, vault=vault, api=self.api, journal=self.journal,
            limiter=self.limiter, intake=self.intake, public_url=public_url, lease=lease,
        )  # fmt: skip
        self._journal_task: asyncio.Task[None] | None = None
        self._runner_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._journal_task = asyncio.create_task(self.journal.run())

    def run_bots(self) -> None:
        self._runner_task = asyncio.create_task(self.runner.run())

    async def stop(self) -> None:
        if self._runner_task is not None:
            await self.runner.drain()
            await self._runner_task
        await self.journal.drain()
        if self._journal_task is not None:
            await self._journal_task
        await self.api.close()

    async def kill(self) -> None:
        """End everything where it stands, as a crash would: nothing is written down, no lease is given back."""
        tasks = [task for running in self.runner.bots.values() for task in running.tasks]
        self.runner.bots.clear()
        tasks += [task for task in (self._journal_task, self._runner_task) if task is not None]
        self._journal_task = self._runner_task = None
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    def app(self, doorman: Doorman) -> FastAPI:
        return http_app(
            router, larger=LARGER_BODIES, accounts=doorman, bots=self.bots, outbox=self.outbox,
            uploads=self.uploads, budget=self.budget,
            trial=self.trial, intake=self.intake, conversations=self.conversations,
        )  # fmt: skip


@dataclass
class Square:
    """What a test works with: HTTP as someone, the fleet behind it, the fake Telegram beyond."""

    http: httpx.AsyncClient
    fleet: Fleet
    fake: FakeTelegram
    doorman: Doorman

    def become(self, name: str) -> None:
        self.doorman.actor = ACTORS[name]

    async def add_bot(self, username: str = "deneme_bot", *, name: str = "Deneme") -> str:
        answer = await self.http.post("/trial-bots", json={"name": name, "username": username})
        assert answer.status_code == 201, answer.text
        bot_id: str = answer.json()["id"]
        await self.until(lambda: bot_id in self.fleet.runner.bots or None)
        return bot_id

    async def send(self, bot_id: str, chat_id: int, text: str, **fields: Any) -> dict[str, Any]:
        answer = await self.http.post("/outbox", json={"bot_ids": [bot_id], "chat_id": chat_id, "text": text, **fields})
        assert answer.status_code == 202, answer.text
        first: dict[str, Any] = answer.json()["sends"][0]
        return first

    @contextlib.asynccontextmanager
    async def held(self, bot_id: str) -> AsyncIterator[None]:
        """Stop a bot, so that what it is given waits, and start it again at the end."""
        await self.switch(bot_id, on=False)
        yield
        await self.switch(bot_id, on=True)

    async def settled(self, send_id: str, *, state: str | None = None) -> dict[str, Any]:
        """Wait until a send has ended, or stands in a state."""
        while True:
            row: dict[str, Any] = (await self.http.get(f"/outbox/{send_id}")).json()
            if row["state"] == state or (state is None and row["state"] not in {"queued", "sending"}):
                return row
            await asyncio.sleep(0.05)

    async def switch(self, bot_id: str, *, on: bool) -> None:
        """Start or stop a bot, and wait until it runs or has let go: until then it may still send."""
        assert (await self.http.patch(f"/bots/{bot_id}", json={"enabled": on})).status_code == 200
        await self.until(lambda: (bot_id in self.fleet.runner.bots) is on)

    async def until(self, look: Callable[[], Any]) -> Any:
        """Wait until `look` finds something."""
        return await until(look)


async def until(look: Callable[[], Any]) -> Any:
    """Wait until `look`, which may be asked again and again, finds something; it may be a coroutine's maker."""
    while True:
        found = look()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.05)


Start = Callable[..., Awaitable[Square]]
QUICK = FakeLimits(chat_seconds=0.3, group_seconds=3.0, bot_seconds=0.1)
KEPT = TelegramSettings(chat_seconds=0.3, bot_per_second=300)
"""A tenth of Telegram's times, and the budget that keeps them."""


@pytest.fixture
def vault() -> Vault:
    return Vault([Fernet.generate_key().decode()])


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    fake = FakeTelegram(limits=QUICK)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def start(db: Database, bus: Bus, vault: Vault, fake: FakeTelegram) -> AsyncIterator[Start]:
    """Start a square whose bots run; the limits are Telegram's unless others are given."""
    async with contextlib.AsyncExitStack() as stack:
        numbers = iter(range(1_000))

        async def run(limits: TelegramSettings | None = None, **options: Any) -> Square:
            fleet = Fleet(
                db=db, bus=bus, vault=vault, fake=fake, worker=f"w{next(numbers)}",
                limits=limits or KEPT, **options,
            )  # fmt: skip
            fleet.start()
            await fleet.outbox.start()
            fleet.run_bots()
            stack.push_async_callback(fleet.stop)
            doorman = Doorman(ACTORS["owner"])
            http = await stack.enter_async_context(asking(fleet.app(doorman), "/api/v1/telegram", timeout=20))
            return Square(http, fleet, fake, doorman)

        yield run


@pytest.fixture
async def square(start: Start) -> Square:
    return await start()

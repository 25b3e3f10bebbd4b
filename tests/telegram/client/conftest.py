"""A client on the fake Telegram, under a clock that is moved by hand."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry

from meydan.accounts.vault import Vault
from meydan.platform.clock import ManualClock
from meydan.telegram.client.config import ClientConfig
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeAccount, FakeGroup, FakeWorld
from meydan.telegram.client.manager import TelegramClientManager
from meydan.telegram.client.retry import RetryConfig
from meydan.telegram.client.sessions import SessionStore

T = TypeVar("T")
PHONE = "+905550000001"
STEADY = RetryConfig(jitter=False)


class Desk:
    """What a test works with: the world, a group, somebody who writes there, clients on demand, and time."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.world = FakeWorld(clock)
        self.account = self.world.add_account(PHONE)
        self.other = self.world.add_account("+905550000002", name="Öteki")
        self.world.make_contacts(self.account, self.other)
        self.group: FakeGroup = self.world.add_group("Borsa", username="borsa")
        self.store = SessionStore(folder, Vault([Fernet.generate_key().decode()]), clock=clock)
        self.registry = CollectorRegistry()
        self.managers: list[TelegramClientManager] = []

    def config(self, name: str = "deneme", **fields: Any) -> ClientConfig:
        return ClientConfig(name, 1, "gizli-api-hash", sessions_dir=self.folder, **fields)

    def sign_in(self, config: ClientConfig, account: FakeAccount | None = None) -> None:
        """Leave a session in the folder that is signed in."""
        opened = self.store.open_to_sign_in(config)
        self.world.sign_in(opened.telethon, account or self.account)
        opened.keep()
        opened.close()

    def manager(self, config: ClientConfig, **options: Any) -> TelegramClientManager:
        options = {"retry_config": STEADY, "random": random.Random(1), **options}
        manager = TelegramClientManager(
            config, clock=self.clock, telethon=fake_telethon(self.world), sessions=self.store, registry=self.registry,
            **options,
        )  # fmt: skip
        self.managers.append(manager)
        return manager

    async def start(self, name: str = "deneme", **fields: Any) -> TelegramClientManager:
        """Return a connected client of a signed-in account."""
        config = self.config(name, **fields)
        self.sign_in(config)
        return await self.manager(config).initialize()

    async def passing(self, work: Awaitable[T], *, step: float = 0.25, longest: float = 3_600.0) -> T:
        """Return what `work` gives, moving the clock whenever everything waits for it."""
        task = asyncio.ensure_future(work)
        end = self.clock.monotonic() + longest
        while not task.done():
            await settle()
            if not task.done():
                assert self.clock.monotonic() < end, "it waits for something else than time"
                self.clock.advance(step)
        return task.result()

    async def until(self, look: Callable[[], Any], *, step: float = 0.25) -> Any:
        """Move the clock until `look` finds something."""
        await settle()
        while not (seen := look()):
            assert self.clock.monotonic() < 100_000, "it never comes"
            self.clock.advance(step)
            await settle()
        return seen


async def settle() -> None:
    """Let everything run that can without time passing."""
    for _ in range(30):
        await asyncio.sleep(0)


@pytest.fixture
async def desk(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path / "sessions", clock)
    yield desk
    for manager in desk.managers:
        await desk.passing(manager.disconnect())

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.endpoints import router
from meydan.accounts.passwords import Passwords
from meydan.accounts.permissions import Role
from meydan.accounts.service import AccountService
from meydan.accounts.settings import AccountsSettings
from meydan.accounts.users import CONSOLE
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.live_settings import LiveSettings
from meydan.platform.network import NetworkSettings
from meydan.platform.settings import Settings
from tests.http_app import http_app
from tests.loopback import http_client

PASSWORD = "kırmızı yelkenli"
SignIn = Callable[..., Awaitable["Person"]]


@dataclass(frozen=True)
class Person:
    id: str
    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.access}"}


def cheap_passwords() -> Passwords:
    return Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
async def live(db: Database, bus: Bus, clock: ManualClock) -> LiveSettings:
    live = LiveSettings(db, bus, clock)
    live.register("accounts", AccountsSettings)
    live.register("network", NetworkSettings)
    await live.start()
    return live


@pytest.fixture
async def accounts(
    *, db: Database, bus: Bus, store: EphemeralStore, clock: ManualClock, live: LiveSettings, settings: Settings
) -> AccountService:
    service = AccountService(
        db=db, bus=bus, store=store, clock=clock, live=live, settings=settings, passwords=cheap_passwords()
    )
    await service.start()
    return service


@pytest.fixture
async def http(accounts: AccountService) -> AsyncIterator[httpx.AsyncClient]:
    app = http_app(router, accounts=accounts)
    async with http_client(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1/api/v1") as client:
        yield client


@pytest.fixture
def sign_in(accounts: AccountService, http: httpx.AsyncClient) -> SignIn:
    """Add a user of some role and sign them in."""

    async def run(username: str, role: Role = Role.MEMBER) -> Person:
        await accounts.users.add(CONSOLE, username, role=role, password=PASSWORD)
        answer = await http.post("/auth/login", json={"username": username, "password": PASSWORD})
        body: dict[str, Any] = answer.json()
        return Person(username, body["access_token"], body["refresh_token"])

    return run

"""Whoever asks was found in a read before: what has ended meanwhile lets nobody act."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg
import httpx
import pytest

from meydan.accounts.endpoints import router
from meydan.accounts.permissions import GRANTS, Role
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database, Work
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.live_settings import LiveSettings
from meydan.platform.settings import Settings
from tests.accounts.conftest import PASSWORD, Person, SignIn, cheap_passwords
from tests.http_app import http_app
from tests.loopback import http_client

T = TypeVar("T")
Headers = dict[str, str]
_KEY = {"name": "k", "scopes": ["keys:manage"]}
_EVERYTHING = sorted(GRANTS[Role.ADMIN])
_NEW = "yeşil kayık gölde"

_ONESELF: list[tuple[str, str, object]] = [
    ("POST", "/api-keys", _KEY),
    ("DELETE", "/api-keys/{own}", None),
    ("PATCH", "/auth/me", {"name": "Başkası"}),
    ("POST", "/auth/password", {"current": PASSWORD, "new": _NEW}),
    ("POST", "/auth/logout-all", None),
    ("DELETE", "/auth/sessions/{session}", None),
]
_OTHERS: list[tuple[str, str, object]] = [
    ("POST", "/users", {"username": "yeni", "password": PASSWORD}),
    ("PATCH", "/users/uye", {"role": "moderator"}),
    ("PATCH", "/users/uye", {"active": False}),
    ("POST", "/users/uye/password-reset", None),
    ("DELETE", "/users/uye/api-keys/{others}", None),
]
_OF_A_KEY = [_ONESELF[0], _ONESELF[1], _OTHERS[0], _OTHERS[1], _OTHERS[3], _OTHERS[4]]


class Interrupted:
    """A database to which somebody else comes just before the next write."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.first: Callable[[], Awaitable[object]] | None = None

    @property
    def waits(self) -> bool:
        return self.first is not None

    async def read(self, work: Work[T]) -> T:
        return await self._db.read(work)

    async def write(self, work: Work[T]) -> T:
        first, self.first = self.first, None
        if first is not None:
            await first()
        return await self._db.write(work)

    async def close(self) -> None:
        await self._db.close()


@pytest.fixture
def between(db: Database) -> Interrupted:
    return Interrupted(db)


@pytest.fixture
async def racing(
    *, between: Interrupted, bus: Bus, store: EphemeralStore, clock: ManualClock, live: LiveSettings, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a node between whose reads and writes others come."""
    service = AccountService(
        db=between, bus=bus, store=store, clock=clock, live=live, settings=settings, passwords=cheap_passwords()
    )
    app = http_app(router, accounts=service)
    async with http_client(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1/api/v1") as client:
        yield client


async def _key_of(http: httpx.AsyncClient, person: Person, scopes: Sequence[str]) -> tuple[Headers, str]:
    made = (await http.post("/api-keys", json={"name": "k", "scopes": scopes}, headers=person.headers)).json()
    held = {"x-api-key": made["key"]}
    await http.get("/auth/me", headers=held)  # so that its first use is noted
    return held, made["item"]["id"]


async def test_who_was_found_before_acts_no_more_when_it_is_over(
    accounts: AccountService, http: httpx.AsyncClient, racing: httpx.AsyncClient, between: Interrupted, sign_in: SignIn
) -> None:
    owner, member = await sign_in("sahip", Role.OWNER), await sign_in("uye")
    _, others = await _key_of(http, member, ["rooms:read"])
    people = 0

    async def race(act: tuple[str, str, object], ending: str, *, by_key: bool) -> tuple[int, str]:
        nonlocal people
        people += 1
        name = f"yonetici{people}"
        admin = await sign_in(name, Role.ADMIN)
        held, own = await _key_of(http, admin, _EVERYTHING)
        (sign_in_,) = (await http.get("/auth/sessions", headers=admin.headers)).json()["items"]
        endings: dict[str, Callable[[], Awaitable[object]]] = {
            "reset": lambda: accounts.users.reset_password(CONSOLE, name, password=_NEW),
            "left": lambda: http.post("/auth/logout-all", headers=admin.headers),
            "deleted": lambda: http.delete(f"/users/{name}/api-keys/{own}", headers=owner.headers),
            "suspended": lambda: accounts.users.manage(CONSOLE, name, active=False),
            "demoted": lambda: accounts.users.manage(CONSOLE, name, role=Role.MEMBER),
        }
        method, path, body = act
        between.first = endings[ending]
        path = path.format(own=own, others=others, session=sign_in_["id"])
        answer = await racing.request(method, path, json=body, headers=held if by_key else admin.headers)
        assert not between.waits, (act, "nobody came between")
        lines = (await http.get("/audit", params={"actor": name, "limit": 1}, headers=owner.headers)).json()["items"]
        assert lines[0]["action"] in {"key.create", "auth.logout_all"}, (act, lines)  # what came before, and no more
        keys = (await http.get(f"/users/{name}/api-keys", headers=owner.headers)).json()["items"]
        assert {key["id"] for key in keys} <= {own}, (act, ending)
        return answer.status_code, answer.json()["kod"]

    for act in _ONESELF + _OTHERS:
        assert await race(act, "reset", by_key=False) == (401, "oturum_gecersiz"), act
    for act in _OF_A_KEY:
        assert await race(act, "reset", by_key=True) == (401, "anahtar_gecersiz"), act
    for act, ending, by_key, told in (
        (_ONESELF[0], "left", False, (401, "oturum_gecersiz")),
        (_ONESELF[0], "deleted", True, (401, "anahtar_gecersiz")),
        (_ONESELF[0], "suspended", True, (403, "hesap_pasif")),
        *((act, "demoted", by_key, (403, "yetki_yok")) for act in _OTHERS for by_key in (False, True)),
    ):
        assert await race(act, ending, by_key=by_key) == told, (act, ending)
    left = (await http.get("/users/uye", headers=owner.headers)).json()
    assert (left["role"], left["active"]) == ("member", True)
    assert (await http.get("/auth/me", headers=member.headers)).status_code == 200
    assert (await http.get("/users/yeni", headers=owner.headers)).status_code == 404


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite writes one after the other anyway
async def test_a_key_is_made_before_a_reset_or_not_at_all(
    http: httpx.AsyncClient, sign_in: SignIn, postgres_url: str
) -> None:
    held, _ = await _key_of(http, await sign_in("ayse"), ["keys:manage"])
    resetting = await asyncpg.connect(postgres_url)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    try:
        async with resetting.transaction():
            await resetting.execute("SELECT 1 FROM users WHERE username = 'ayse' FOR UPDATE")
            await resetting.execute("DELETE FROM api_keys WHERE username = 'ayse'")
            making = asyncio.create_task(http.post("/api-keys", json=_KEY, headers=held))
            async with asyncio.timeout(20):
                while not await resetting.fetchval(waiting):
                    pass
        assert (await making).json()["kod"] == "anahtar_gecersiz"
        assert await resetting.fetchval("SELECT count(*) FROM api_keys") == 0
    finally:
        await resetting.close()

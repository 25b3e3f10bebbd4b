"""The cookies of a sign-in: named so that no other host can set them, and for our own pages alone."""

from collections.abc import AsyncIterator, Mapping
from http.cookies import SimpleCookie
from types import SimpleNamespace

import httpx
import pytest
from fastapi import Request
from sqlalchemy import text

from meydan.accounts.cookies import DEVICE, kept
from meydan.accounts.endpoints import router
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.live_settings import LiveSettings
from meydan.platform.settings import Settings
from tests.accounts.conftest import PASSWORD, cheap_passwords
from tests.cost import cpu_cost
from tests.http_app import http_app
from tests.loopback import http_client

_LOGIN = {"username": "ayse", "password": PASSWORD, "session": "cookie"}


@pytest.fixture
async def public(
    *, db: Database, bus: Bus, store: EphemeralStore, clock: ManualClock, live: LiveSettings, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a square that is reached over HTTPS."""
    settings = settings.model_copy(
        update={"public_url": "https://meydan.example", "allowed_origins": ("https://kardes.example", "*")}
    )
    service = AccountService(
        db=db, bus=bus, store=store, clock=clock, live=live, settings=settings, passwords=cheap_passwords()
    )
    await service.users.add(CONSOLE, "ayse", password=PASSWORD)
    transport = httpx.ASGITransport(http_app(router, accounts=service))
    async with http_client(transport=transport, base_url="https://meydan.example/api/v1") as client:
        yield client


async def login(client: httpx.AsyncClient, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return await client.post("/auth/login", json=_LOGIN, headers=headers or {})


@pytest.mark.parametrize("part", [" ", "=", "; ", "meydan_device=", "meydan_device = x y", "a=b;"])
def test_a_cookie_header_is_read_in_one_look(part: str) -> None:
    """Four times as many bytes cost some four times as much; what looks back at each costs sixteen times."""

    def costs(length: int) -> float:
        value = "meydan_device=" + part * (length // len(part)) + "x y"
        accounts = SimpleNamespace(secure_cookies=False)
        app = SimpleNamespace(state=SimpleNamespace(accounts=accounts))
        request = Request({"type": "http", "headers": [(b"cookie", value.encode())], "app": app})
        return cpu_cost(lambda: kept(request, DEVICE))

    assert costs(60_000) / costs(15_000) < 10


async def test_over_https_only_this_host_can_set_them(public: httpx.AsyncClient) -> None:
    answer = await login(public)
    kept = [SimpleCookie(line) for line in answer.headers.get_list("set-cookie")]
    cookies = {name: morsel for cookie in kept for name, morsel in cookie.items()}
    assert cookies.keys() == {"__Host-meydan_refresh", "__Host-meydan_device"}
    for morsel in cookies.values():
        assert (morsel["secure"], morsel["httponly"], morsel["path"], morsel["domain"]) == (True, True, "/", "")
        assert morsel["samesite"] == "strict"
    assert (await public.post("/auth/refresh")).status_code == 200
    assert (await public.post("/auth/logout")).status_code == 204
    assert (await public.post("/auth/refresh")).status_code == 401


async def test_what_another_host_set_under_the_plain_name_is_not_read(public: httpx.AsyncClient) -> None:
    token = (await login(public)).cookies["__Host-meydan_refresh"]
    public.cookies.clear()
    tossed = {"cookie": f"meydan_refresh={token}"}
    assert (await public.post("/auth/refresh", headers=tossed)).status_code == 401


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("https://meydan.example", 200),
        ("https://kardes.example", 200),
        ("https://alt.meydan.example", 403),
        ("http://meydan.example", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("[", 403),
    ],
)
async def test_a_page_of_others_gets_nothing_out_of_them(
    public: httpx.AsyncClient, origin: str | None, status: int
) -> None:
    headers = {"origin": origin} if origin else {}
    assert (await login(public, headers)).status_code == status
    await login(public)
    assert (await public.post("/auth/refresh", headers=headers)).status_code == status
    assert (await public.post("/auth/logout", headers=headers)).status_code == (204 if status == 200 else 403)


async def test_nothing_is_done_for_a_page_of_others_that_is_refused(
    public: httpx.AsyncClient, accounts: AccountService, db: Database
) -> None:
    foreign, link = {"origin": "https://evil.example"}, await accounts.ensure_owner_link()
    new = {"username": "yeni", "password": PASSWORD, "session": "cookie"}
    for path, body in (
        ("/auth/login", _LOGIN),
        ("/auth/login", {**_LOGIN, "password": "yanlış bir parola"}),  # and they learn nothing
        ("/auth/register", new),
        ("/auth/owner", {**new, "token": link}),
    ):
        answer = await public.post(path, json=body, headers=foreign)
        assert (answer.status_code, answer.json()["kod"]) == (403, "yabanci_sayfa"), path
        assert "set-cookie" not in answer.headers
    users, sign_ins, failed = await db.read(
        lambda session: [
            session.scalar(text(f"SELECT count(*) FROM {what}"))
            for what in ("users", "sign_ins", "audit_log WHERE action = 'auth.failed'")
        ]
    )
    assert (users, sign_ins, failed) == (1, 0, 0)
    assert link is not None
    assert await accounts.check_owner_link(link)


async def test_a_page_of_others_makes_a_browser_forget_nothing(public: httpx.AsyncClient) -> None:
    access = (await login(public)).json()["access_token"]
    public.cookies.clear()  # a browser sends them to nobody else's page
    bearer = {"authorization": f"Bearer {access}"}
    for origin, told in (("https://evil.example", False), ("https://meydan.example", True)):
        for path, headers in (("/auth/logout", {}), ("/auth/logout-all", bearer)):
            answer = await public.post(path, headers={**headers, "origin": origin})
            assert ("set-cookie" in answer.headers) is told, (origin, path)
            bearer = {"authorization": f"Bearer {(await login(public)).json()['access_token']}"}
            public.cookies.clear()


async def test_they_are_found_among_a_hosts_other_cookies(public: httpx.AsyncClient) -> None:
    token = (await login(public)).cookies["__Host-meydan_refresh"]
    public.cookies.clear()
    many = "a=b; c; =d;" * 2_000
    for cookie, status in (
        (f"{many} __Host-meydan_refresh={token}; x__Host-meydan_refresh=no;{many}", 200),
        (f"x__Host-meydan_refresh={token}; __Host-meydan_refreshx={token}", 401),
    ):
        assert (await public.post("/auth/refresh", headers={"cookie": cookie})).status_code == status


async def test_a_token_in_the_body_is_nobodys_cookie(public: httpx.AsyncClient) -> None:
    answer = await public.post(
        "/auth/login", json={"username": "ayse", "password": PASSWORD}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers

import asyncio
import base64
import json
from typing import TypeVar

import asyncpg
import httpx
import jwt
import pytest

from meydan.accounts.endpoints import router
from meydan.accounts.permissions import Role
from meydan.accounts.service import AccountService, BadTicket
from meydan.accounts.users import CONSOLE
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database, Work
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.live_settings import LiveSettings
from meydan.platform.settings import Settings
from tests.accounts.conftest import PASSWORD, SignIn, cheap_passwords
from tests.http_app import http_app
from tests.loopback import http_client

T = TypeVar("T")


async def register(http: httpx.AsyncClient, username: str = "ayse", **more: str) -> httpx.Response:
    return await http.post("/auth/register", json={"username": username, "password": PASSWORD, **more})


class Counting:
    """A database that counts what waits to be written."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.writes = 0

    async def read(self, work: Work[T]) -> T:
        return await self._db.read(work)

    async def write(self, work: Work[T]) -> T:
        self.writes += 1
        return await self._db.write(work)

    async def close(self) -> None:
        await self._db.close()


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/auth/refresh", json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_registered_user_is_signed_in(http: httpx.AsyncClient) -> None:
    answer = await register(http, name="Ayşe Işık")
    assert answer.status_code == 201
    assert answer.json()["user"] | {"created_at": ""} == {
        "id": "ayse",
        "name": "Ayşe Işık",
        "role": "member",
        "active": True,
        "created_at": "",
        "last_seen_at": "2026-01-05T09:00:00Z",
        "locale": "tr",
        "imitates": False,
    }
    me = await http.get("/auth/me", headers=bearer(answer.json()["access_token"]))
    assert me.status_code == 200
    assert "rooms:write" in me.json()["permissions"]
    assert "users:manage" not in me.json()["permissions"]


async def test_names_and_passwords_that_are_refused(http: httpx.AsyncClient) -> None:
    await register(http)
    assert (await register(http)).json()["kod"] == "ad_kullanimda"
    assert (await register(http, "konsol")).json()["kod"] == "ad_ayrilmis"
    for name, suggestion in (("Işık", "isik"), ("ABC", "abc"), ("a", "a"), ("şş", "ss"), ("ali\n", None)):
        answer = await register(http, name)
        assert answer.status_code == 422
        assert answer.json().get("oneri") == suggestion
    for password in ("kisa", "x" * 129, "uzun.kullanici", "1234567890"):
        body = {"username": "uzun.kullanici", "password": password}
        answer = await http.post("/auth/register", json=body)
        assert (answer.status_code, answer.json()["kod"]) == (422, "parola_zayif"), password
    for name, kod, why in (
        ("adm1n", "ad_ayrilmis", "ad_ayrilmis"),
        ("Işık", "kullanici_adi_gecersiz", "username_format"),
    ):
        refused = (await http.post("/auth/register", json={"username": name, "password": "1234567890"})).json()
        told = [(fault["alan"], fault["neden_kodu"]) for fault in refused["hatalar"]]
        assert (refused["kod"], told) == (kod, [("username", why), ("password", "too_common")])


async def test_registration_closes_at_once(http: httpx.AsyncClient, live: LiveSettings) -> None:
    await live.change("accounts", {"registration_open": False}, by="x")
    answer = await register(http)
    assert (answer.status_code, answer.json()["kod"]) == (403, "kayit_kapali")


async def test_unknown_user_and_wrong_password_look_alike(http: httpx.AsyncClient) -> None:
    await register(http)
    answers = [
        await http.post("/auth/login", json={"username": name, "password": "yanlış parola"})
        for name in ("ayse", "yok", "Geçersiz Ad")
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()["kod"] == "giris_hatali"


async def test_access_token_expires(http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock) -> None:
    person = await sign_in("ayse")
    clock.advance(899)
    assert (await http.get("/auth/me", headers=person.headers)).status_code == 200
    clock.advance(1)
    answer = await http.get("/auth/me", headers=person.headers)
    assert (answer.status_code, answer.json()["kod"]) == (401, "oturum_suresi_doldu")


async def test_forged_tokens_are_refused(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    person = await sign_in("ayse")
    head, body, signature = person.access.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    claims = jwt.decode(person.access, options={"verify_signature": False})
    forged = [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        jwt.encode(claims | {"role": "owner"}, "x" * 32, algorithm="HS256"),
        f"{head}.{body}.{signature[:-4]}AAAA",
        "x",
        "a.b.c",
    ]
    for token in forged:
        answer = await http.get("/auth/me", headers=bearer(token))
        assert (answer.status_code, answer.json()["kod"]) == (401, "oturum_gerekli"), token


async def test_refresh_rotates_and_reuse_ends_the_sign_in(
    http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock
) -> None:
    person = await sign_in("ayse")
    second = (await refresh(http, person.refresh)).json()
    assert second["refresh_token"] != person.refresh
    clock.advance(11)
    answer = await refresh(http, person.refresh)
    assert (answer.status_code, answer.json()["kod"]) == (401, "oturum_gecersiz")
    assert (await refresh(http, second["refresh_token"])).status_code == 401
    assert (await http.get("/auth/me", headers=bearer(second["access_token"]))).status_code == 401


async def test_two_tabs_that_race_get_the_same_token(
    http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock
) -> None:
    person = await sign_in("ayse")
    first = (await refresh(http, person.refresh)).json()["refresh_token"]
    clock.advance(9)
    assert (await refresh(http, person.refresh)).json()["refresh_token"] == first
    clock.advance(2)
    assert (await refresh(http, first)).status_code == 200
    assert (await refresh(http, person.refresh)).status_code == 401  # it was replaced eleven seconds ago: reuse


async def test_a_slow_second_tab_ends_no_sign_in(http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock) -> None:
    """A token replaced twice within a moment (g0 → g1 → g2, then g0) gets the current one; later it is reuse."""
    person = await sign_in("ayse")
    first = (await refresh(http, person.refresh)).json()["refresh_token"]
    clock.advance(0.02)
    second = (await refresh(http, first)).json()["refresh_token"]
    clock.advance(0.02)
    for slow in (person.refresh, first, person.refresh):
        answer = await refresh(http, slow)
        assert (answer.status_code, answer.json()["refresh_token"]) == (200, second)
    clock.advance(5)
    third = (await refresh(http, second)).json()["refresh_token"]
    clock.advance(6)  # the first two were replaced eleven seconds ago, the third six
    assert (await refresh(http, second)).json()["refresh_token"] == third
    assert (await refresh(http, person.refresh)).status_code == 401
    assert (await refresh(http, third)).status_code == 401


async def test_a_sign_in_ends_however_often_it_is_refreshed(
    http: httpx.AsyncClient, live: LiveSettings, sign_in: SignIn, clock: ManualClock
) -> None:
    token = (await sign_in("ayse")).refresh
    for _ in range(4):
        clock.advance(20 * 86_400)
        answer = await refresh(http, token)
        token = answer.json()["refresh_token"]
        assert answer.status_code == 200
    listed = (await http.get("/auth/sessions", headers=bearer(answer.json()["access_token"]))).json()["items"]
    assert listed[0]["expires_at"] == "2026-04-05T09:00:00Z"  # ninety days after the fifth of January
    await live.change("accounts", {"session_days": 80}, by="test")
    assert (await refresh(http, token)).status_code == 401


async def test_a_guessed_refresh_token_ends_nobodys_sign_in(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    person = await sign_in("ayse")
    family = person.refresh.split(".")[0]
    for token in (f"{family}.0.{'0' * 64}", f"{family}.7.x", "x", "..", f"{family}.-1.x", f"{family}.٣.x"):
        assert (await refresh(http, token)).status_code == 401
    assert (await refresh(http, person.refresh)).status_code == 200


async def test_cookie_transport(http: httpx.AsyncClient) -> None:
    answer = await register(http, session="cookie")
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("meydan_refresh=", "HttpOnly", "SameSite=strict", "Path=/api/v1/auth"))
    renewed = await http.post("/auth/refresh")
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] is None
    assert (await http.post("/auth/logout")).status_code == 204
    assert (await http.post("/auth/refresh")).status_code == 401


async def test_logout_stops_the_access_token_too(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    person = await sign_in("ayse")
    assert (await http.get("/auth/me", headers=person.headers)).status_code == 200
    assert (await http.post("/auth/logout", json={"refresh_token": person.refresh})).status_code == 204
    assert (await http.get("/auth/me", headers=person.headers)).status_code == 401
    assert (await http.post("/auth/logout", json={"refresh_token": person.refresh})).status_code == 204


async def test_sessions_are_ones_own(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    ayse, veli = await sign_in("ayse"), await sign_in("veli")
    again = await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD})
    items = (await http.get("/auth/sessions", headers=ayse.headers)).json()["items"]
    assert sorted(item["current"] for item in items) == [False, True]
    other = next(item["id"] for item in items if not item["current"])
    assert (await http.delete(f"/auth/sessions/{other}", headers=veli.headers)).status_code == 404
    assert (await http.delete(f"/auth/sessions/{other}", headers=ayse.headers)).status_code == 204
    assert (await http.get("/auth/me", headers=bearer(again.json()["access_token"]))).status_code == 401
    assert (await http.get("/auth/me", headers=ayse.headers)).status_code == 200
    assert (await http.post("/auth/logout-all", headers=ayse.headers)).status_code == 204
    assert (await http.get("/auth/me", headers=ayse.headers)).status_code == 401
    assert (await http.get("/auth/me", headers=veli.headers)).status_code == 200


async def test_password_change_ends_other_sign_ins(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    ayse = await sign_in("ayse")
    other = (await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD})).json()
    wrong = await http.post("/auth/password", json={"current": "x", "new": "yepyeni parola"}, headers=ayse.headers)
    assert (wrong.status_code, wrong.json()["kod"]) == (422, "parola_yanlis")
    weak = await http.post("/auth/password", json={"current": PASSWORD, "new": "x"}, headers=ayse.headers)
    assert weak.json()["kod"] == "parola_zayif"
    body = {"current": PASSWORD, "new": "yepyeni parola"}
    assert (await http.post("/auth/password", json=body, headers=ayse.headers)).status_code == 204
    assert (await http.get("/auth/me", headers=ayse.headers)).status_code == 200
    assert (await refresh(http, other["refresh_token"])).status_code == 401
    assert (await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD})).status_code == 401


async def test_guests(http: httpx.AsyncClient, sign_in: SignIn, live: LiveSettings) -> None:
    await sign_in("ayse")
    guest = (await http.post("/auth/guest", json={"name": "kullanici123"})).json()
    assert guest["refresh_token"] is None
    headers = bearer(guest["access_token"])
    assert (await http.get("/auth/me", headers=headers)).json()["role"] == "guest"
    for path in ("/users", "/api-keys", "/audit"):
        assert (await http.get(path, headers=headers)).status_code == 403
    await live.change("accounts", {"guests": False}, by="x")
    assert (await http.post("/auth/guest", json={"name": "baska"})).json()["kod"] == "misafir_kapali"
    assert (await http.get("/auth/me", headers=headers)).status_code == 401


async def test_ticket_opens_once_and_not_late(
    http: httpx.AsyncClient, accounts: AccountService, sign_in: SignIn, clock: ManualClock
) -> None:
    ayse = await sign_in("ayse", Role.MODERATOR)

    async def ticket() -> str:
        answer = (await http.post("/auth/ws-ticket", headers=ayse.headers)).json()
        assert (answer["expires_in"], answer["user_id"]) == (30, "ayse")
        return str(answer["ticket"])

    first = await ticket()
    actor = await accounts.redeem_ticket(first)
    assert (actor.id, actor.role) == ("ayse", Role.MODERATOR)
    late, signed_out = await ticket(), await ticket()
    await http.post("/auth/logout", json={"refresh_token": ayse.refresh})
    for bad in (first, signed_out, "x"):
        with pytest.raises(BadTicket):
            await accounts.redeem_ticket(bad)
    clock.advance(31)
    with pytest.raises(BadTicket):
        await accounts.redeem_ticket(late)


async def test_owner_link_makes_one_owner(
    http: httpx.AsyncClient, accounts: AccountService, clock: ManualClock
) -> None:
    old = await accounts.ensure_owner_link()
    clock.advance(24 * 3600)
    token = await accounts.ensure_owner_link()
    assert (await http.post("/auth/owner/check", json={"token": old})).json() == {"valid": False}
    assert (await http.post("/auth/owner/check", json={"token": token})).json() == {"valid": True}
    body = {"token": token, "username": "sahip", "password": PASSWORD}
    assert (await http.post("/auth/owner", json={**body, "token": "x"})).json()["kod"] == "kurulum_gecersiz"
    answer = await http.post("/auth/owner", json=body)
    assert (answer.status_code, answer.json()["user"]["role"]) == (201, "owner")
    assert (await http.post("/auth/owner", json={**body, "username": "ikinci"})).status_code == 403
    assert await accounts.ensure_owner_link() is None


async def test_bad_bodies_are_not_server_errors(http: httpx.AsyncClient) -> None:
    for body in ({}, {"username": "a\x00b", "password": PASSWORD}, {"username": 3, "password": []}):
        assert (await http.post("/auth/login", json=body)).status_code == 422


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite writes one after the other anyway
async def test_a_refresh_and_a_deactivation_never_wait_for_each_other(
    http: httpx.AsyncClient, sign_in: SignIn, postgres_url: str
) -> None:
    ayse = await sign_in("ayse")
    manager = await asyncpg.connect(postgres_url)
    try:
        async with manager.transaction():
            await manager.execute("SELECT 1 FROM users WHERE username = 'ayse' FOR UPDATE")
            refreshing = asyncio.create_task(http.post("/auth/refresh", json={"refresh_token": ayse.refresh}))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            async with asyncio.timeout(20):
                while not await manager.fetchval(waiting):
                    pass
            await manager.execute("UPDATE users SET active = false WHERE username = 'ayse'")
            await manager.execute("UPDATE sign_ins SET revoked_at = now() WHERE username = 'ayse'")
        assert (await refreshing).json()["kod"] == "hesap_pasif"
    finally:
        await manager.close()


async def test_a_name_is_taken_as_a_keyboard_writes_it(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    await sign_in("isil")
    for typed in ("isil", "Isil ", " İsil", "IŞIL"):
        answer = await http.post("/auth/login", json={"username": typed, "password": PASSWORD})
        assert (answer.status_code, answer.json()["user"]["id"]) == (200, "isil")


async def test_signing_out_works_after_the_access_token_has_run_out(
    http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock
) -> None:
    ayse = await sign_in("ayse")
    clock.advance(16 * 60)
    assert (await http.post("/auth/logout", headers=ayse.headers)).json()["kod"] == "oturum_suresi_doldu"
    gone = await http.post("/auth/logout", headers=ayse.headers, json={"refresh_token": ayse.refresh})
    assert gone.status_code == 204
    assert (await refresh(http, ayse.refresh)).status_code == 401


@pytest.mark.parametrize("name", ["\u202eeşyA", "\u200b", "\u2066x", "a\u2028b", "a\u0085b"])
async def test_names_that_deceive_the_eye_are_refused(http: httpx.AsyncClient, name: str) -> None:
    answer = await register(http, name=name)
    assert (answer.status_code, answer.json()["alan"]) == (422, "name")
    assert answer.json()["neden"].endswith(("içeremez", "içermeli"))


async def test_names_of_all_scripts_and_signs_are_taken(http: httpx.AsyncClient) -> None:
    for username, name in (("bir", "Işıl Ağaoğlu"), ("iki", "👩\u200d🚀"), ("uc.", "נועה"), ("dort", "")):
        assert (await register(http, username, name=name)).status_code == 201


async def test_tokens_that_are_made_up_wait_for_no_write(
    *, db: Database, bus: Bus, store: EphemeralStore, clock: ManualClock, live: LiveSettings, settings: Settings
) -> None:
    counting = Counting(db)
    service = AccountService(
        db=counting, bus=bus, store=store, clock=clock, live=live, settings=settings, passwords=cheap_passwords()
    )
    await service.users.add(CONSOLE, "ayse", password=PASSWORD)
    async with http_client(
        transport=httpx.ASGITransport(http_app(router, accounts=service)), base_url="http://127.0.0.1/api/v1"
    ) as http:
        signed_in = (await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD})).json()
        guest = (await http.post("/auth/guest", json={"name": "misafir"})).json()
        sign_in, generation, mac = signed_in["refresh_token"].split(".")
        before = counting.writes
        for token in ("no token", f"made-up.0.{mac}", f"{sign_in}.{generation}.{mac[::-1]}", f"{sign_in}.7.{mac}"):
            assert (await refresh(http, token)).status_code == 401
            assert (await http.post("/auth/logout", json={"refresh_token": token})).status_code == 204
        signed_out = await http.post("/auth/logout", headers={"authorization": f"Bearer {guest['access_token']}"})
        assert signed_out.status_code == 204
        assert counting.writes == before
        assert (await refresh(http, signed_in["refresh_token"])).status_code == 200
        assert (await http.post("/auth/logout", json={"refresh_token": signed_in["refresh_token"]})).status_code == 204
        assert counting.writes == before + 2

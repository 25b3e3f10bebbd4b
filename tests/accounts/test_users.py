import asyncio
from dataclasses import replace

import asyncpg
import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from meydan.accounts.errors import LastOwner, TooManyKeys
from meydan.accounts.events import USERS_CHANNEL, UserChanged
from meydan.accounts.permissions import GRANTS, Permission, Role
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE
from meydan.platform.bus import Bus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.live_settings import LiveSettings
from meydan.platform.settings import Settings
from tests.accounts.conftest import PASSWORD, Person, SignIn, cheap_passwords


async def test_nobody_manages_their_own_rank_or_above(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    for name, role in (("sahip", Role.OWNER), ("sahip2", Role.OWNER), ("yonetici", Role.ADMIN), ("uye", Role.MEMBER)):
        await sign_in(name, role)
    people = {
        name: (await http.post("/auth/login", json={"username": name, "password": PASSWORD})).json()["access_token"]
        for name in ("sahip", "yonetici", "uye")
    }

    async def change(who: str, whom: str, **what: object) -> int:
        headers = {"authorization": f"Bearer {people[who]}"}
        return (await http.patch(f"/users/{whom}", json=what, headers=headers)).status_code

    assert await change("uye", "yonetici", role="member") == 403
    assert await change("yonetici", "sahip", active=False) == 403
    assert await change("yonetici", "yonetici", role="owner") == 403
    assert await change("yonetici", "uye", role="admin") == 403
    assert await change("sahip", "sahip2", role="member") == 403
    assert await change("sahip", "yok", role="member") == 404
    assert await change("sahip", "%00", role="member") == 404
    assert await change("sahip", "uye", role="guest") == 422
    assert await change("yonetici", "uye", role="moderator") == 200
    assert await change("sahip", "yonetici", role="owner") == 200
    headers = {"authorization": f"Bearer {people['yonetici']}"}
    assert (await http.post("/users/sahip/password-reset", headers=headers)).status_code == 403


async def test_the_last_owner_stays(accounts: AccountService, sign_in: SignIn) -> None:
    await sign_in("bir", Role.OWNER)
    await sign_in("iki", Role.OWNER)
    results = await asyncio.gather(
        accounts.users.manage(CONSOLE, "bir", role=Role.MEMBER),
        accounts.users.manage(CONSOLE, "iki", active=False),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(LastOwner) == 1


async def test_deactivation_is_felt_at_once_on_every_node(
    *,
    db: Database,
    bus: Bus,
    accounts: AccountService,
    settings: Settings,
    live: LiveSettings,
    clock: ManualClock,
    http: httpx.AsyncClient,
    sign_in: SignIn,
) -> None:
    ayse = await sign_in("ayse")
    key = (await http.post("/api-keys", json={"name": "k", "scopes": ["users:read"]}, headers=ayse.headers)).json()
    other = AccountService(
        db=db, bus=bus, store=accounts._store, clock=clock, live=live, settings=settings, passwords=cheap_passwords()
    )
    await other.start()
    heard: list[UserChanged] = []
    await bus.subscribe(USERS_CHANNEL, lambda message: heard.append(msgspec.json.decode(message, type=UserChanged)))
    assert (await http.get("/auth/me", headers=ayse.headers)).status_code == 200
    await other.users.manage(CONSOLE, "ayse", role=Role.MODERATOR)
    await asyncio.sleep(0)
    assert (await http.get("/auth/me", headers=ayse.headers)).json()["role"] == "moderator"
    await other.users.manage(CONSOLE, "ayse", active=False)
    await asyncio.sleep(0)
    assert heard == [UserChanged("ayse", "moderator", True), UserChanged("ayse", "moderator", False)]
    assert (await http.get("/auth/me", headers=ayse.headers)).status_code == 401
    assert (await http.get("/auth/me", headers={"x-api-key": key["key"]})).status_code == 403
    refused = await http.post("/auth/refresh", json={"refresh_token": ayse.refresh})
    assert (refused.status_code, refused.json()["kod"]) == (403, "hesap_pasif"), "whose token it was is told why"
    answer = await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD})
    assert (answer.status_code, answer.json()["kod"]) == (403, "hesap_pasif")


async def test_people_are_found_in_any_turkish_spelling(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    sahip = await sign_in("sahip", Role.OWNER)
    for name, shown in (("u1", "Işık Yılmaz"), ("u2", "IŞIL"), ("u3", "Veli")):
        body = {"username": f"{name}.x", "name": shown, "password": PASSWORD}
        assert (await http.post("/users", json=body, headers=sahip.headers)).status_code == 201
    for query in ("ışık", "IŞIK", "isik"):
        found = (await http.get("/users", params={"query": query}, headers=sahip.headers)).json()
        assert [user["id"] for user in found["items"]] == ["u1.x"]
    first = (await http.get("/users", params={"limit": 3}, headers=sahip.headers)).json()
    rest = (await http.get("/users", params={"cursor": first["next_cursor"]}, headers=sahip.headers)).json()
    assert [user["id"] for user in first["items"] + rest["items"]] == ["sahip", "u1.x", "u2.x", "u3.x"]
    assert rest["next_cursor"] is None
    assert set(await _ids(http, sahip.headers, role="owner")) == {"sahip"}


async def _ids(http: httpx.AsyncClient, headers: dict[str, str], **params: str) -> list[str]:
    return [user["id"] for user in (await http.get("/users", params=params, headers=headers)).json()["items"]]


async def test_a_temporary_password_opens_only_its_own_replacement(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    sahip = await sign_in("sahip", Role.OWNER)
    made = (await http.post("/users", json={"username": "yeni"}, headers=sahip.headers)).json()["password"]
    given = {"username": "verilen", "password": PASSWORD}
    await http.post("/users", json=given, headers=sahip.headers)

    async def enter(username: str, password: str, new: str | None = None) -> tuple[int, str]:
        body = {"username": username, "password": password, **({"new_password": new} if new else {})}
        answer = await http.post("/auth/login", json=body)
        return answer.status_code, answer.json().get("kod", "")

    assert await enter("verilen", PASSWORD) == (403, "parola_gecici")
    for _ in range(10):  # it is right, and no guess
        assert await enter("yeni", made) == (403, "parola_gecici")
    assert await enter("yeni", "yanlış parola", "mavi bisiklet yolu") == (401, "giris_hatali")
    assert await enter("yeni", made, made) == (422, "parola_zayif")
    assert await enter("yeni", made, "kısa") == (422, "parola_zayif")
    assert await enter("yeni", made, "mavi bisiklet yolu") == (200, "")
    assert await enter("yeni", made, "yeşil bisiklet yolu") == (401, "giris_hatali")  # it works once
    assert await enter("yeni", "mavi bisiklet yolu") == (200, "")
    reset = (await http.post("/users/yeni/password-reset", headers=sahip.headers)).json()["password"]
    assert await enter("yeni", "mavi bisiklet yolu") == (401, "giris_hatali")
    assert await enter("yeni", reset) == (403, "parola_gecici")
    assert await enter("yeni", reset, "mavi bisiklet yolu") == (200, "")


async def test_a_password_typed_at_the_machine_is_ones_own(http: httpx.AsyncClient, accounts: AccountService) -> None:
    await accounts.users.add(CONSOLE, "ayse", password=PASSWORD)
    assert (await http.post("/auth/login", json=_login("ayse"))).status_code == 200
    made = await accounts.users.add(CONSOLE, "veli")
    answer = await http.post("/auth/login", json={"username": "veli", "password": made.password})
    assert answer.json()["kod"] == "parola_gecici"
    await accounts.users.reset_password(CONSOLE, "veli", password=PASSWORD)
    assert (await http.post("/auth/login", json=_login("veli"))).status_code == 200


async def test_key_is_never_wider_than_its_user(
    http: httpx.AsyncClient, accounts: AccountService, sign_in: SignIn, clock: ManualClock
) -> None:
    ayse, veli = await sign_in("ayse", Role.ADMIN), await sign_in("veli")
    wide = {"name": "k", "scopes": ["audit:read"]}
    assert (await http.post("/api-keys", json=wide, headers=veli.headers)).json()["kod"] == "kapsam_genis"
    new = (await http.post("/api-keys", json=wide, headers=ayse.headers)).json()
    key = {"x-api-key": new["key"]}
    assert new["key"].startswith(new["item"]["prefix"])
    assert (await http.get("/audit", headers=key)).status_code == 200
    assert (await http.get("/users", headers=key)).status_code == 403
    assert (await http.post("/auth/logout-all", headers=key)).status_code == 403
    items = (await http.get("/api-keys", headers=ayse.headers)).json()["items"]
    assert items[0]["last_used_at"] == "2026-01-05T09:00:00Z"
    assert new["key"] not in str(items)
    await accounts.users.manage(CONSOLE, "ayse", role=Role.MEMBER)
    assert (await http.get("/audit", headers=key)).status_code == 403
    assert (await http.delete(f"/api-keys/{new['item']['id']}", headers=veli.headers)).status_code == 404
    assert (await http.delete(f"/api-keys/{new['item']['id']}", headers=ayse.headers)).status_code == 204
    answer = await http.get("/auth/me", headers=key)
    assert (answer.status_code, answer.json()["kod"]) == (401, "anahtar_gecersiz")


async def test_key_expires(http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock) -> None:
    ayse = await sign_in("ayse")
    body = {"name": "k", "scopes": ["users:read"], "expires_at": "2026-01-05T09:10:00Z"}
    key = {"x-api-key": (await http.post("/api-keys", json=body, headers=ayse.headers)).json()["key"]}
    assert (await http.get("/users", headers=key)).status_code == 200
    clock.advance(600)
    assert (await http.get("/users", headers=key)).status_code == 401


async def test_a_key_makes_none_that_outlives_it(http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock) -> None:
    member = await sign_in("ayse")
    soon, later = "2026-01-05T09:10:00Z", "2026-01-05T09:11:00Z"
    body = {"name": "k", "scopes": ["keys:manage"]}
    made = await http.post("/api-keys", json={**body, "expires_at": soon}, headers=member.headers)
    short = {"x-api-key": made.json()["key"]}
    refused = await http.post("/api-keys", json={**body, "expires_at": later}, headers=short)
    assert (refused.status_code, refused.json()["kod"]) == (403, "anahtar_uzun_omurlu")
    for asked, given in ((soon, soon), ("2026-01-05T09:05:00Z", "2026-01-05T09:05:00Z"), (None, soon)):
        answer = await http.post("/api-keys", json={**body, "expires_at": asked}, headers=short)
        assert answer.json()["item"]["expires_at"] == given
    endless = {"x-api-key": (await http.post("/api-keys", json=body, headers=member.headers)).json()["key"]}
    assert (await http.post("/api-keys", json=body, headers=endless)).json()["item"]["expires_at"] is None
    clock.advance(601)
    assert (await http.get("/api-keys", headers={"x-api-key": answer.json()["key"]})).status_code == 401


async def test_a_deleted_key_takes_all_that_were_made_with_it(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    owner, member = await sign_in("sahip", Role.OWNER), await sign_in("ayse")

    async def key(maker: dict[str, str]) -> tuple[dict[str, str], str]:
        made = (await http.post("/api-keys", json={"name": "k", "scopes": ["keys:manage"]}, headers=maker)).json()
        return {"x-api-key": made["key"]}, made["item"]["id"]

    async def works(*keys: dict[str, str]) -> list[int]:
        return [(await http.get("/api-keys", headers=held)).status_code for held in keys]

    first, first_id = await key(member.headers)
    second, second_id = await key(first)
    third, third_id = await key(second)
    beside, beside_id = await key(first)
    others, _ = await key(member.headers)
    assert (await http.delete(f"/api-keys/{second_id}", headers=beside)).status_code == 204
    assert await works(first, second, third, beside, others) == [200, 401, 401, 200, 200]
    assert (await http.delete(f"/users/ayse/api-keys/{first_id}", headers=owner.headers)).status_code == 204
    assert await works(first, beside, others) == [401, 401, 200]
    lines = (await http.get("/audit", params={"action": "key.delete"}, headers=owner.headers)).json()["items"]
    assert [line["target"] for line in lines] == [beside_id, first_id, third_id, second_id]


async def test_a_reset_takes_the_keys_and_a_change_offers_to(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    owner, member = await sign_in("sahip", Role.OWNER), await sign_in("ayse")
    body = {"name": "k", "scopes": ["users:read"]}

    async def key() -> dict[str, str]:
        return {"x-api-key": (await http.post("/api-keys", json=body, headers=member.headers)).json()["key"]}

    async def works(held: dict[str, str]) -> bool:
        return (await http.get("/users", headers=held)).status_code == 200

    kept = await key()
    change = {"current": PASSWORD, "new": "yeşil kayık gölde"}
    assert (await http.post("/auth/password", json=change, headers=member.headers)).status_code == 204
    assert await works(kept)
    again = {"current": "yeşil kayık gölde", "new": PASSWORD, "revoke_keys": True}
    assert (await http.post("/auth/password", json=again, headers=member.headers)).status_code == 204
    assert not await works(kept)
    kept = await key()
    assert (await http.post("/users/ayse/password-reset", headers=owner.headers)).status_code == 200
    assert not await works(kept)
    lines = (await http.get("/audit", params={"action": "user.password_reset"}, headers=owner.headers)).json()["items"]
    assert lines[0]["data"] == {"keys": 1}


async def test_administrators_see_and_delete_the_keys_of_others(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    owner, member = await sign_in("sahip", Role.OWNER), await sign_in("ayse")
    made = await http.post("/api-keys", json={"name": "k", "scopes": ["users:read"]}, headers=member.headers)
    listed = (await http.get("/users/ayse/api-keys", headers=owner.headers)).json()["items"]
    assert [item["id"] for item in listed] == [made.json()["item"]["id"]]
    assert made.json()["key"] not in str(listed)
    path = f"/users/ayse/api-keys/{listed[0]['id']}"
    assert (await http.delete(path.replace("ayse", "sahip"), headers=owner.headers)).status_code == 403
    assert (await http.delete(path, headers=owner.headers)).status_code == 204
    assert (await http.delete(path, headers=owner.headers)).status_code == 404
    assert (await http.get("/users", headers={"x-api-key": made.json()["key"]})).status_code == 401
    lines = (await http.get("/audit", params={"action": "key.delete"}, headers=owner.headers)).json()["items"]
    assert [(line["actor_id"], line["data"]) for line in lines] == [("sahip", {"user": "ayse"})]


async def test_keys_made_at_once_are_counted_one_after_the_other(accounts: AccountService, sign_in: SignIn) -> None:
    actor = await accounts.authenticate_bearer((await sign_in("ayse")).access)
    scopes = frozenset({Permission.ROOMS_READ})
    for number in range(46):
        await accounts.keys.create(actor, name=f"k{number}", scopes=scopes)
    racing = [accounts.keys.create(actor, name="k", scopes=scopes) for _ in range(10)]
    outcomes = await asyncio.gather(*racing, return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, TooManyKeys)]) == 6
    assert len(await accounts.keys.list(actor)) == 50


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite writes one after the other anyway
async def test_a_key_of_somebody_who_is_being_promoted_stays(
    http: httpx.AsyncClient, sign_in: SignIn, postgres_url: str
) -> None:
    admin, ayse = await sign_in("yonetici-bey", Role.ADMIN), await sign_in("ayse")
    made = await http.post("/api-keys", json={"name": "k", "scopes": ["rooms:read"]}, headers=ayse.headers)
    path = f"/users/ayse/api-keys/{made.json()['item']['id']}"
    promoter = await asyncpg.connect(postgres_url)
    try:
        async with promoter.transaction():
            await promoter.execute("UPDATE users SET role = 'owner' WHERE username = 'ayse'")
            deleting = asyncio.create_task(http.delete(path, headers=admin.headers))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            async with asyncio.timeout(20):
                while not deleting.done() and not await promoter.fetchval(waiting):
                    pass
        assert (await deleting).status_code == 403
    finally:
        await promoter.close()


async def test_guessed_keys_are_slowed_and_told_once(
    http: httpx.AsyncClient, accounts: AccountService, live: LiveSettings, sign_in: SignIn, clock: ManualClock
) -> None:
    owner = await sign_in("sahip", Role.OWNER)
    await live.change("accounts", {"login_attempts_per_address": 5}, by="test")
    good = {"x-api-key": "the-key-of-the-environment-of-tests"}
    assert (await http.get("/auth/me", headers=good)).status_code == 200

    async def guess(number: int) -> int:
        return (await http.get("/auth/me", headers={"x-api-key": f"guess-{number}"})).status_code

    assert [await guess(number) for number in range(5)] == [401] * 5
    assert [await guess(number) for number in range(5, 10)] == [401, 401, 429, 429, 429]  # two a second
    assert (await http.get("/auth/me", headers=good)).status_code == 200  # what has worked here waits for nobody
    clock.advance(1.1)
    assert await guess(10) == 401
    lines = (await http.get("/audit", params={"action": "auth.failed"}, headers=owner.headers)).json()["items"]
    assert [(line["target"], line["data"], line["ip"]) for line in lines] == [(None, {"reason": "key"}, "127.0.0.1")]


async def test_who_made_an_owner_takes_it_back_for_a_day(
    http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock
) -> None:
    first, second = await sign_in("ilk", Role.OWNER), await sign_in("ikinci", Role.OWNER)
    await sign_in("ayse")

    async def change(who: Person, **body: object) -> int:
        return (await http.patch("/users/ayse", json=body, headers=who.headers)).status_code

    assert await change(first, role="owner") == 200
    assert await change(second, role="member") == 403  # it was not theirs to give
    assert await change(first, active=False) == 403
    assert await change(first, role="member", active=False) == 403
    assert await change(first, role="member") == 200
    assert await change(first, role="owner") == 200
    clock.advance(86_401)
    first = replace(first, access=(await http.post("/auth/login", json=_login("ilk"))).json()["access_token"])
    assert await change(first, role="member") == 403


def _login(username: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD}


async def test_the_environments_key(http: httpx.AsyncClient, accounts: AccountService, sign_in: SignIn) -> None:
    await sign_in("ayse")
    key = {"x-api-key": "the-key-of-the-environment-of-tests"}
    me = (await http.get("/auth/me", headers=key)).json()
    assert (me["role"], set(me["permissions"])) == ("owner", set(Permission))
    assert (await http.patch("/users/ayse", json={"role": "admin"}, headers=key)).status_code == 200
    ticket = (await http.post("/auth/ws-ticket", headers=key)).json()["ticket"]
    assert (await accounts.redeem_ticket(ticket)).role is Role.OWNER
    assert (await http.get("/auth/me", headers={"x-api-key": "wrong"})).status_code == 401
    assert (await http.get("/auth/me")).status_code == 401


async def test_audit_tells_who_did_what(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    sahip = await sign_in("sahip", Role.OWNER)
    await http.post("/auth/login", json={"username": "sahip", "password": "yanlış parola"})
    await http.post("/auth/login", json={"username": "Parolam Budur!", "password": "x"})
    await http.post("/users", json={"username": "yeni"}, headers=sahip.headers)
    await http.patch("/users/yeni", json={"role": "admin"}, headers=sahip.headers)
    lines = (await http.get("/audit", headers=sahip.headers)).json()["items"]
    assert [line["action"] for line in lines] == [
        "user.role",
        "user.add",
        "auth.failed",
        "auth.failed",
        "auth.login",
        "user.add",
    ]
    assert lines[0]["data"] == {"before": "member", "after": "admin"}
    assert (lines[0]["actor_id"], lines[0]["target"], lines[0]["ip"]) == ("sahip", "yeni", "127.0.0.1")
    assert "Parolam" not in str(lines)
    page = (await http.get("/audit", params={"limit": 2, "action": "auth.failed"}, headers=sahip.headers)).json()
    assert len(page["items"]) == 2
    assert page["next_cursor"] is None


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"])
async def test_audit_log_only_grows(db: Database, sign_in: SignIn, statement: str) -> None:
    await sign_in("ayse")
    with pytest.raises(DBAPIError, match="append-only"):
        await db.write(lambda session: session.execute(text(statement)))


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_audit_log_is_not_emptied_either(db: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        await db.write(lambda session: session.execute(text("TRUNCATE audit_log")))


async def test_a_sweep_deletes_what_nobody_can_refresh(
    accounts: AccountService, db: Database, sign_in: SignIn, clock: ManualClock
) -> None:
    await sign_in("ayse")
    clock.advance(30 * 86_400 + 1)
    assert await accounts.sign_ins.sweep() == 1
    assert await db.read(lambda session: session.scalar(text("SELECT count(*) FROM sign_ins"))) == 0


async def test_a_key_gives_nobody_more_than_it_has(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    sahip = await sign_in("sahip", Role.OWNER)
    await sign_in("yonetici", Role.ADMIN)
    await sign_in("uye")

    async def key(*scopes: str) -> dict[str, str]:
        made = await http.post("/api-keys", json={"name": "k", "scopes": scopes}, headers=sahip.headers)
        return {"x-api-key": made.json()["key"]}

    narrow = await key("users:manage", "users:read")
    members = await key("users:manage", *(permission.value for permission in GRANTS[Role.MEMBER]))
    for answer in (
        await http.post("/users", json={"username": "yeni", "role": "owner", "password": PASSWORD}, headers=narrow),
        await http.post("/users/yonetici/password-reset", headers=narrow),
        await http.patch("/users/uye", json={"role": "admin"}, headers=members),
        await http.post("/users", json={"username": "yeni", "role": "moderator"}, headers=members),
    ):
        assert (answer.status_code, answer.json()["kod"]) == (403, "kapsam_genis")
    assert (await http.post("/users", json={"username": "yeni"}, headers=members)).status_code == 201
    assert (await http.post("/users/uye/password-reset", headers=members)).status_code == 200
    assert (
        await http.post("/users", json={"username": "iki", "role": "owner"}, headers=sahip.headers)
    ).status_code == 201


async def test_a_failed_sign_in_keeps_a_name_only_if_somebody_has_it(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    owner = await sign_in("sahip", Role.OWNER)
    for typed in ("sahip", "uzun-sifre-ali", "a\x00b", "İki Kelime"):
        answer = await http.post("/auth/login", json={"username": typed, "password": "yanlis-parola"})
        assert answer.status_code in (401, 422), typed
    lines = (await http.get("/audit", params={"action": "auth.failed"}, headers=owner.headers)).json()["items"]
    assert {line["target"] for line in lines} == {"sahip", None}
    assert "uzun-sifre-ali" not in str(lines)

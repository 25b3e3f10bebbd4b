"""People and the audit log, page by page in every order."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from meydan.accounts.names import name_key
from meydan.accounts.orders import AuditOrder, UserOrder
from meydan.accounts.origin import NOWHERE
from meydan.accounts.permissions import Role
from meydan.accounts.repository import AuditRepository, UserRepository
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE, access_user, new_user
from meydan.platform import migrate
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database, connected
from meydan.platform.turkish import sort_key, tr_upper
from tests.accounts.conftest import SignIn

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
# As Turkish sorts them; a username says the place.
NAMES = (
    "Kişi 9",
    "Kişi 10",
    "Kişi 10",
    "kol",
    "Ozan",
    "Ömer",
    "SARI",
    "şule",
    "Ulaş",
    "ÜNAL",
    "vedat",
)
FIRST_NAMES = ("1 Numara", "Ahmet", "cem", "Çınar", "Dede", "gaz", "Ğ", "hız", "Iğdır", "ışık", "IŞIL", "iğde", "İnci")
EVERYONE = [*FIRST_NAMES, *NAMES]
EVERY_ORDER = pytest.mark.parametrize("order", list(UserOrder))


@pytest.fixture
async def crowd(accounts: AccountService, db: Database, clock: ManualClock) -> list[str]:
    """Add people in no order; return their usernames as their names sort. Of the even ones nobody was ever seen."""
    usernames = [f"u{place:02}" for place in range(len(EVERYONE))]

    def add(session: Session) -> None:
        for place in sorted(range(len(EVERYONE)), key=lambda place: place * 7 % len(EVERYONE)):
            user = new_user(clock, usernames[place], name=EVERYONE[place], role=Role.MEMBER, password_hash="!")
            user.last_seen_at = START + timedelta(minutes=place // 4) if place % 2 else None
            UserRepository(session).add(user)
            clock.advance(60)

    await db.write(add)
    return usernames


async def _pages(accounts: AccountService, order: UserOrder, *, limit: int, query: str = "") -> list[str]:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await accounts.users.page(CONSOLE, order=order, after=after, limit=limit, query=query)
        assert len(page.items) == limit or page.next_cursor is None
        found += [user.id for user in page.items]
        after = page.next_cursor
    return found


async def test_names_sort_as_in_turkish(accounts: AccountService, crowd: list[str]) -> None:
    assert await _pages(accounts, UserOrder.NAME, limit=100) == crowd
    assert await _pages(accounts, UserOrder.NAME_BACKWARDS, limit=100) == crowd[::-1]


async def test_people_sort_by_when_they_came_and_were_seen(accounts: AccountService, crowd: list[str]) -> None:
    came = sorted(crowd, key=lambda name: int(name[1:]) * 7 % len(crowd))
    assert await _pages(accounts, UserOrder.OLDEST, limit=100) == came
    assert await _pages(accounts, UserOrder.NEWEST, limit=100) == came[::-1]
    seen = [*crowd[0::2], *crowd[1::2]]
    assert await _pages(accounts, UserOrder.SEEN_LONGEST_AGO, limit=100) == seen
    assert await _pages(accounts, UserOrder.SEEN_LAST, limit=100) == seen[::-1]


@given(st.text(alphabet="abcçdefgğhıijklmnoöpqrsştuüvwxyz "), st.text(alphabet="abcçdefgğhıijklmnoöpqrsştuüvwxyz "))
def test_keys_compare_as_the_alphabet_does(one: str, other: str) -> None:
    places = [
        [" abcçdefgğhıijklmnoöpqrsştuüvwxyz".index(char) for char in " ".join(text.split())] for text in (one, other)
    ]
    assert (sort_key(one) < sort_key(other)) == (places[0] < places[1])
    assert sort_key(tr_upper(one)) == sort_key(one)


def test_keys_fit_whatever_the_name() -> None:
    assert sort_key("Ali-Can  007 ~é") == "ali can 017 e"
    assert sort_key("😀") == ""
    assert len(name_key("\ufdfa" * 64)) == 200
    assert len(name_key("ç" * 64)) == 128


def test_people_who_are_there_get_their_keys(database_url: str) -> None:
    migrate.downgrade(database_url, "0005")

    def add(connection: Connection) -> None:
        for username, name in (("gelen1", "Çınar 9"), ("gelen2", "ığdır")):
            connection.execute(
                text(
                    "INSERT INTO users (username, name, folded, role, active, password_hash, locale, created_at) "
                    "VALUES (:username, :name, '', 'member', true, '!', 'tr', '2026-01-05 09:00:00')"
                ),
                {"username": username, "name": name},
            )
        connection.commit()

    connected(database_url, add)
    migrate.upgrade(database_url)
    keys = connected(
        database_url,
        lambda connection: connection.execute(
            text("SELECT username, name_key FROM users WHERE username LIKE 'gelen_'")
        ).all(),
    )
    assert sorted(map(tuple, keys)) == [("gelen1", "c~h~nar 019"), ("gelen2", "h~g~dh~r")]


@EVERY_ORDER
@pytest.mark.parametrize("limit", [1, 5, 12])
async def test_pages_are_the_list_cut(accounts: AccountService, crowd: list[str], order: UserOrder, limit: int) -> None:
    whole = await _pages(accounts, order, limit=100)
    assert sorted(whole) == crowd
    assert await _pages(accounts, order, limit=limit) == whole


@EVERY_ORDER
async def test_search_and_role_go_with_every_order(
    accounts: AccountService, crowd: list[str], order: UserOrder
) -> None:
    wanted = {name for name, shown in zip(crowd, EVERYONE, strict=True) if shown == "Kişi 10"}
    whole = await _pages(accounts, order, limit=100)
    assert await _pages(accounts, order, limit=1, query="KİŞİ 10") == [name for name in whole if name in wanted]
    assert (await accounts.users.page(CONSOLE, order=order, role=Role.OWNER)).items == []


@EVERY_ORDER
async def test_rows_that_come_and_go_neither_repeat_nor_hide_others(
    accounts: AccountService, db: Database, clock: ManualClock, crowd: list[str], order: UserOrder
) -> None:
    whole = await _pages(accounts, order, limit=100)
    first = await accounts.users.page(CONSOLE, order=order, limit=6)
    assert first.next_cursor is not None
    gone = [whole[1], whole[5], whole[8]]  # 5 is the row that the cursor is made of

    def change(session: Any) -> None:
        for name in gone:
            session.delete(UserRepository(session).get(name))
        for place, shown in enumerate(("Aaa", "Zzz")):
            UserRepository(session).add(
                new_user(clock, f"yeni{place}", name=shown, role=Role.MEMBER, password_hash="!")
            )

    await db.write(change)
    rest = await accounts.users.page(CONSOLE, order=order, after=first.next_cursor, limit=100)
    stayed = [user.id for user in rest.items if not user.id.startswith("yeni")]
    assert stayed == [name for name in whole[6:] if name not in gone]


async def test_a_new_name_is_a_new_place(accounts: AccountService, db: Database, crowd: list[str]) -> None:
    granted = await db.write(lambda session: accounts.sign_ins.open(session, access_user(session, crowd[-1]), NOWHERE))
    await accounts.users.rename(await accounts.authenticate_bearer(granted.access_token), name="Çağla")
    found = await _pages(accounts, UserOrder.NAME, limit=100)
    assert found.index(crowd[-1]) == found.index(crowd[EVERYONE.index("Çınar")]) - 1


async def test_a_cursor_of_another_order_is_refused(http: httpx.AsyncClient, sign_in: SignIn, crowd: list[str]) -> None:
    owner = (await sign_in("sahip", Role.OWNER)).headers
    page = (await http.get("/users", params={"sort": "name", "limit": 2}, headers=owner)).json()
    again = {"sort": "name", "limit": 2, "cursor": page["next_cursor"]}
    assert [user["id"] for user in (await http.get("/users", params=again, headers=owner)).json()["items"]] == crowd[
        2:4
    ]
    for sort in ("-name", "created_at", "id"):
        answer = await http.get("/users", params={**again, "sort": sort}, headers=owner)
        assert (answer.status_code, answer.json()["kod"]) == (422, "imlec_gecersiz")
    lines = (await http.get("/audit", params={"limit": 1}, headers=owner)).json()
    for path, params in (
        ("/audit", {"sort": "at", "cursor": lines["next_cursor"]}),
        ("/audit", {"cursor": page["next_cursor"]}),
        ("/users", {"sort": "name", "cursor": lines["next_cursor"]}),
    ):
        answer = await http.get(path, params=params, headers=owner)
        assert (answer.status_code, answer.json()["kod"]) == (422, "imlec_gecersiz")
    assert (await http.get("/users", params={"sort": "password_hash"}, headers=owner)).status_code == 422
    assert (await http.get("/audit", params={"sort": "-id"}, headers=owner)).status_code == 422


@pytest.mark.parametrize(
    "place",
    [
        b"",
        b"{}",
        b"[",
        b"\xff\xfe",
        b'["name"]',
        b'["name", "u01", 5]',
        b'["name", "u01", "\\u0000"]',
        b'["name", "u01", "\\ud800"]',
        b'["name", "u\\u0000", "a"]',
        b'["created_at", "u01", "", "2026-01-05T09:00:00"]',
        b'["created_at", "u01", "", "dun"]',
        b'["at", 0]',
        b'["at", 9223372036854775808]',
        b'["at", "1"]',
        b'["at", 1.5]',
    ],
)
async def test_a_made_up_cursor_is_refused(http: httpx.AsyncClient, sign_in: SignIn, place: bytes) -> None:
    owner = (await sign_in("sahip", Role.OWNER)).headers
    made_up = urlsafe_b64encode(place).decode().rstrip("=") or "A"
    for path, sort in (("/users", "name"), ("/users", "created_at"), ("/audit", "at")):
        answer = await http.get(path, params={"sort": sort, "cursor": made_up}, headers=owner)
        assert (answer.status_code, answer.json()["kod"]) == (422, "imlec_gecersiz"), answer.text


@pytest.mark.parametrize("cursor", ["%00", "ü", "a b", "A" * 2_001])
async def test_what_cannot_be_a_cursor_is_refused(http: httpx.AsyncClient, sign_in: SignIn, cursor: str) -> None:
    owner = (await sign_in("sahip", Role.OWNER)).headers
    for path in ("/users", "/audit"):
        assert (await http.get(path, params={"cursor": cursor}, headers=owner)).status_code == 422


async def test_a_moment_that_is_missing_gives_nothing_and_breaks_nothing(
    http: httpx.AsyncClient, sign_in: SignIn
) -> None:
    owner = (await sign_in("sahip", Role.OWNER)).headers
    cursor = urlsafe_b64encode(json.dumps(["created_at", "u01"]).encode()).decode().rstrip("=")
    answer = await http.get("/users", params={"sort": "created_at", "cursor": cursor}, headers=owner)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.parametrize("order", list(AuditOrder))
async def test_the_audit_log_is_read_from_either_end(
    accounts: AccountService, db: Database, clock: ManualClock, order: AuditOrder
) -> None:
    async def write(number: int) -> None:
        line = f"kim{number % 2}", f"ne.{number % 3}", str(number), NOWHERE
        await db.write(lambda session: AuditRepository(session).append(*line, at=clock.now()))

    for number in range(12):
        await write(number)
    found: list[str | None] = []
    after: str | None = ""
    while after is not None:
        page = await accounts.audit.page(CONSOLE, order=order, after=after, limit=5)
        found += [line.target for line in page.items]
        after = page.next_cursor
        if len(found) == 5:
            await write(12)
    numbers = [str(number) for number in range(12)]
    assert found == ([*numbers, "12"] if order is AuditOrder.OLDEST else numbers[::-1])
    wanted = [number for number in found if number in ("0", "6", "12")]
    page = await accounts.audit.page(CONSOLE, by="kim0", action="ne.0", order=order, limit=5)
    assert [line.target for line in page.items] == (wanted if order is AuditOrder.OLDEST else ["12", *wanted])

"""Guesses at passwords: who waits, how long, and who never does."""

import asyncio

import httpx
import pytest
from sqlalchemy.orm import Session

from meydan.accounts.errors import BadCredentials
from meydan.accounts.origin import Origin
from meydan.accounts.permissions import Role
from meydan.accounts.service import AccountService
from meydan.accounts.users import CONSOLE, new_user
from meydan.accounts.views import Granted
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database
from meydan.platform.errors import RateLimited
from meydan.platform.live_settings import LiveSettings
from tests.accounts.conftest import PASSWORD, SignIn, cheap_passwords


async def test_tries_beyond_the_free_ones_wait_longer_and_longer(http: httpx.AsyncClient, clock: ManualClock) -> None:
    await http.post("/auth/register", json={"username": "ayse", "password": PASSWORD})

    async def attempt(password: str = "yanlış parola") -> int:
        return (await http.post("/auth/login", json={"username": "ayse", "password": password})).status_code

    assert [await attempt() for _ in range(6)] == [401] * 6
    assert await attempt(PASSWORD) == 429
    clock.advance(2.1)
    assert await attempt() == 401
    clock.advance(2.1)
    assert await attempt(PASSWORD) == 429
    clock.advance(8)
    assert await attempt(PASSWORD) == 200
    assert [await attempt() for _ in range(5)] == [401] * 5


async def test_unknown_names_are_throttled_like_known_ones(http: httpx.AsyncClient) -> None:
    body = {"username": "hayalet", "password": "yanlış parola"}
    codes = [(await http.post("/auth/login", json=body)).status_code for _ in range(7)]
    assert codes == [401] * 6 + [429]


async def test_a_neighbour_who_guesses_locks_nobody_out(
    http: httpx.AsyncClient, accounts: AccountService, sign_in: SignIn, clock: ManualClock
) -> None:
    await sign_in("ayse")
    kept = await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD, "session": "cookie"})
    device = {"cookie": f"meydan_device={kept.cookies['meydan_device']}"}
    http.cookies.clear()
    for number in range(146):
        await http.post("/auth/login", json={"username": f"kim{number}", "password": "yanlış parola"})
    right = {"username": "ayse", "password": PASSWORD}
    assert (await http.post("/auth/login", json=right)).status_code == 200
    new = {"username": "mert", "password": PASSWORD}
    await accounts.users.add(CONSOLE, "mert", password=PASSWORD)
    assert (await http.post("/auth/login", json=new)).status_code == 200, "nobody has guessed at them"
    for _ in range(3):
        await http.post("/auth/login", json=right | {"password": "yanlış parola"})
    assert (await http.post("/auth/login", json=right)).status_code == 429, "somebody has"
    assert (await http.post("/auth/login", json=right, headers=device)).status_code == 200
    clock.advance(1.1)
    http.cookies.clear()
    assert (await http.post("/auth/login", json=right)).status_code == 200


async def test_two_hundred_behind_an_address_that_guesses_sign_in_and_none_is_refused(
    accounts: AccountService, db: Database, clock: ManualClock
) -> None:
    """A school: nobody's first try is slowed by a neighbour who guesses, there or elsewhere."""
    hashed = await cheap_passwords().hash(PASSWORD)
    school, home = Origin("192.0.2.1"), Origin("198.51.100.7")
    names = [f"ogrenci{number}" for number in range(200)]

    def enrol(session: Session) -> None:
        for name in names:
            user = new_user(clock, name, name="", role=Role.MEMBER, password_hash=hashed)
            accounts._enrol(session, user, "user.add", Origin("203.0.113.9"))

    await db.write(enrol)
    guesses = [accounts.login(f"kim{number}", "yanlış parola", origin=school) for number in range(146)]
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(outcome) for outcome in refused} <= {BadCredentials, RateLimited}
    more = [accounts.login(f"kimse{number}", "yanlış parola", origin=school) for number in range(100)]
    everybody = [accounts.login(name, PASSWORD, origin=school) for name in names]
    others = [accounts.login(name, PASSWORD, origin=home) for name in names[:40]]
    outcomes = await asyncio.gather(*more, *everybody, *others, return_exceptions=True)
    assert [outcome for outcome in outcomes[100:] if not isinstance(outcome, Granted)] == []


async def test_who_guesses_at_a_person_holds_them_up_for_a_minute_at_most(
    http: httpx.AsyncClient, sign_in: SignIn, clock: ManualClock
) -> None:
    await sign_in("ayse")
    right = {"username": "ayse", "password": PASSWORD, "session": "cookie"}
    device = {"cookie": f"meydan_device={(await http.post('/auth/login', json=right)).cookies['meydan_device']}"}
    http.cookies.clear()
    waits = set()
    for _ in range(300):
        answer = await http.post("/auth/login", json={"username": "ayse", "password": "yanlış parola"})
        waits.add(answer.json().get("bekle", 0))
        clock.advance(1)
    assert waits == {0, 2, 4, 8, 16, 32, 60}
    assert (await http.post("/auth/login", json=right)).status_code == 429
    assert (await http.post("/auth/login", json=right, headers=device)).status_code == 200
    http.cookies.clear()
    clock.advance(60)  # refused tries have made it no longer
    assert (await http.post("/auth/login", json=right)).status_code == 200


async def test_guesses_at_those_who_have_come_before_slow_an_address_and_tell_nobody_who_they_are(
    http: httpx.AsyncClient, accounts: AccountService, live: LiveSettings, sign_in: SignIn, clock: ManualClock
) -> None:
    await live.change("accounts", {"login_attempts_per_address": 20}, by="test")
    known = [(await sign_in(f"ogrenci{number}")).id for number in range(12)]

    async def guess(names: list[str]) -> list[dict[str, object]]:
        clock.advance(901)
        answers = []
        for name in [*names * 3, *names[:1] * 6]:
            answer = await http.post("/auth/login", json={"username": name, "password": "yanlış parola"})
            answers.append(answer.json())
        return answers

    at_known = await guess(known)
    assert [answer["kod"] for answer in at_known] == ["giris_hatali"] * 22 + ["hiz_siniri"] * 20
    right = {"username": known[-1], "password": PASSWORD}
    clock.advance(1.1)
    assert (await http.post("/auth/login", json=right)).status_code == 200
    assert await guess([f"kim{number}" for number in range(12)]) == at_known


async def test_what_a_device_shows_is_good_for_its_user_only(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    await sign_in("ayse")
    await sign_in("mehmet")
    kept = await http.post("/auth/login", json={"username": "ayse", "password": PASSWORD, "session": "cookie"})
    device = {"cookie": f"meydan_device={kept.cookies['meydan_device']}"}
    http.cookies.clear()
    wrong = {"username": "mehmet", "password": "yanlış parola"}
    codes = [(await http.post("/auth/login", json=wrong, headers=device if turn % 2 else {})) for turn in range(7)]
    assert [answer.status_code for answer in codes] == [401] * 6 + [429]


async def test_other_spellings_of_a_name_are_no_further_tries(http: httpx.AsyncClient, sign_in: SignIn) -> None:
    await sign_in("isil")
    spellings = ["isil", "ISIL", "İsil", "ısıl", " isil", "Isil"]
    answers = [
        await http.post("/auth/login", json={"username": name, "password": "x"}) for name in [*spellings, "isil"]
    ]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]


@pytest.mark.parametrize(
    ("ip", "line"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:200::1", "2001:db8:1:200::"),
        ("2001:db8:1:2ff:ffff::9", "2001:db8:1:200::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_who_has_many_addresses_of_one_line_counts_once(ip: str, line: str) -> None:
    assert Origin(ip).line == line


async def test_tries_from_one_line_count_together(accounts: AccountService) -> None:
    outcomes = []
    for number in range(7):
        try:
            await accounts.login("ayse", "x", origin=Origin(f"2001:db8::{number:x}"))
        except (BadCredentials, RateLimited) as error:
            outcomes.append(type(error))
    assert outcomes == [BadCredentials] * 6 + [RateLimited]

import asyncio
import threading
import unicodedata
from typing import Literal

import httpx
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.origin import Origin
from meydan.accounts.passwords import Passwords
from meydan.platform.errors import Unavailable

Form = Literal["NFC", "NFD"]


class Held(Argon2Hasher):
    """Hashes when it is let go, and knows how many it did at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.let_go, self.full = threading.Event(), threading.Event()
        self.running = self.most = self.hashed = 0
        self._lock = threading.Lock()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._lock:
            self.running += 1
            self.hashed += 1
            self.most = max(self.most, self.running)
            if self.running == 2:
                self.full.set()
        self.let_go.wait(8)
        try:
            return super().hash(password, salt=salt)
        finally:
            with self._lock:
                self.running -= 1


def at(address: str, *, gone: bool = False) -> Origin:
    async def hung_up() -> bool:
        return gone

    return Origin(address, gone=hung_up)


async def begun(held: Held, passwords: Passwords, *, many: int, address: str) -> list[asyncio.Task[str]]:
    """Ask for so many hashes from one address and return once the first ones run."""
    tasks = [asyncio.create_task(passwords.hash("parola parola", origin=at(address))) for _ in range(many)]
    assert await asyncio.to_thread(held.full.wait, 8)
    return tasks


async def test_few_are_hashed_at_once_and_not_endlessly_many_of_an_address_wait() -> None:
    held = Held()
    passwords = Passwords(held)
    tasks = await begun(held, passwords, many=500, address="192.0.2.1")
    other = asyncio.create_task(passwords.hash("parola parola", origin=at("198.51.100.7")))
    held.let_go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Unavailable) == 500 - 300 - 2
    assert held.most == 2
    assert (await passwords.verify("parola parola", await other))[0]


async def test_who_hung_up_is_not_hashed() -> None:
    held = Held()
    passwords = Passwords(held)
    tasks = await begun(held, passwords, many=2, address="192.0.2.1")
    gone = [asyncio.create_task(passwords.hash("parola parola", origin=at("192.0.2.1", gone=True))) for _ in range(100)]
    held.let_go.set()
    outcomes = await asyncio.gather(*tasks, *gone, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Unavailable) == 100
    assert held.hashed == 2


async def test_a_device_that_signed_in_before_waits_for_no_stranger() -> None:
    stored = await Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)).hash("parola parola")
    held = Held()
    passwords = Passwords(held)
    tasks = await begun(held, passwords, many=50, address="192.0.2.1")
    assert (await passwords.verify("parola parola", stored, origin=at("192.0.2.1"), familiar=True))[0]
    assert not any(task.done() for task in tasks)
    held.let_go.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("registered", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
async def test_a_password_is_one_however_a_keyboard_spells_it(
    http: httpx.AsyncClient, registered: Form, typed: Form
) -> None:
    password = "şeftali çiçeği güzü"
    account = {"username": "ayse", "password": unicodedata.normalize(registered, password)}
    assert (await http.post("/auth/register", json=account)).status_code == 201
    answer = await http.post("/auth/login", json={**account, "password": unicodedata.normalize(typed, password)})
    assert answer.status_code == 200


class Counting(Argon2Hasher):
    """Counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked = 0

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002  # the protocol's name
        self.asked += 1
        return super().verify(password, hash)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_nobody_costs_as_much_as_somebody(form: Form) -> None:
    hasher = Counting()
    passwords, wrong = Passwords(hasher), unicodedata.normalize(form, "yanlış parola")
    stored = await passwords.hash("doğru parola")
    asked = []
    for known in (stored, None, stored, None):
        before = hasher.asked
        assert await passwords.verify(wrong, known) == (False, None)
        asked.append(hasher.asked - before)
    assert asked == [1 if form == "NFC" else 2] * 4


async def test_a_password_that_was_hashed_as_it_was_typed_opens_and_gets_its_form() -> None:
    typed = unicodedata.normalize("NFD", "şeftali çiçeği güzü")
    hasher = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    right, better = await passwords.verify(typed, hasher.hash(typed))
    assert right
    assert better is not None
    assert await passwords.verify(unicodedata.normalize("NFC", typed), better) == (True, None)
    assert await passwords.verify(typed + "x", hasher.hash(typed)) == (False, None)

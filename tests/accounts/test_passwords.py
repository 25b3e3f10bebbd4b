import asyncio
import threading

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.passwords import Passwords
from meydan.platform.errors import Unavailable


class Held(Argon2Hasher):
    """Hashes when it is let go, and knows how many it did at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.let_go = threading.Event()
        self.running = self.most = 0
        self._lock = threading.Lock()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.let_go.wait(8)
        try:
            return super().hash(password, salt=salt)
        finally:
            with self._lock:
                self.running -= 1


async def test_few_are_hashed_at_once_and_not_endlessly_many_wait() -> None:
    held = Held()
    passwords = Passwords(held)
    tasks = [asyncio.create_task(passwords.hash("parola parola")) for _ in range(500)]
    refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    with pytest.raises(Unavailable):
        await refused.pop()
    held.let_go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Unavailable) == 500 - 200 - 2
    assert held.most == 2
    assert (await passwords.verify("parola parola", next(one for one in outcomes if isinstance(one, str))))[0]

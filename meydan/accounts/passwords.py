"""Passwords: what is accepted, and Argon2 on a few threads so that a flood of sign-ins cannot eat the memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import cache, partial
from pathlib import Path
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers import HasherProtocol
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.errors import WeakPassword
from meydan.platform.errors import Unavailable

SHORTEST: Final = 10
LONGEST: Final = 128
_AT_ONCE: Final = 2  # 64 MiB each
_MOST_WAITING: Final = 200  # a few seconds' worth: who comes later is told to come again instead of waiting in vain


class Passwords:
    """Hashes and checks; `hasher` is Argon2id with its library's recommended cost unless another is handed in."""

    def __init__(self, hasher: HasherProtocol | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash to store; raise `Unavailable` when too many wait for theirs."""
        async with self._turn():
            return await asyncio.to_thread(self._hash.hash, password)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Tell whether the password matches, and give a new hash when the stored one should be replaced.

        With no stored hash the same time is spent and the answer is no: a stranger cannot tell who is registered.
        Raises `Unavailable` when too many wait for theirs.
        """
        async with self._turn():
            if stored is None:
                if self._nobody is None:
                    self._nobody = await asyncio.to_thread(self._hash.hash, "nobody's password")
                await asyncio.to_thread(self._hash.verify, password, self._nobody)
                return False, None
            return await asyncio.to_thread(partial(self._hash.verify_and_update, password, stored))

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()


def check_password(password: str, username: str) -> None:
    """Raise `WeakPassword` unless the password may be used by this user."""
    if len(password) < SHORTEST:
        raise WeakPassword("string_too_short", min_length=SHORTEST)
    if len(password) > LONGEST:
        raise WeakPassword("string_too_long", max_length=LONGEST)
    if password.casefold() == username:
        raise WeakPassword("is_username")
    if password.casefold() in _commonest():
        raise WeakPassword("too_common")


@cache
def _commonest() -> frozenset[str]:
    path = Path(__file__).parent / "common_passwords.txt"
    return frozenset(path.read_text(encoding="utf-8").split())

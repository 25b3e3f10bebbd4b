"""Passwords: what is accepted, and Argon2 on a few threads so that a flood of sign-ins cannot eat the memory."""

import asyncio
from functools import cache, partial
from pathlib import Path
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers import HasherProtocol
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.errors import WeakPassword

SHORTEST: Final = 10
LONGEST: Final = 128
_AT_ONCE: Final = 2  # 64 MiB each


class Passwords:
    """Hashes and checks; `hasher` is Argon2id with its library's recommended cost unless another is handed in."""

    def __init__(self, hasher: HasherProtocol | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hash.hash, password)

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Tell whether the password matches, and give a new hash when the stored one should be replaced.

        With no stored hash the same time is spent and the answer is no: a stranger cannot tell who is registered.
        """
        async with self._slots:
            if stored is None:
                if self._nobody is None:
                    self._nobody = await asyncio.to_thread(self._hash.hash, "nobody's password")
                await asyncio.to_thread(self._hash.verify, password, self._nobody)
                return False, None
            return await asyncio.to_thread(partial(self._hash.verify_and_update, password, stored))


def check_password(password: str, username: str) -> None:
    """Raise `WeakPassword` unless the password may be used by this user."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"min_length {SHORTEST}")
    if len(password) > LONGEST:
        raise WeakPassword(f"max_length {LONGEST}")
    if password.casefold() == username:
        raise WeakPassword("username")
    if password.casefold() in _commonest():
        raise WeakPassword("common")


@cache
def _commonest() -> frozenset[str]:
    path = Path(__file__).parent / "common_passwords.txt"
    return frozenset(path.read_text(encoding="utf-8").split())

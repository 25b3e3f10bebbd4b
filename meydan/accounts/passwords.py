"""Passwords: what is accepted, and Argon2 on a few threads, in turns, so that a flood of sign-ins stops nobody."""

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers import HasherProtocol
from pwdlib.hashers.argon2 import Argon2Hasher

from meydan.accounts.errors import WeakPassword
from meydan.accounts.origin import NOWHERE, Origin
from meydan.platform.caller_limit import rest
from meydan.platform.turns import Turns

SHORTEST: Final = 10
LONGEST: Final = 128
_AT_ONCE: Final = 2  # 64 MiB each
_LANES: Final = 1  # more would hash as much, on more threads that stand in the event loop's way
_MOST_WAITING: Final = 2_000
_MOST_OF_A_CALLER: Final = 300  # a school that comes at once; who comes later is told to come again
_COURTESY: Final = 5  # how far the threads step back: the square's own work goes before a hash

Result = TypeVar("Result")


class Passwords:
    """Hashes and checks; `hasher` is Argon2id with its library's memory and passes unless another is handed in.

    Addresses take turns, and who hung up before their turn is passed over. Devices that have signed in before have a
    slot of their own, which no stranger can fill. All raise `Unavailable` when too many wait.
    """

    def __init__(self, hasher: HasherProtocol | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(parallelism=_LANES),))
        self._strangers = Turns(at_once=_AT_ONCE, waiting=_MOST_WAITING, per_caller=_MOST_OF_A_CALLER)
        self._familiar = Turns(at_once=1, waiting=_MOST_WAITING, per_caller=_MOST_OF_A_CALLER)
        self._threads = ThreadPoolExecutor(_AT_ONCE + 1, thread_name_prefix="password", initializer=_step_back)
        self._nobody: str | None = None

    async def hash(self, password: str, *, origin: Origin = NOWHERE) -> str:
        """Return the hash to store."""
        async with rest(), self._strangers.turn(origin.path, gone=origin.gone):
            return await self._run(lambda: self._hash.hash(normal(password)))

    async def verify(
        self, password: str, stored: str | None, *, origin: Origin = NOWHERE, familiar: bool = False
    ) -> tuple[bool, str | None]:
        """Tell whether the password matches, and give a new hash when the stored one should be replaced.

        With no stored hash the same time is spent and the answer is no: a stranger cannot tell who is registered.
        """
        line = self._familiar if familiar else self._strangers
        async with rest(), line.turn(origin.path, gone=origin.gone):
            known = stored or await self._nobodys()
            right, better = await self._run(lambda: self._hash.verify_and_update(normal(password), known))
            if not right and normal(password) != password:
                # It may have been hashed as it was typed, before there was one form.
                right = await self._run(lambda: self._hash.verify(password, known))
                better = await self._run(lambda: self._hash.hash(normal(password))) if right else None
            return (right, better) if stored is not None else (False, None)

    async def _nobodys(self) -> str:
        """Return a hash of which nobody knows the password."""
        if self._nobody is None:
            self._nobody = await self._run(lambda: self._hash.hash(secrets.token_urlsafe()))
        return self._nobody

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _step_back() -> None:
    """Leave the processor to the event loop whenever it wants it."""
    if sys.platform == "linux":  # elsewhere it would be the whole process that steps back
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _COURTESY)


def check_password(password: str, username: str, *, field: str = "password") -> None:
    """Raise `WeakPassword` unless the password may be used by this user."""
    password = normal(password)
    if len(password) < SHORTEST:
        raise WeakPassword("string_too_short", field=field, min_length=SHORTEST)
    if len(password) > LONGEST:
        raise WeakPassword("string_too_long", field=field, max_length=LONGEST)
    if password.casefold() == username:
        raise WeakPassword("is_username", field=field)
    if password.casefold() in _commonest():
        raise WeakPassword("too_common", field=field)


def normal(password: str) -> str:
    """Return the one form in which a password is hashed and compared: keyboards spell `ş` in two ways."""
    return unicodedata.normalize("NFC", password)


def same_password(one: str, other: str) -> bool:
    """Tell whether two passwords are one, however they were typed."""
    return normal(one) == normal(other)


@cache
def _commonest() -> frozenset[str]:
    path = Path(__file__).parent / "common_passwords.txt"
    return frozenset(path.read_text(encoding="utf-8").split())

"""One session, one user: a lock on this machine that dies with its process, and with Redis a lease over all machines.

Telegram ends a session whose key is used from two places (AUTH_KEY_DUPLICATED), and two clients would tear its place in
the stream of updates apart. So both the name and the key are held: a copy under another name is the same session.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from meydan.platform.clock import Clock
from meydan.platform.ephemeral import EphemeralStore
from meydan.platform.errors import Unavailable
from meydan.telegram.client.errors import SessionInUse
from meydan.telegram.client.within import within

log = structlog.get_logger(__name__)

_TRIES: Final = 4  # somebody who only looks holds a lock for a moment
_MOMENT: Final = 0.01
_FAREWELL_SECONDS: Final = 3.0


class Holder(msgspec.Struct, frozen=True):
    """Who works with a session, and since when."""

    host: str
    since: str
    pid: int
    mark: str = ""

    @classmethod
    def here(cls, clock: Clock) -> "Holder":
        """Return this process, from now on, told apart from its other clients by a mark."""
        return cls(
            host=socket.gethostname(),
            since=clock.now().isoformat(timespec="seconds"),
            pid=os.getpid(),
            mark=secrets.token_hex(8),
        )


class SessionLock:
    """A lock file that is held from construction to `release`, or to the end of the process."""

    def __init__(self, path: Path, *, name: str, holder: Holder) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _locked(self._descriptor):
                raise in_use(name, _read(self._descriptor))
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, msgspec.json.encode(holder), 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> "SessionLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have it. The file stays: deleting it would let two hold two files of one name."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def holder_of(path: Path) -> Holder | None:
    """Return who holds the lock file now, as far as this user may know."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    except OSError:  # of a file system without locks
        return None
    else:
        return None
    finally:
        os.close(descriptor)


class SharedLease:
    """A claim on a session in the store of all machines, renewed while it is kept.

    Where the store is the memory of one process this costs nothing and changes nothing.
    """

    def __init__(
        self, store: EphemeralStore, clock: Clock, *, name: str, identity: str, holder: Holder, seconds: float = 30.0
    ) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._key = f"telegram:session:{identity}"
        self._owner = msgspec.json.encode(holder).decode()
        self._seconds = seconds
        self._until = 0.0

    async def take(self) -> None:
        """Claim the session; raise `SessionInUse` when another holds it, `Unavailable` when the store is away."""
        asked = self._clock.monotonic()
        found = await self._store.claim(self._key, self._owner, seconds=self._seconds)
        if found != self._owner:
            raise in_use(self._name, _holder(found.encode()))
        self._until = asked + self._seconds

    async def keep(self, lost: Callable[[], None]) -> None:
        """Renew the claim until cancelled; call `lost` and return once it is another's or ran out unrenewed.

        Two of three renewals may fail: the claim is given up a third of its time before the store would give it away.
        """
        pause = self._seconds / 3
        while True:
            await self._clock.sleep(pause)
            try:
                await self.take()
            except SessionInUse:
                break
            except Unavailable:
                log.warning("telegram.lease_unrenewed", session=self._name)
                if self._clock.monotonic() >= self._until - pause:
                    break
        log.error("telegram.lease_lost", session=self._name)
        lost()

    async def give_back(self) -> None:
        """Let others have the session at once; when the store is away the claim runs out by itself."""
        with contextlib.suppress(Unavailable, TimeoutError):
            await within(self._clock, _FAREWELL_SECONDS, self._store.release(self._key, self._owner))


def in_use(name: str, holder: Holder | None) -> SessionInUse:
    """Return the error that names who has the session, as far as that is known."""
    return SessionInUse(name, host=holder.host if holder else "?", since=holder.since if holder else "?")


def _locked(descriptor: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_MOMENT)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _read(descriptor: int) -> Holder | None:
    return _holder(os.pread(descriptor, 4096, 0))


def _holder(content: bytes) -> Holder | None:
    try:
        return msgspec.json.decode(content, type=Holder)
    except msgspec.MsgspecError:
        return None

"""What running clients say of themselves, for others to read: beside their sessions, or in Redis for all machines."""

import contextlib
import os
import socket
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import structlog

from meydan.platform.clock import Clock
from meydan.telegram.client.files import SessionKind, check_name, write_private

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

_FRESH_SECONDS: Final = 90


class ClientState(msgspec.Struct, frozen=True):
    """A client's account of itself; only these fields are kept, so that nothing secret comes along."""

    session_name: str
    kind: SessionKind
    host: str
    pid: int
    written_at: datetime
    connection_status: str
    messages_sent: int = 0
    messages_failed: int = 0
    flood_waits: int = 0
    reconnections: int = 0
    uptime_seconds: float = 0.0
    last_activity: datetime | None = None


def client_state(stats: Mapping[str, Any], *, kind: SessionKind, clock: Clock) -> ClientState:
    """Return what `TelegramClientManager.get_stats` gave, with where and when."""
    where = {"kind": kind, "host": socket.gethostname(), "pid": os.getpid(), "written_at": clock.now()}
    return msgspec.convert({**stats, **where}, ClientState, strict=False)


class StateBook(Protocol):
    """Where clients leave their account of themselves, each its newest."""

    async def write(self, state: ClientState) -> None:
        """Keep `state` in place of the one before."""
        ...

    async def read(self) -> dict[str, ClientState]:
        """Return what was kept, by session name."""
        ...

    async def forget(self, name: str) -> None:
        """Drop what a session said."""
        ...


class StateFiles:
    """`{name}.state.json` beside each session: needs nothing, and outlives the process as what it said last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, state: ClientState) -> None:
        """Replace the session's file."""
        write_private(self._file(state.session_name), msgspec.json.encode(state))

    async def read(self) -> dict[str, ClientState]:
        """Read every file that can be read."""
        found = {}
        for path in self._folder.glob("*.state.json"):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                state = msgspec.json.decode(path.read_bytes(), type=ClientState)
                found[state.session_name] = state
        return found

    async def forget(self, name: str) -> None:
        """Delete the session's file."""
        self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._folder / f"{check_name(name)}.state.json"


class RedisStates:
    """One key a session, gone by itself soon after its client fell silent; while Redis is away nothing is kept."""

    def __init__(self, redis: "Redis", *, prefix: str = "meydan:telegram:client:") -> None:
        self._redis = redis
        self._prefix = prefix

    async def write(self, state: ClientState) -> None:
        """Replace the session's key."""
        with _forgiving():
            content = msgspec.json.encode(state)
            await self._redis.set(self._prefix + check_name(state.session_name), content, ex=_FRESH_SECONDS)

    async def read(self) -> dict[str, ClientState]:
        """Read every key of ours."""
        found = {}
        with _forgiving():
            keys = [key async for key in self._redis.scan_iter(match=f"{self._prefix}*", count=1000)]
            for content in await self._redis.mget(keys) if keys else ():
                with contextlib.suppress(msgspec.MsgspecError):
                    state = msgspec.json.decode(content or b"", type=ClientState)
                    found[state.session_name] = state
        return found

    async def forget(self, name: str) -> None:
        """Delete the session's key."""
        with _forgiving():
            await self._redis.delete(self._prefix + check_name(name))


@contextlib.contextmanager
def _forgiving() -> Any:
    from redis.exceptions import RedisError  # noqa: PLC0415  # its client takes time to load

    try:
        yield
    except (RedisError, OSError) as error:
        log.warning("telegram.client_state_unkept", error=type(error).__name__)

"""What stands in a folder of sessions, for people to see; nothing is opened for use and Telethon is not needed."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from meydan.platform.clock import Clock
from meydan.platform.errors import MeydanError
from meydan.telegram.client.errors import SessionFolderUnusable, SessionInUse, SessionMissing, SessionUnreadable
from meydan.telegram.client.files import PUT_AWAY, PutAway, SessionFolder, SessionKind, check_name
from meydan.telegram.client.lease import Holder, SessionLock, holder_of, in_use
from meydan.telegram.client.state import ClientState, StateBook, StateFiles

_GONE: Final = ("disconnected", "failed")


class SessionStanding(StrEnum):
    """How a session stands.

    idle ⇄ in_use → quarantined (→ gone); a file that no key opens is unreadable until its key is back.
    """

    IDLE = "idle"
    IN_USE = "in_use"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class SessionView:
    """A session as it stands now; `stats` are of the client that works with it, `reason` of what ended it."""

    name: str
    kind: SessionKind
    state: SessionStanding
    last_used_at: datetime | None
    host: str | None = None
    reason: str | None = None
    stats: ClientState | None = None


class SessionListing:
    """Looks at the sessions of one folder, and puts them away; `shared` is where clients of other machines speak."""

    def __init__(self, folder: SessionFolder, clock: Clock, *, shared: StateBook | None = None) -> None:
        self._folder = folder
        self._clock = clock
        self._files = StateFiles(folder.path)
        self._shared = shared

    async def sessions(self) -> list[SessionView]:
        """Return every session by name."""
        shared = await self._elsewhere()
        said = {**await self._files.read(), **shared}
        return await asyncio.to_thread(self._look, said, shared)

    async def put_away(self, name: str) -> str:
        """Put a session away as a person wishes, or delete one that was put away; return `put_away` or `removed`.

        Raises `SessionInUse` while a client works with it, `SessionMissing` when there is none.
        """
        check_name(name)
        shared = await self._elsewhere()
        if (state := shared.get(name)) is not None:
            since = state.written_at.isoformat(timespec="seconds")
            raise in_use(name, Holder(host=state.host, since=since, pid=state.pid))
        known = name in await self._files.read()
        try:
            done = await asyncio.to_thread(self._put_away, name, known=known)
            await self._files.forget(name)
        except OSError as error:
            raise SessionFolderUnusable(self._folder.path, error) from None
        return done

    async def _elsewhere(self) -> dict[str, ClientState]:
        """Return what the clients say that speak in the shared place and have not said goodbye."""
        said = await self._shared.read() if self._shared is not None else {}
        return {name: state for name, state in said.items() if state.connection_status not in _GONE}

    def protect(self) -> tuple[int, list[MeydanError]]:
        """Bring every session under the newest key; return how many were not, and why some still are not.

        A session that is in use goes under the newest key when it is opened again.
        """
        changed, refused = 0, list[MeydanError]()
        for name in self._folder.names():
            try:
                with self._held(name):
                    changed += self._folder.protect(name)
            except (SessionInUse, SessionUnreadable) as error:
                refused.append(error)
            except OSError as error:
                refused.append(SessionFolderUnusable(self._folder.path, error))
        return changed, refused

    def _look(self, said: Mapping[str, ClientState], shared: Mapping[str, ClientState]) -> list[SessionView]:
        names = sorted({*self._folder.names(), *said})
        return [self._view(name, said.get(name), elsewhere=name in shared) for name in names]

    def _view(self, name: str, said: ClientState | None, *, elsewhere: bool) -> SessionView:
        file = self._folder.file(name)
        kind = SessionKind.FILE if said is None or file.exists() else said.kind
        used = _latest(_changed(file), None if said is None else said.written_at)
        here = holder_of(self._lock(name))
        if said is not None and elsewhere:
            return SessionView(name, kind, SessionStanding.IN_USE, used, host=said.host, stats=said)
        if here is not None:
            return SessionView(name, kind, SessionStanding.IN_USE, used, host=here.host, stats=said)
        try:
            entry = None if file.exists() else self._folder.entry(name)
        except SessionUnreadable:
            return SessionView(name, kind, SessionStanding.UNREADABLE, used)
        if entry is not None:
            used = _latest(used, _changed(self._folder.dead_file(name)))
            return SessionView(name, entry.kind, SessionStanding.QUARANTINED, used, reason=entry.reason)
        readable = not file.exists() or self._folder.readable(name)
        return SessionView(name, kind, SessionStanding.IDLE if readable else SessionStanding.UNREADABLE, used)

    def _put_away(self, name: str, *, known: bool) -> str:
        with self._held(name):
            if self._folder.file(name).exists():
                self._folder.put_away(name, PutAway(PUT_AWAY, self._clock.now(), SessionKind.FILE, None))
                return "put_away"
            if name not in self._folder.names() and not known:
                raise SessionMissing(name)
            self._folder.forget(name)
            return "removed"

    def _held(self, name: str) -> SessionLock:
        self._folder.prepare()
        return SessionLock(self._lock(name), name=name, holder=Holder.here(self._clock))

    def _lock(self, name: str) -> Path:
        return self._folder.lock(f"name-{name}")


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _changed(file: Path) -> datetime | None:
    with contextlib.suppress(FileNotFoundError):
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return None

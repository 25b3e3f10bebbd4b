"""Sessions of Telethon, encrypted wherever they lie and never used twice.

A session is a key, by which whoever has it is signed in, a place in the stream of updates, and a cache of whom the
account has met. The key is saved before it is used. The rest is saved when Telethon asks for it, each minute: after a
crash the updates of the last minute come again, and people are looked up again.
"""

import contextlib
import hashlib
import sqlite3
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from telethon.sessions import MemorySession, SQLiteSession, StringSession

from meydan.accounts.errors import BadVaultToken
from meydan.accounts.vault import Vault, is_encrypted
from meydan.platform.clock import Clock, SystemClock
from meydan.platform.settings import load_settings
from meydan.telegram.client.errors import (
    SessionFolderUnusable,
    SessionMissing,
    SessionQuarantined,
    SessionStringBad,
    SessionUnreadable,
)
from meydan.telegram.client.files import PutAway, SessionFolder, SessionKind, check_name
from meydan.telegram.client.lease import Holder, SessionLock

if TYPE_CHECKING:
    from telethon.sessions.abstract import Session

log = structlog.get_logger(__name__)

_FINGERPRINT: Final = 16


class WantedSession(Protocol):
    """What is asked of a client's configuration."""

    @property
    def session_name(self) -> str:
        """The name of the session's file, and of the session in logs."""
        ...

    @property
    def session_string(self) -> str | None:
        """The session itself, where it is kept in the configuration."""
        ...


class EncryptedSession(SQLiteSession):  # type: ignore[misc]  # Telethon has no types
    """Telethon's SQLite session in memory, kept as one encrypted file that is replaced as a whole."""

    _conn: sqlite3.Connection | None

    def __init__(self, folder: SessionFolder, name: str, image: bytes | None) -> None:
        self._folder = folder
        self._name = name
        self._image = image
        self._sealed = True  # until Telethon has made or read its tables
        self._kept_changes = 0
        self._kept_key = b""
        super().__init__(None)
        self._kept_key = key_of(self)
        self._sealed = False

    def save(self) -> None:
        """Write what changed; a session that has no key yet is nothing to keep, nor one between two servers' keys."""
        super().save()
        key, memory = key_of(self), self._conn
        if self._sealed or not key or memory is None or memory.total_changes == self._kept_changes:
            return
        try:
            self._folder.write(self._name, memory.serialize())
        except OSError as error:
            if key != self._kept_key:
                raise
            # No traceback: renderers that show locals would show the session.
            log.error("telegram.session_unsaved", session=self._name, error=error.strerror)
            return
        self._kept_changes, self._kept_key = memory.total_changes, key

    def close(self) -> None:
        """Write what changed; Telethon may go on with the session after connecting again."""
        self.save()

    def seal(self) -> None:
        """Write nothing from now on."""
        self._sealed = True

    def unseal(self) -> None:
        """Write what is saved from now on."""
        self._sealed = False

    def delete(self) -> bool:
        """Delete the file, as Telethon asks after signing out."""
        self.seal()
        self._folder.remove(self._name)
        return True

    def clone(self, to_instance: "Session | None" = None) -> "Session":
        """Return a session for a passing connection, which is not kept."""
        return super().clone(to_instance or MemorySession())

    def __del__(self) -> None:
        memory: sqlite3.Connection | None = getattr(self, "_conn", None)
        if memory is not None:
            memory.close()  # Telethon leaves a database in memory to the collector, which newer Pythons warn of

    def _cursor(self) -> sqlite3.Cursor:
        if self._conn is None:
            self._conn = sqlite3.connect(":memory:", check_same_thread=False)
            if self._image is not None:
                self._conn.deserialize(self._image)
                self._image = None
        return self._conn.cursor()


class OpenSession:
    """A session that this client alone works with, until it is closed."""

    def __init__(
        self,
        folder: SessionFolder,
        name: str,
        session: "Session",
        *,
        kind: SessionKind,
        holder: Holder,
        locks: contextlib.ExitStack,
        clock: Clock,
    ) -> None:
        self.name = name
        self.kind = kind
        self.telethon = session
        self.holder = holder
        self._folder = folder
        self._locks = locks
        self._clock = clock

    @property
    def identity(self) -> str:
        """What no other client may hold: the key's fingerprint, or the name while there is no key."""
        return fingerprint(self.telethon) or f"name-{self.name}"

    def check_quarantine(self) -> None:
        """Raise `SessionQuarantined` when this very session was put away; forget the one that a sign-in replaced."""
        entry = self._folder.entry(self.name)
        if entry is None:
            return
        if fingerprint(self.telethon) in (None, entry.fingerprint):
            raise SessionQuarantined(self.name, reason=entry.reason, at=entry.at)
        self._folder.forget(self.name)

    def keep(self) -> None:
        """Save a session that was just signed in, in place of what was put away under its name.

        Raises `SessionFolderUnusable`, having saved nothing.
        """
        if isinstance(self.telethon, EncryptedSession):
            self.telethon.unseal()
        try:
            self.telethon.save()
        except OSError as error:
            self._seal()
            raise SessionFolderUnusable(self._folder.path, error) from None
        self.check_quarantine()

    def close(self) -> None:
        """Save the session and let others have it; a second time does nothing."""
        with self._locks:
            self.telethon.save()
            self._seal()

    def quarantine(self, reason: str) -> None:
        """Put a session away that Telegram ended, so that nobody tries it again, and let go of it.

        On a disk that takes nothing it stays, and is let go of all the same: its next start ends where this one does.
        """
        entry = PutAway(reason, self._clock.now(), self.kind, fingerprint(self.telethon))
        with self._locks:
            try:
                self.telethon.save()
                self._folder.put_away(self.name, entry)
            except OSError as error:
                log.error("telegram.session_not_put_away", session=self.name, error=error.strerror)
            self._seal()
        log.error("telegram.session_quarantined", session=self.name, reason=reason)

    def abandon(self) -> None:
        """Let go without saving."""
        self._seal()
        self._locks.close()

    def _seal(self) -> None:
        if isinstance(self.telethon, EncryptedSession):
            self.telethon.seal()


class SessionStore:
    """Opens the sessions of one folder, and those that come as strings."""

    def __init__(self, folder: Path, vault: Vault, *, clock: Clock | None = None) -> None:
        self._folder = SessionFolder(folder, vault)
        self._vault = vault
        self._clock = clock or SystemClock()

    @classmethod
    def of_environment(cls, folder: Path) -> "SessionStore":
        """Take the key from TOKEN_ENCRYPTION_KEY, or the one that is kept in the data folder, made on first use."""
        return cls(folder, Vault.from_settings(load_settings()))

    def open(self, config: WantedSession) -> OpenSession:
        """Return the session that `config` names, or a new one.

        Raises `SessionInUse`, `SessionQuarantined`, `SessionUnreadable`, `SessionStringBad`, `SessionNameBad`,
        `SessionFolderUnusable`.
        """
        opened = self._open(config.session_name, config.session_string)
        with contextlib.ExitStack() as failing:
            failing.callback(opened.abandon)
            opened.check_quarantine()
            failing.pop_all()
        return opened

    def open_to_sign_in(self, config: WantedSession) -> OpenSession:
        """Return the session to sign in with, which is saved once `keep` is called.

        A session that was put away under this name is no hindrance.
        """
        opened = self._open(config.session_name, None)
        if isinstance(opened.telethon, EncryptedSession):
            opened.telethon.seal()
        return opened

    def protect(self, name: str, session_string: str) -> str:
        """Return a session string closed with the newest key, as it may lie in a configuration."""
        return self._vault.encrypt(StringSession.save(self._from_string(name, session_string)))

    def export(self, name: str) -> str:
        """Return a file's session as a string closed with the newest key; the file stays, use one of the two."""
        opened = self._open(name, None)
        try:
            if not key_of(opened.telethon):
                raise SessionMissing(name)
            return self._vault.encrypt(StringSession.save(opened.telethon))
        finally:
            opened.abandon()

    def _open(self, name: str, session_string: str | None) -> OpenSession:
        try:
            return self._locked(name, session_string)
        except OSError as error:
            raise SessionFolderUnusable(self._folder.path, error) from None

    def _locked(self, name: str, session_string: str | None) -> OpenSession:
        self._folder.prepare()
        holder = Holder.here(self._clock)
        with contextlib.ExitStack() as locks:
            self._hold(locks, f"name-{check_name(name)}", name=name, holder=holder)
            session = self._from_string(name, session_string) if session_string else self._from_file(name)
            if mark := fingerprint(session):
                self._hold(locks, f"key-{mark}", name=name, holder=holder)
            kind = SessionKind.STRING if session_string else SessionKind.FILE
            return OpenSession(
                self._folder, name, session, kind=kind, holder=holder, locks=locks.pop_all(), clock=self._clock
            )

    def _hold(self, locks: contextlib.ExitStack, what: str, *, name: str, holder: Holder) -> None:
        locks.enter_context(SessionLock(self._folder.lock(what), name=name, holder=holder))

    def _from_file(self, name: str) -> EncryptedSession:
        image = self._folder.read(name)
        try:
            return EncryptedSession(self._folder, name, image)
        except (sqlite3.Error, TypeError, ValueError):
            raise SessionUnreadable(name) from None

    def _from_string(self, name: str, session_string: str) -> StringSession:
        try:
            given = session_string.strip()
            session = StringSession(self._vault.decrypt(given) if is_encrypted(given) else given)
        except (BadVaultToken, ValueError, struct.error):
            raise SessionStringBad(name) from None
        if not key_of(session):
            raise SessionStringBad(name)
        return session


def key_of(session: "Session") -> bytes:
    """Return the session's key, empty while it has none."""
    key: bytes | None = session.auth_key.key if session.auth_key else None
    return key or b""


def fingerprint(session: "Session") -> str | None:
    """Return what tells the session's key from others without giving it away."""
    key = key_of(session)
    return hashlib.sha256(b"meydan session " + key).hexdigest()[:_FINGERPRINT] if key else None

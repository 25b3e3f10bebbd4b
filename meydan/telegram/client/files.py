"""The folder of sessions on disk: names, encrypted files, and what was put away. It knows no Telethon.

- `{name}.session`: a SQLite database of Telethon's layout, closed with the vault's newest key
- `{name}.state.json`: what a running client last said of itself (`state`)
- `locks/`: who works with which session (`lease`)
- `quarantine/{name}.json`: why a session was put away; its file, if it had one, lies beside
"""

import contextlib
import os
import re
import sqlite3
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from meydan.accounts.errors import BadVaultToken
from meydan.accounts.vault import Vault
from meydan.telegram.client.errors import SessionNameBad, SessionUnreadable

PUT_AWAY: Final = "put_away"
"""The reason of a session that a person put away; others are Telegram's own words, such as AUTH_KEY_DUPLICATED."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PLAIN: Final = b"SQLite format 3\x00"
_SIDE_FILES: Final = ("-journal", "-wal", "-shm")
_FORMAT_BYTES: Final = slice(18, 20)  # of SQLite's header: 2 where a write-ahead log was kept, which memory cannot
_NO_LOG: Final = b"\x01\x01"


class SessionKind(StrEnum):
    """Where a session's key is kept: in a file of the folder, or in the configuration."""

    FILE = "file"
    STRING = "string"


class PutAway(msgspec.Struct, frozen=True):
    """Why and when a session was put away; `fingerprint` tells its key from the one of a later sign-in."""

    reason: str
    at: datetime
    kind: SessionKind
    fingerprint: str | None


def check_name(name: str) -> str:
    """Return `name` if it can name a file of the folder; raise `SessionNameBad`."""
    if not _NAME.fullmatch(name):
        raise SessionNameBad(name)
    return name


def write_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole, for its owner's eyes only: after a crash it is the old one or the new one.

    One writer at a time: whoever calls this holds the session's lock, or is alone with the file for another reason.
    """
    draft = path.with_name(f"{path.name}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()  # half a file helps nobody, least of all on a full disk
        raise
    _settle(path.parent)


class SessionFolder:
    """The files of all sessions of one folder. Contents go in and come out as SQLite images."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self.path = path
        self._vault = vault

    def prepare(self) -> None:
        """Make the folder, for its owner's eyes only, if it is missing."""
        for folder in (self.path, self.path / "locks", self.path / "quarantine"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def file(self, name: str) -> Path:
        """Return where the session of this name is kept."""
        return self.path / f"{check_name(name)}.session"

    def dead_file(self, name: str) -> Path:
        """Return where the session of this name lies after it was put away."""
        return self.path / "quarantine" / f"{check_name(name)}.session"

    def lock(self, what: str) -> Path:
        """Return the lock of a session, known by `name-…` or by `key-…` and its fingerprint."""
        return self.path / "locks" / f"{what}.lock"

    def names(self) -> list[str]:
        """Return every name that has a session here or had one that was put away, sorted."""
        found = {path.name.removesuffix(".session") for path in self.path.glob("*.session")}
        found |= {path.name.removesuffix(".json") for path in (self.path / "quarantine").glob("*.json")}
        return sorted(name for name in found if _NAME.fullmatch(name))

    def read(self, name: str) -> bytes | None:
        """Return the session's image, or `None` when there is none.

        A plain file of Telethon is encrypted where it lies, and one under an older key is brought under the newest:
        hold the session's lock. Raises `SessionUnreadable` and changes nothing when no key opens it.
        """
        path = self.file(name)
        with contextlib.suppress(FileNotFoundError):
            if content := path.read_bytes():
                return self._image(name, path, content)
        return None

    def readable(self, name: str) -> bool:
        """Tell whether the session's file could be opened, changing nothing."""
        try:
            content = self.file(name).read_bytes()
            return not content or content.startswith(_PLAIN) or bool(self._opened(name, content))
        except (OSError, SessionUnreadable):
            return False

    def write(self, name: str, image: bytes) -> None:
        """Encrypt and keep the session's image."""
        self._write(self.file(name), image)

    def remove(self, name: str) -> None:
        """Delete the session's file."""
        self.file(name).unlink(missing_ok=True)

    def protect(self, name: str) -> bool:
        """Bring what is kept of the session under the newest key; tell whether it was plain or under an older one.

        Hold the session's lock. Raises `SessionUnreadable`.
        """
        changed = False
        for path in (self.file(name), self.dead_file(name)):
            with contextlib.suppress(FileNotFoundError):
                content = path.read_bytes()
                if content and not self._vault.is_newest(content):
                    self._image(name, path, content)
                    changed = True
        return changed

    def put_away(self, name: str, entry: PutAway) -> None:
        """Move the session's file to the quarantine and say why; from then on it cannot be opened."""
        write_private(
            self._quarantine(name), msgspec.json.encode(entry)
        )  # first, so that no crash leaves a dead session without it
        if entry.kind is SessionKind.FILE:
            with contextlib.suppress(FileNotFoundError):
                self.file(name).replace(self.dead_file(name))
        _settle(self.path)

    def entry(self, name: str) -> PutAway | None:
        """Return why the last session of this name was put away."""
        try:
            return msgspec.json.decode(self._quarantine(name).read_bytes(), type=PutAway)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError):
            raise SessionUnreadable(name) from None

    def forget(self, name: str) -> None:
        """Delete what was put away under this name."""
        self.dead_file(name).unlink(missing_ok=True)
        self._quarantine(name).unlink(missing_ok=True)

    def _quarantine(self, name: str) -> Path:
        return self.path / "quarantine" / f"{check_name(name)}.json"

    def _image(self, name: str, path: Path, content: bytes) -> bytes:
        """Return what the file holds, having brought it under the newest key."""
        if content.startswith(_PLAIN):
            return self._take_over(name, path)
        image = self._opened(name, content)
        if not self._vault.is_newest(content):
            self._write(path, image)
        return image

    def _opened(self, name: str, content: bytes) -> bytes:
        try:
            image = self._vault.decrypt_bytes(content)
        except BadVaultToken:
            raise SessionUnreadable(name) from None
        if not image.startswith(_PLAIN):
            raise SessionUnreadable(name)
        return image

    def _take_over(self, name: str, path: Path) -> bytes:
        """Encrypt a plain file, with what its journal or write-ahead log holds, and leave none of the three."""
        try:
            image = _plain_image(path)
        except sqlite3.Error:
            raise SessionUnreadable(name) from None
        self._write(path, image)
        for ending in _SIDE_FILES:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        return image

    def _write(self, path: Path, image: bytes) -> None:
        write_private(path, self._vault.encrypt_bytes(image))


def _plain_image(path: Path) -> bytes:
    with (
        contextlib.closing(sqlite3.connect(path, timeout=1)) as plain,
        contextlib.closing(sqlite3.connect(":memory:")) as copy,
    ):
        plain.backup(copy)
        image = bytearray(copy.serialize())
    image[_FORMAT_BYTES] = _NO_LOG
    return bytes(image)


def _settle(folder: Path) -> None:
    """Have the folder's entries on the disk, so that a rename outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Files that were uploaded, kept on disk beside the state, or in a temporary folder."""

import hashlib
import re
import secrets
import tempfile
from pathlib import Path
from typing import Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.shapes import File

_DOWNLOAD_LIMIT: Final = 20 * 1024 * 1024
_FOLDERS: Final = {
    "photo": "photos", "voice": "voice", "document": "documents", "video": "videos", "audio": "music",
    "sticker": "stickers",
}  # fmt: skip
_MARK: Final = re.compile(r"Fake([a-z])([0-9a-f]+)_[A-Za-z0-9_-]+")
_LETTERS: Final = {"photo": "p", "voice": "n", "document": "d", "video": "v", "audio": "a", "sticker": "s"}
_NAMES: Final = {"p": "Photo", "n": "VoiceNote", "d": "Document", "v": "Video", "a": "Audio", "s": "Sticker"}


class FileStore:
    """Contents by `file_id`."""

    def __init__(self, files: dict[str, File], folder: Path | None) -> None:
        self._files = files
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def keep(self, content: bytes, kind: str, suffix: str, *, owner: int) -> File:
        """Store a file; its id says what it is and which bot may use it."""
        file_id = f"Fake{_LETTERS[kind]}{owner:x}_{secrets.token_urlsafe(30)}"
        unique = hashlib.sha256(content).hexdigest()[:16]
        path = f"{_FOLDERS[kind]}/file_{len(self._files)}{suffix}"
        target = self._root() / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        file = self._files[file_id] = File(
            file_id=file_id, file_unique_id=unique, file_size=len(content), file_path=path
        )
        return file

    def get(self, file_id: str, kind: str, *, owner: int) -> File:
        """Return a file by its id, to be sent as `kind`; raises `ApiError`."""
        file, letter, whose = self._files.get(file_id), *_marks(file_id)
        if file is None:
            raise ApiError.bad(f"wrong remote file identifier specified: {_fault(file_id)}")
        if whose not in (0, owner):  # an id is good for the bot that was told it
            raise ApiError.bad("wrong file identifier/HTTP URL specified")
        if "p" in (letter, _LETTERS[kind]) and letter != _LETTERS[kind] and letter:
            raise ApiError.bad(f"can't use file of type {_NAMES[letter]} as {_NAMES[_LETTERS[kind]]}")
        return file

    def downloadable(self, file_id: str, *, owner: int) -> File:
        """Return what `getFile` tells; raises `ApiError` when the file is unknown or too big to download."""
        file = self._files.get(file_id)
        if file is None or _marks(file_id)[1] not in (0, owner):
            raise ApiError.bad("invalid file_id")
        if file.file_size > _DOWNLOAD_LIMIT:
            raise ApiError.bad("file is too big")
        return file

    def content(self, path: str) -> bytes | None:
        """Return what was uploaded, by the path that `getFile` told."""
        if not any(file.file_path == path for file in self._files.values()):
            return None
        target = self._root() / path
        return target.read_bytes() if target.is_file() else None

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _root(self) -> Path:
        if self._folder is not None:
            return self._folder
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="meydan-fake-telegram-")
        return Path(self._temporary.name)


def _marks(file_id: str) -> tuple[str, int]:
    """Return what an id says: the kind's letter and the bot, or neither when it was made before ids said so."""
    found = _MARK.fullmatch(file_id)
    return (found[1], int(found[2], 16)) if found else ("", 0)


def _fault(file_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", file_id):
        return "Wrong character in the string"
    if len(file_id) % 4 == 1:
        return "Wrong string length"
    return "can't unserialize it. Wrong last symbol"

"""Files that were uploaded, kept on disk beside the state, or in a temporary folder."""

import hashlib
import secrets
import tempfile
from pathlib import Path
from typing import Final

from meydan.telegram.fake.answers import ApiError
from meydan.telegram.fake.shapes import File

_DOWNLOAD_LIMIT: Final = 20 * 1024 * 1024
_FOLDERS: Final = {"photo": "photos", "voice": "voice", "document": "documents"}


class FileStore:
    """Contents by `file_id`."""

    def __init__(self, files: dict[str, File], folder: Path | None) -> None:
        self._files = files
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def keep(self, content: bytes, kind: str, suffix: str) -> File:
        """Store a file and number it."""
        file_id = f"Fake{secrets.token_urlsafe(36)}"
        unique = hashlib.sha256(content).hexdigest()[:16]
        path = f"{_FOLDERS[kind]}/file_{len(self._files)}{suffix}"
        target = self._root() / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        file = self._files[file_id] = File(
            file_id=file_id, file_unique_id=unique, file_size=len(content), file_path=path
        )
        return file

    def get(self, file_id: str) -> File:
        """Return a file by its id; raises `ApiError`."""
        file = self._files.get(file_id)
        if file is None:
            raise ApiError.bad("wrong file identifier/HTTP URL specified")
        return file

    def downloadable(self, file_id: str) -> File:
        """Return what `getFile` tells; raises `ApiError` when the file is unknown or too big to download."""
        file = self._files.get(file_id)
        if file is None:
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

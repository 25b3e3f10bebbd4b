"""A file that one process uses at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class InUse(RuntimeError):
    """Another process has the file."""


@contextlib.contextmanager
def sole_use(file: Path) -> Iterator[None]:
    """Keep a file to this process until left, by a lock beside it that no crash leaves behind; raise `InUse`.

    Where there can be no lock, since the folder is missing or its file system knows none, nothing is kept.
    """
    try:
        descriptor = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(str(file)) from None
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)

"""The world in a file: read at the start, written a moment after it changed, and at the end."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec
import structlog

from meydan.telegram.fake.office import Office
from meydan.telegram.fake.world import World

log = structlog.get_logger(__name__)

_PAUSE: Final = 1.0
_MESSAGES: Final = 200
# Updates are not saved. Numbers jump ahead instead, so that none that a bot has confirmed comes back as a new one.
_JUMP: Final = 1_000


class StateFile:
    """A JSON file that holds a `World`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop = asyncio.Event()

    def load(self) -> World | None:
        """Return what was saved, or nothing; a file that cannot be read is put aside."""
        try:
            world = msgspec.json.decode(self._path.read_bytes(), type=World)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            log.warning("fake_telegram.state_unreadable", path=str(self._path))
            self._path.replace(self._path.with_name(f"{self._path.name}.unreadable"))
            return None
        for bot in world.bots.values():
            bot.next_update += _JUMP
        return world

    async def keep(self, office: Office) -> None:
        """Save after changes, at most once a second, and once more when stopped."""
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._stop.wait()
            if office.changed or self._stop.is_set():
                try:
                    await self._save(office)
                except OSError as error:
                    office.changed = True
                    log.warning("fake_telegram.state_not_saved", path=str(self._path), reason=str(error))

    def stop(self) -> None:
        """Let `keep` save and return."""
        self._stop.set()

    async def _save(self, office: Office) -> None:
        """Write the world as it is now; a crash leaves the old file or the new one."""
        office.changed = False
        for bot_id, box in office.mailboxes.items():
            if bot_id in office.world.bots:
                office.world.bots[bot_id].next_update = box.next_number
        for room in office.world.rooms.values():
            room.forget_all_but(_MESSAGES)
        body = msgspec.json.encode(office.world)
        await asyncio.to_thread(self._write, body)

    def _write(self, body: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

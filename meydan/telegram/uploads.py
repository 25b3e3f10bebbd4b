"""Files that are uploaded for a send: so large each, and so much at once of what no send uses yet."""

import asyncio
from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.platform.clock import Clock
from meydan.platform.db import Database
from meydan.platform.ids import new_id
from meydan.platform.live_settings import LiveSettings
from meydan.telegram.errors import DiskShort, MediaTooLarge, UploadsFull, UploadsOfAllFull
from meydan.telegram.models import Media
from meydan.telegram.outbox_repository import OutboxRepository
from meydan.telegram.settings import TelegramSettings

DISK_KEPT: Final = 268_435_456
"""Bytes of the disk that uploads leave free, for messages and everything else."""

_MEGABYTE: Final = 1_048_576
_WRITTEN: Final = 2  # times: SQLite writes a file into its journal first


class UploadService:
    """Takes files; `room` tells how many bytes the database's disk still takes, or None where nobody here knows."""

    def __init__(self, *, db: Database, clock: Clock, live: LiveSettings, room: Callable[[], int | None]) -> None:
        self._db = db
        self._clock = clock
        self._live = live
        self._room = room
        # Else several at once would each find the place that is there for one; other processes may add a file each.
        self._turn = asyncio.Lock()

    async def keep(self, actor: Actor, *, name: str, mime: str, content: bytes) -> str:
        """Keep a file until its send is over, and return its id.

        Raises `MediaTooLarge`, `DiskShort`, and `UploadsFull` or `UploadsOfAllFull` when too much waits for a send.
        """
        actor.require(Permission.TELEGRAM_SEND)
        limits = self._live.current(TelegramSettings)
        if len(content) > limits.media_megabytes * _MEGABYTE:
            raise MediaTooLarge(size=len(content), limit=limits.media_megabytes * _MEGABYTE)
        media = Media(
            id=new_id(self._clock),
            name=name.replace("\x00", "")[:200] or "dosya",
            mime=mime.replace("\x00", "")[:100],
            size=len(content),
            content=content,
            created_by=actor.id,
            created_at=self._clock.now(),
        )

        def save(session: Session) -> None:
            own, all_ = OutboxRepository(session).unused_media(actor.id)
            if own + media.size > limits.uploads_megabytes * _MEGABYTE:
                raise UploadsFull(waiting=own, limit=limits.uploads_megabytes * _MEGABYTE)
            if all_ + media.size > limits.all_uploads_megabytes * _MEGABYTE:
                raise UploadsOfAllFull(waiting=all_, limit=limits.all_uploads_megabytes * _MEGABYTE)
            session.add(media)

        async with self._turn:
            room = self._room()
            if room is not None and room - _WRITTEN * media.size < DISK_KEPT:
                raise DiskShort(kept=DISK_KEPT)
            await self._db.write(save)
        return media.id

"""What is uploaded and used by no send is bounded: for each person, for all of them, and by the disk."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from meydan.platform.db import Database
from meydan.telegram.models import Media
from meydan.telegram.outbox_repository import OutboxRepository
from meydan.telegram.uploads import DISK_KEPT
from tests.telegram.conftest import ACTORS, Square
from tests.telegram.world import a_person

_MEGABYTE = 1_048_576
_NOW = datetime.now(UTC)


async def waiting(db: Database, name: str, id_: str, *, megabytes: int, at: datetime = _NOW) -> None:
    """Let a file of somebody wait; how large it is only stands in its row."""
    row = Media(id=id_, name="a", mime="text/plain", size=megabytes * _MEGABYTE, content=b"",
                created_by=ACTORS[name].id, created_at=at)  # fmt: skip
    await db.write(lambda session: session.add(row))


async def files(db: Database) -> int:
    return await db.read(lambda session: session.scalars(select(func.count()).select_from(Media)).one())


async def upload(square: Square, size: int = 1_000) -> httpx.Response:
    return await square.http.post("/media", files={"file": ("a.txt", b"a" * size, "text/plain")})


async def kinds(square: Square, *names: str) -> list[str | None]:
    """Return what becomes of an upload of each of these; None when it is taken."""
    answers = []
    for name in names:
        square.become(name)
        answers.append((await upload(square)).json().get("kod"))
    return answers


async def test_one_person_keeps_so_much_and_another_is_not_affected(square: Square, db: Database) -> None:
    await waiting(db, "moderator", "f1", megabytes=199)
    square.become("moderator")
    assert (await upload(square)).status_code == 201
    refused = await upload(square, _MEGABYTE)
    said = refused.json()
    assert (refused.status_code, said["kod"], said["sinir"]) == (429, "dosya_yeri_dolu", 200 * _MEGABYTE)
    assert 199 * _MEGABYTE < said["bekleyen"] < 200 * _MEGABYTE
    assert await files(db) == 2, "nothing of it is kept"
    square.become("owner")
    assert (await upload(square, _MEGABYTE)).status_code == 201


async def test_everybody_together_keeps_so_much(square: Square, db: Database) -> None:
    await square.fleet.live.change("telegram", {"all_uploads_megabytes": 100}, by="sahip")
    await waiting(db, "owner", "f1", megabytes=60)
    await waiting(db, "moderator", "f2", megabytes=39)
    assert await kinds(square, "owner", "moderator") == [None, None]
    await waiting(db, "moderator", "f3", megabytes=1)
    assert await kinds(square, "owner", "moderator") == ["meydanin_dosya_yeri_dolu"] * 2
    assert await files(db) == 5


async def test_a_file_that_a_send_uses_does_not_wait(square: Square, db: Database) -> None:
    bot = await square.add_bot()
    chat = a_person(square.fake)
    await waiting(db, "owner", "f" * 32, megabytes=200)
    assert await kinds(square, "owner") == ["dosya_yeri_dolu"]
    later = (_NOW + timedelta(hours=1)).isoformat()
    await square.send(bot, chat, "ek", attachment="document", media="f" * 32, not_before=later)
    assert await kinds(square, "owner") == [None]


async def test_a_file_that_no_send_came_for_frees_its_place(square: Square, db: Database) -> None:
    await waiting(db, "owner", "f1", megabytes=200, at=_NOW - timedelta(days=2))
    assert await kinds(square, "owner") == ["dosya_yeri_dolu"]
    assert await db.write(lambda session: OutboxRepository(session).trim_media(_NOW - timedelta(days=1))) == 1
    assert await kinds(square, "owner") == [None]


async def test_several_at_once_do_not_share_one_place(square: Square, db: Database) -> None:
    await waiting(db, "owner", "f1", megabytes=198)
    answers = await asyncio.gather(*(upload(square, _MEGABYTE) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, *[429] * 5]
    assert await files(db) == 2


async def test_small_files_are_counted_with_what_they_take_beside_their_bytes(square: Square, db: Database) -> None:
    assert (await upload(square, 1)).status_code == 201
    owner = ACTORS["owner"].id
    assert (await db.read(lambda session: OutboxRepository(session).unused_media(owner)))[0] > 4_000


@pytest.mark.parametrize(
    ("room", "status"), [(None, 201), (DISK_KEPT + 2_000, 201), (DISK_KEPT + 1_999, 503), (0, 503)]
)
async def test_the_disk_keeps_room_for_messages(square: Square, db: Database, room: int | None, status: int) -> None:
    square.fleet.room = room
    answer = await upload(square)
    assert (answer.status_code, await files(db)) == (status, int(status == 201))
    assert answer.json().get("kod") == (None if status == 201 else "disk_azaldi")

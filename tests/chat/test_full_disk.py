"""A full disk: it shows in `/saglik`, what is stored is read and found, and talking goes on when it takes more."""

import asyncio
import contextlib

import pytest

from meydan.accounts.permissions import Role
from meydan.accounts.users import CONSOLE
from meydan.app.system import DiskFull, record_probe
from meydan.platform.clock import ManualClock
from meydan.platform.db import Database, SqliteDatabase
from meydan.platform.settings import Settings
from tests.chat.node import running_node


async def writes(db: Database, switch: str) -> None:
    """Let the writing connection change nothing, as a disk that takes nothing, or everything again."""
    assert isinstance(db, SqliteDatabase)
    query = f"PRAGMA query_only = {'ON' if switch == 'OFF' else 'OFF'}"

    def turn() -> None:
        connection = db._local.connection.connection.dbapi_connection
        connection.execute(query)

    await db._submit(db._writer, turn)


async def test_a_full_disk_shows_and_leaves_reading_alone(settings: Settings) -> None:
    clock = ManualClock()
    async with running_node(settings, clock=clock) as node:
        ali = await node.enter(await node.person("ali"), "genel")
        await ali.send("sözler aranır")
        db, log = node.square.accounts.engines.db, node.square.message_log
        health = f"http://127.0.0.1:{node.port}/saglik"
        assert (await node.http.get(health)).status_code == 200
        await node.square.indexer.catch_up()
        await writes(db, "OFF")
        await ali.tell("mesaj_gonder", oda_id="genel", icerik="bekleyen", istemci_id="1")
        async with asyncio.timeout(20):
            while not log.failing:  # noqa: ASYNC110  # the log tells nobody
                await asyncio.sleep(0.01)
        full = (await node.http.get(health)).json()
        assert (full["canli"], full["hazir"], full["bilesenler"]["kayit"]["durum"]) == (True, False, "kesinti")
        assert (await node.http.get(health)).status_code == 503
        found = await node.http.get("/mesaj/ara", params={"q": "sözler"})
        assert (found.status_code, [one["icerik"] for one in found.json()["mesajlar"]]) == (200, ["sözler aranır"])
        assert (await node.http.get("/mesaj/gecmis/genel")).status_code == 200
        await writes(db, "ON")
        assert (await node.http.get(health)).status_code == 200
        clock.advance(1)
        await ali.expect("mesaj_onay", istemci_id="1")


async def test_a_square_with_an_owner_starts_on_a_full_disk(settings: Settings) -> None:
    async with running_node(settings) as node:
        accounts = node.square.accounts
        assert await accounts.service.ensure_owner_link() is not None
        await accounts.service.users.add(CONSOLE, "patron", role=Role.OWNER, password="uzun-ve-akilda-kalir")
        await writes(accounts.engines.db, "OFF")
        assert await accounts.service.ensure_owner_link() is None
        await writes(accounts.engines.db, "ON")


@pytest.mark.parametrize(("left", "well"), [(None, True), (4_194_304, True), (4_194_303, False), (0, False)])
async def test_a_disk_that_takes_no_batch_shows_before_anything_fails(
    settings: Settings, left: int | None, *, well: bool
) -> None:
    async with running_node(settings) as node:
        square = node.square
        probe = record_probe(square.message_log, square.accounts.engines.db, room=lambda: left)
        with contextlib.nullcontext() if well else pytest.raises(DiskFull):
            await probe.check()

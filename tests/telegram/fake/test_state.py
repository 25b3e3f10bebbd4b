"""What is still there after a restart."""

import asyncio
import stat
from pathlib import Path

import aiohttp
import pytest

from meydan.telegram.fake.limits import FakeLimits
from meydan.telegram.fake.server import FakeTelegram
from meydan.telegram.fake.service import FakeTelegramService
from meydan.telegram.fake.world import UsernameTaken
from tests.telegram.fake.conftest import Client, until


async def test_bots_groups_messages_and_files_outlive_a_restart(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    path = tmp_path / "inner" / "fake.json"
    first = FakeTelegram(state_path=path, limits=FakeLimits(enforced=False))
    await first.start()
    bot = Client(http, first, first.people.ready_bot().token)
    person = first.people.make_person("Üye Dört")
    first.people.start(bot.id, person.id)
    form = aiohttp.FormData({"chat_id": str(person.id)})
    form.add_field("document", b"merhaba", filename="a.txt")
    async with http.post(f"{first.url}/bot{bot.token}/sendDocument", data=form) as answer:
        file_id = (await answer.json())["result"]["document"]["file_id"]
    last = (await bot.ok("getUpdates"))[-1]["update_id"]
    await first.stop()
    assert first.url == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    again = FakeTelegram(state_path=path)
    await again.start()
    bot.fake = again
    assert (await bot.ok("getMe"))["username"] == "deneme_bot"
    assert again.people.ready_bot().token == bot.token
    assert [message.text for message in again.office.world.rooms[f"{bot.id}:{person.id}"].messages.values()] == [
        "/start",
        None,
    ]
    file = await bot.ok("getFile", file_id=file_id)
    async with http.get(f"{again.url}/file/bot{bot.token}/{file['file_path']}") as answer:
        assert await answer.read() == b"merhaba"
    again.people.write(f"{bot.id}:{person.id}", person.id, "yine")
    assert (await bot.ok("getUpdates"))[0]["update_id"] > last
    await again.stop()


async def test_a_file_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "fake.json"
    path.write_text("{broken")
    fake = FakeTelegram(state_path=path)
    await fake.start()
    await fake.stop()
    assert (tmp_path / "fake.json.unreadable").read_text() == "{broken"
    assert path.read_text().startswith("{")


async def test_only_this_machine_is_listened_to() -> None:
    with pytest.raises(ValueError, match="loopback"):
        await FakeTelegram().start("0.0.0.0")


async def test_as_a_service_it_runs_until_it_is_drained(tmp_path: Path) -> None:
    service = FakeTelegramService(state_path=tmp_path / "fake.json")
    assert service.url == ""
    url = await service.start()
    running = asyncio.create_task(service.run())
    token = service.make_bot(name="Bot", username="bir_bot")
    with pytest.raises(UsernameTaken):
        service.make_bot(name="Bot", username="bir_bot")
    async with aiohttp.ClientSession() as http, http.get(f"{url}/bot{token}/getMe") as answer:
        assert answer.status == 200
    await service.drain()
    await running
    assert service.url == ""
    assert "bir_bot" in (tmp_path / "fake.json").read_text()


async def test_a_change_is_saved_while_it_runs_and_a_full_disk_does_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "fake.json"
    fake = FakeTelegram(state_path=path)
    await fake.start()
    (tmp_path / "fake.json.new").mkdir()  # nothing can be written there
    fake.people.make_person("Üye Dört")
    await until(lambda: fake.office.changed is False)
    await until(lambda: fake.office.changed is True)
    (tmp_path / "fake.json.new").rmdir()
    await until(path.is_file)
    assert "Üye Dört" in path.read_text()
    await fake.stop()

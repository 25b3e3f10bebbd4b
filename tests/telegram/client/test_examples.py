"""What the examples show does what it says, on the fake Telegram."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from examples import telegram_listen, telegram_pool, telegram_send
from meydan.accounts.vault import Vault
from meydan.telegram import ClientConfig, TelegramClientManager, TelegramClientPool
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.sessions import SessionStore
from tests.telegram.conftest import until


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def parts(world: FakeWorld, tmp_path: Path) -> dict[str, Any]:
    store = SessionStore(tmp_path, Vault([Fernet.generate_key().decode()]))
    return {"telethon": fake_telethon(world), "sessions": store}


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the last line that is no log line."""
    return [line for line in capsys.readouterr().out.splitlines() if "telegram." not in line][-1]


def bot(world: FakeWorld, name: str, folder: Path) -> ClientConfig:
    world.add_bot(f"{name}:token")
    return ClientConfig(name, 1, "hash", bot_token=f"{name}:token", sessions_dir=folder)


async def test_send(
    world: FakeWorld, parts: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = bot(world, "ana", tmp_path)
    group = world.add_group("Pazar", username="pazar")
    assert await telegram_send.main(TelegramClientManager(config, **parts), "@pazar", "Merhaba")
    assert [message.message for message in group.box.values()] == ["Merhaba"]
    assert printed(capsys) == "sent as 1"
    assert not await telegram_send.main(TelegramClientManager(config, **parts), "@kimse", "Merhaba")
    assert printed(capsys).startswith("not_found: ")


async def test_listen(world: FakeWorld, parts: dict[str, Any], tmp_path: Path) -> None:
    group, person, stop = world.add_group("Pazar"), world.add_account("+905551112233"), asyncio.Event()
    manager = TelegramClientManager(bot(world, "ana", tmp_path), **parts)
    running = asyncio.create_task(telegram_listen.main(manager, stop))
    async with asyncio.timeout(10):
        await until(manager.is_connected)
        for text in ("Merhaba", "Saat kaç?"):
            world.write(group, text, sender=person)
        await until(lambda: world.sent)
    stop.set()
    await running
    (answer,) = world.sent
    assert re.fullmatch(r"\d\d:\d\d UTC", answer.message)


async def test_pool(
    world: FakeWorld, parts: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = [bot(world, name, tmp_path) for name in ("ana", "yedek")]
    group = world.add_group("Pazar", username="pazar")
    assert await telegram_pool.main(TelegramClientPool(**parts), configs, "@pazar", ["bir\n", "iki\n"]) == 2
    assert [message.message for message in group.box.values()] == ["bir", "iki"]
    assert len({message.from_id.user_id for message in group.box.values()}) == 2
    assert printed(capsys) == "2 sent by 2 of 2 clients"

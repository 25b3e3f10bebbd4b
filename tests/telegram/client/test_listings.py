"""Every listing about the module is run as it stands on the page, on the fake Telegram."""

import ast
import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis.asyncio import Redis

from meydan.accounts.vault import Vault
from meydan.telegram import ClientConfig, MessageResult, TelegramClientManager, TelegramClientPool
from meydan.telegram.client.awaitable import Counts, Flag
from meydan.telegram.client.fake import instead_of_telegram
from meydan.telegram.client.fake_world import FakeWorld
from meydan.telegram.client.redis_state import PREFIX
from meydan.telegram.client.sessions import SessionStore
from tests.conftest import REDIS
from tests.telegram.client.conftest import Desk
from tests.telegram.conftest import until

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", ROOT / "README.tr.md", ROOT / "docs" / "telegram-client.md")
LISTING = re.compile(r"```python\n(.*?)```", re.DOTALL)
OF_THE_MODULE = re.compile(r"meydan\.telegram import|\bmanager\b|\bpool\b")


def listings() -> list[str]:
    """Return what the pages show of the module, in order."""
    found = [code for page in PAGES for code in LISTING.findall(page.read_text(encoding="utf-8"))]
    return [code for code in found if OF_THE_MODULE.search(code)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    """Give what a reader of the page has: sessions that are signed in, and a group with a message."""
    key = Fernet.generate_key().decode()
    monkeypatch.chdir(tmp_path)
    for name, value in {"API_ID": "1", "API_HASH": "hash"}.items():
        monkeypatch.setenv(f"TELEGRAM_{name}", value)
    monkeypatch.setenv("TOKEN_ENCRYPTION_KEY", key)
    monkeypatch.setenv("REDIS_URL", "")
    world = FakeWorld()
    account = world.add_account("+905550000001", name="Ayşe")
    world.write(world.add_group("Pazar", username="pazar"), "altın kaç?", sender=account)
    store = SessionStore(Path("data/sessions"), Vault([key]))
    for name in ("meydan", "ana", "yedek"):
        opened = store.open_to_sign_in(ClientConfig.from_env(name))
        world.sign_in(opened.telethon, account)
        opened.keep()
        opened.close()
    return world


def run(code: str) -> None:
    """Run a program as `python program.py` does."""
    exec(compile(code, "listing", "exec"), {"__name__": "__main__"})


async def take_part(code: str, names: dict[str, Any]) -> None:
    """Run a part of a program that works with `manager`; it may wait outside of functions."""
    if waiting := eval(compile(code, "listing", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names):
        await waiting


async def at_a_glance(codes: list[str], world: FakeWorld) -> dict[str, Any]:
    """Run the parts one after the other on one client; return the names that they leave."""
    names: dict[str, Any] = {"manager": TelegramClientManager(ClientConfig.from_env())}
    async with names["manager"]:
        for code in codes:
            await take_part(code, names)
            if "add_message_handler" in code:
                asker = world.add_account("+905550000003", name="Mehmet")
                world.write(world.groups[0], "/selam", sender=asker)
                await until(lambda: world.sent[-1].message == "Merhaba Mehmet")
                world.drop(ConnectionResetError())
                await until(lambda: names["manager"].get_stats()["reconnections"])
    return names


def test_every_listing_of_the_module_runs_as_it_stands(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = [code for code in listings() if "asyncio.run(" in code]
    parts = [code for code in listings() if code not in programs and "redis_state" not in code]
    assert (len(programs), len(parts)) == (2, 5)
    with instead_of_telegram(world):
        for program in programs:
            run(program)
        assert [message.message for message in world.sent] == ["Merhaba"]
        names = asyncio.run(at_a_glance(parts, world))
    shown = [line for line in capsys.readouterr().out.splitlines() if "telegram." not in line]
    assert shown[:2] == ["1", "success Merhaba"]
    assert [line.split(" ", 3)[-1] for line in shown[2:4]] == ["**Altın** yükseldi", "altın kaç?"]
    assert shown[-3:-2] + shown[-1:] == ["bağlantı koptu: CONNECTION_RESET reconnecting", "2/2"]
    assert shown[-2].startswith("connected 2 ")
    assert [one.message for one in world.sent[1:]] == ["Altın yükseldi", "Merhaba Mehmet", "Merhaba", "Merhaba"]
    assert [one.message for one in world.scheduled] == ["Yarın bak"]
    assert (names["sent"].result, names["stats"]["messages_sent"]) == (MessageResult.SUCCESS, 2)


@pytest.mark.parametrize("awaited", [True, False])
async def test_what_is_known_at_once_may_be_awaited(desk: Desk, *, awaited: bool) -> None:
    async def given(answer: Any) -> Any:
        return await answer if awaited else answer

    manager, pool = await desk.start(), TelegramClientPool(clock=desk.clock)
    connected = await given(manager.is_connected())
    assert (bool(connected), connected == True, str(connected)) == (True, True, "True")  # noqa: E712
    stats = await given(manager.get_stats())
    assert (stats["session_name"], {**stats}) == ("deneme", stats)
    assert json.loads(json.dumps(await given(pool.get_pool_stats())))["total_clients"] == 0
    await manager.disconnect()
    assert not await given(manager.is_connected())
    assert type(connected) is (bool if awaited else Flag)
    assert type(stats) is (dict if awaited else Counts)


async def test_the_listing_about_values_runs_as_it_stands(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDIS_URL", REDIS)
    (code,) = [code for code in listings() if "redis_state" in code]
    names: dict[str, Any] = {}
    await take_part(code, names)
    assert names["last"] == {"sohbet": "pazar", "kimlik": 42}
    assert await redis.delete(f"{PREFIX}son_mesaj") == 1

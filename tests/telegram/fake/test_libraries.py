"""Stock bots of aiogram and python-telegram-bot, unchanged but for the server's address."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from meydan.telegram.fake.shapes import Message
from meydan.telegram.fake.world import Room
from tests.processes import free_port
from tests.telegram.fake.conftest import Client

_SCRIPTS = Path(__file__).parent / "scripts"
_PATIENCE = 60.0
Start = Callable[[str, Client], Awaitable[None]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start a script as a process of its own; what it printed is shown when it failed to do its part."""
    started: list[asyncio.subprocess.Process] = []
    log = tmp_path / "output"

    async def started_script(name: str, bot: Client) -> None:
        env = {"BOT_TOKEN": bot.token, "API_URL": bot.fake.url, "WEB_SERVER_PORT": str(free_port())}
        with log.open("wb") as output:
            started.append(
                await asyncio.create_subprocess_exec(
                    sys.executable,
                    _SCRIPTS / name,
                    env={**os.environ, **env},
                    stdout=output,
                    stderr=output,
                )
            )

    yield started_script
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()
    sys.stdout.write(log.read_text(errors="replace"))


async def _said(bot: Client, room: Room, text: str) -> Message:
    """Wait until the bot has said `text`."""
    page = bot.fake.office.feed.open()
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                found = [item for item in room.messages.values() if item.text == text and item.from_ is not None]
                mine = [item for item in found if item.from_ is not None and item.from_.id == bot.id]
                if mine:
                    return mine[-1]
                await page.get()
    finally:
        bot.fake.office.feed.close(page)


async def _greets_and_echoes(bot: Client, person: int, hello: str) -> None:
    bot.fake.people.start(bot.id, person)
    room = bot.fake.office.world.rooms[f"{bot.id}:{person}"]
    greeting = await _said(bot, room, hello)
    assert greeting.entities, "the name is formatted"
    bot.fake.people.write(room.key, person, "şu köşe yaz köşesi")
    await _said(bot, room, "şu köşe yaz köşesi")


@pytest.mark.parametrize("script", ["aiogram_echo.py", "ptb_echo.py"])
async def test_a_bot_that_polls(start: Start, bot: Client, forum: Room, person: int, script: str) -> None:
    bot.join(forum, "administrator")
    await start(script, bot)
    await _greets_and_echoes(bot, person, "Hi Üye İki!" if script == "ptb_echo.py" else "Hello, Üye İki!")
    asked = bot.fake.people.write(forum.key, person, "/everything")
    done = await _said(bot, forum, "Hepsi oldu")
    assert forum.reactions[asked.message_id][bot.id] == [{"type": "emoji", "emoji": "👍"}]
    query = bot.fake.people.press(forum.key, person, done.message_id, "evet")
    await _said(bot, forum, "Basıldı")
    assert query not in bot.fake.office.presses


async def test_a_bot_with_a_webhook(start: Start, bot: Client, person: int) -> None:
    await start("aiogram_webhook.py", bot)
    await _greets_and_echoes(bot, person, "Hello, Üye İki!")

"""What a program loads, and what a script needs besides the client module."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import meydan.telegram
from meydan.telegram.client.redis_state import RedisState

SCRIPT = """
import asyncio, json, sys
from meydan.telegram import ClientConfig, MessageResult, RetryConfig, TelegramClientManager, TelegramClientPool
from meydan.telegram import redis_state
from meydan.telegram.client.errors import NotSignedIn
from meydan.telegram.client.fake import fake_telethon
from meydan.telegram.client.fake_world import FakeWorld

async def main():
    world = FakeWorld()
    group = world.add_group("Borsa", username="borsa")
    world.add_bot("1:anahtar")
    config = ClientConfig(session_name="bot", api_id=1, api_hash="x", bot_token="1:anahtar")
    async with TelegramClientManager(config, retry_config=RetryConfig(), telethon=fake_telethon(world)) as manager:
        result = await manager.send_message("borsa", "Günaydın")
    assert result.result is MessageResult.SUCCESS
    print(json.dumps({"id": result.message_id, "modules": sorted(sys.modules)}))

asyncio.run(main())
"""
DATABASE = {"sqlalchemy", "alembic", "asyncpg", "aiosqlite"}
SQUARE = {"fastapi", "starlette", "uvicorn", "meydan.app", "meydan.chat", "meydan.telegram.outbox"}


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )


def test_a_script_needs_nothing_else_of_meydan(tmp_path: Path) -> None:
    done = run(SCRIPT, tmp_path)
    said = json.loads(done.stdout)
    assert said["id"] == 1
    assert not (DATABASE | SQUARE) & set(said["modules"])
    assert (tmp_path / "sessions" / "bot.session").read_bytes().startswith(b"gAAAA")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["status"] for line in lines if line["event"] == "telegram.connection"] == [
        "connecting",
        "connected",
        "disconnected",
    ]


def test_a_program_with_loggers_of_its_own_keeps_its_output_to_itself(tmp_path: Path) -> None:
    own = "import logging\nlogging.basicConfig(level='INFO', format='%(name)s | %(message)s')\n"
    done = run(own + SCRIPT, tmp_path)
    assert json.loads(done.stdout)["id"] == 1
    line = (
        "meydan.telegram.client.connection | event='telegram.connection' session='bot' status='connected' reason=None"
    )
    assert line in done.stderr.splitlines()


def test_only_what_was_promised_is_offered() -> None:
    offered = {name: getattr(meydan.telegram, name) for name in meydan.telegram.__all__}
    assert isinstance(offered.pop("redis_state"), RedisState)
    assert [one.__name__ for one in offered.values()] == list(offered)
    with pytest.raises(AttributeError, match="no attribute"):
        _ = meydan.telegram.Nothing

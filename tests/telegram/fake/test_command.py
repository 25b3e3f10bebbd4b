"""`meydan telegram fake`, as a process."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
import typer
from typer.testing import CliRunner

from meydan.cli import telegram

_RUN = "import typer; from meydan.cli import telegram; app = typer.Typer(); app.add_typer(telegram.app); app()"


async def test_it_prints_its_address_and_a_token_that_works(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    state = tmp_path / "fake.json"
    tokens = []
    for _ in range(2):
        command = (sys.executable, "-c", _RUN, "telegram", "fake", "--port", "0", "--state", str(state), "--lang", "en")
        program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert program.stdout is not None
        printed = await _until(program.stdout, b"Ctrl+C")
        url = re.search(rb"http://127\.0\.0\.1:\d+", printed)
        token = re.search(rb"\d+:AAFakeMeydan[\w-]+", printed)
        assert url, printed
        assert token, printed
        async with http.get(f"{url.group().decode()}/bot{token.group().decode()}/getMe") as answer:
            assert (await answer.json())["result"]["username"] == "deneme_bot"
        program.send_signal(signal.SIGTERM)
        assert await program.wait() == 0
        tokens.append(token.group())
    assert tokens[0] == tokens[1]


async def _until(stream: asyncio.StreamReader, end: bytes) -> bytes:
    async with asyncio.timeout(30):
        return await stream.readuntil(end)


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--host", "ornek.test"]])
def test_other_addresses_are_refused(arguments: list[str]) -> None:
    app = typer.Typer()
    app.add_typer(telegram.app)
    done = CliRunner().invoke(app, ["telegram", "fake", "--port", "0", *arguments])
    assert done.exit_code == 1
    assert arguments[1] in done.output

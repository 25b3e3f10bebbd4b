"""The program as its operator meets it: first start, second start, stop, and what must not start."""

import asyncio
import json
import random
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.crash.proxy import BreakingProxy
from tests.loopback import http_client
from tests.processes import Program, free_port, meydan, wait_for_answer, wait_for_words, warm_meydan

_API_KEY = "the-key-of-this-test-9f2c-0123456789"
_FERNET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
_PASSWORD = "kırmızı yelkenli"


class Programs:
    """Starts programs and makes sure that none outlives its test."""

    def __init__(self, folder: Path, *, make: Callable[..., Program] = warm_meydan) -> None:
        self.folder = folder
        self._make = make
        self._started: list[Program] = []

    def start(self, *arguments: str, port: int, name: str = "one", **env: str) -> Program:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        program = self._make(*arguments, folder=folder, MEYDAN_PORT=str(port), **env)
        program.start()
        self._started.append(program)
        return program

    def up(self, *, port: int, name: str = "one", **env: str) -> Program:
        program = self.start("up", port=port, name=name, **env)
        wait_for_answer(program, port)
        return program

    def stop(self) -> None:
        for program in self._started:
            program.stop()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    programs = Programs(tmp_path)
    yield programs
    programs.stop()


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Programs]:
    """Start the command itself, as a shell would."""
    programs = Programs(tmp_path, make=meydan)
    yield programs
    programs.stop()


def test_first_start_makes_everything_and_prints_the_owner_link_and_the_next_mends_what_is_open(
    commands: Programs,
) -> None:
    port = free_port()
    first = commands.up(port=port, API_KEY=_API_KEY, TOKEN_ENCRYPTION_KEY=_FERNET)
    data = commands.folder / "one" / "data"
    address = f"http://127.0.0.1:{port}"
    assert address in first.output()
    key = first.output().split("/kurulum#anahtar=")[1].split()[0]
    assert _mode(data) == 0o700
    assert _mode(data / "keys") == 0o700
    kept = list((data / "keys").iterdir())
    assert kept
    assert {_mode(path) for path in kept} == {0o600}

    owner = {"token": key, "username": "ayse", "password": _PASSWORD}
    answer = httpx.post(f"{address}/api/v1/auth/owner", json=owner, trust_env=False)
    assert answer.status_code == 201
    assert httpx.post(f"{address}/api/v1/auth/owner/check", json={"token": key}, trust_env=False).json() == {
        "valid": False
    }
    wrong = {"username": "ayse", "password": "yanlış-parola-4711"}
    assert httpx.post(f"{address}/api/v1/auth/login", json=wrong, trust_env=False).status_code == 401
    refused = httpx.get(f"{address}/api/v1/users", headers={"X-API-Key": "not-the-key-4711"}, trust_env=False)
    assert refused.status_code == 401
    assert first.end() == 0

    secrets = [path.read_text().strip() for path in kept]
    tokens = [answer.json()["access_token"], answer.json()["refresh_token"]]
    for secret in (_API_KEY, _FERNET, _PASSWORD, wrong["password"], "not-the-key-4711", *secrets, *tokens):
        assert secret not in first.output()
    logged = [line for line in first.output().splitlines() if "kurulum" not in line]
    assert [line for line in logged if key in line] == []  # the link is for the terminal, not for the log

    made = [path for path in data.rglob("*") if path.is_file()]
    assert {_mode(path) & 0o077 for path in made} == {0}
    assert "700" not in first.output()
    data.chmod(0o755)
    (commands.folder / "one" / ".env").write_text("LOG_LEVEL=info\n")
    (commands.folder / "one" / ".env").chmod(0o644)
    second = commands.up(port=port)
    assert address in second.output()
    assert "kurulum" not in second.output()
    assert _mode(data) == 0o700
    assert f"{data} klasörünü" in second.output()
    assert f"chmod 600 {commands.folder / 'one' / '.env'}" in second.output()


async def test_sigterm_tells_everyone_to_come_back_and_keeps_what_was_acknowledged(programs: Programs) -> None:
    port = free_port()
    first = await asyncio.to_thread(programs.up, port=port)
    async with _guest(port, "ayse") as ayse, _guest(port, "banu") as banu:
        for talker in (ayse, banu):
            await _ask(talker, "oda_katil", "oda_katilim", oda_id="genel")
        for number in range(5):
            said = {"oda_id": "genel", "icerik": f"ileti {number}", "istemci_id": f"c{number}"}
            await ayse.send(json.dumps({"tip": "mesaj_gonder", **said}))
        first.send(signal.SIGTERM)
        frames = await asyncio.gather(_to_the_end(ayse), _to_the_end(banu))
        assert (ayse.close_code, banu.close_code) == (1012, 1012)
    assert await asyncio.to_thread(first.wait) == 0
    acknowledged = {frame["mesaj_id"] for frame in frames[0] if frame["tip"] == "mesaj_onay"}

    await asyncio.to_thread(programs.up, port=port)
    async with http_client() as http:
        history = (await http.get(f"http://127.0.0.1:{port}/api/v1/mesaj/gecmis/genel")).json()["mesajlar"]
    stored = {message["id"] for message in history}
    assert acknowledged <= stored
    assert {frame["mesaj"]["id"] for frame in frames[1] if frame["tip"] == "mesaj"} <= stored


def test_a_port_in_use_is_named_and_ends_the_program(programs: Programs) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = programs.start("up", port=port)
        assert program.wait() == 1
    assert f"127.0.0.1:{port}" in program.output()
    assert "Traceback" not in program.output()


def test_a_folder_for_everybody_is_refused_as_data_folder(programs: Programs) -> None:
    shared = programs.folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    program = programs.start("up", port=free_port(), MEYDAN_DATA_DIR=str(shared))
    assert program.wait() == 2
    assert "MEYDAN_DATA_DIR" in program.output()
    assert _mode(shared) == 0o1777


def test_one_node_at_a_time_has_the_file(programs: Programs) -> None:
    first = programs.up(port=free_port())
    for command in ("up", "api"):
        second = programs.start(command, port=free_port())
        assert second.wait() == 1
        assert "meydan.db" in second.output()
        assert "Traceback" not in second.output()
    first.end(signal.SIGKILL)
    programs.up(port=free_port())


def test_one_node_at_a_time_has_a_database_without_redis(programs: Programs, postgres_url: str) -> None:
    first = programs.up(port=free_port(), DATABASE_URL=postgres_url)
    second = programs.start("api", port=free_port(), DATABASE_URL=postgres_url)
    assert second.wait() == 1
    assert f"127.0.0.1/{postgres_url.rsplit('/', 1)[1]}" in second.output()
    assert "REDIS_URL" in second.output()
    assert "Traceback" not in second.output()
    first.end(signal.SIGKILL)
    programs.up(port=free_port(), DATABASE_URL=postgres_url)


@pytest.mark.parametrize("command", ["api", "worker"])
def test_what_does_not_migrate_refuses_an_old_schema(programs: Programs, command: str) -> None:
    program = programs.start(command, port=free_port())
    assert program.wait() == 3
    assert "meydan migrate" in program.output()
    assert "Traceback" not in program.output()


def test_a_database_that_cannot_be_used_is_told(programs: Programs, postgres_url: str) -> None:
    broken = programs.folder / "broken.db"
    broken.write_bytes(b"no database" * 100)
    for address, reason in ((f"{postgres_url}_none", "does not exist"), (f"sqlite:///{broken}", "not a database")):
        program = programs.start("up", port=free_port(), DATABASE_URL=address)
        assert program.wait() == 1
        assert reason in program.output()
        assert "Traceback" not in program.output()


async def test_a_node_waits_for_a_database_that_starts_and_not_for_one_that_hangs(
    programs: Programs, postgres_url: str
) -> None:
    server = urlsplit(postgres_url)
    door = BreakingProxy(free_port(), random.Random(1))
    await door.start()
    address = server._replace(netloc=f"{server.username}@127.0.0.1:{door.port}").geturl()
    port = free_port()
    program = programs.start("api", port=port, DATABASE_URL=address, MEYDAN_DRAIN_SECONDS="2")
    await asyncio.to_thread(wait_for_words, program, "en çok 60 saniye")
    door.upstream = server.port or 5432
    await asyncio.to_thread(wait_for_answer, program, port)
    assert program.end() == 0  # in this thread: the door carries nothing meanwhile
    assert "Traceback" not in program.output()
    await door.close()


def test_two_squares_stand_side_by_side(programs: Programs) -> None:
    ports = {"one": free_port(), "two": free_port()}
    for name, port in ports.items():
        programs.up(port=port, name=name, API_KEY=name * 11)
    for name, port in ports.items():
        base, headers = f"http://127.0.0.1:{port}/api/v1", {"X-API-Key": name * 11}
        draft = {"oda_id": f"oda-{name}", "baslik": name}
        assert httpx.post(f"{base}/sohbet/oda-olustur", json=draft, headers=headers, trust_env=False).status_code == 201
    for name, port in ports.items():
        rooms = httpx.get(f"http://127.0.0.1:{port}/api/v1/sohbet/odalar", trust_env=False).json()["odalar"]
        assert {room["oda_id"] for room in rooms} == {"genel", f"oda-{name}"}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _guest(port: int, name: str) -> connect:
    return connect(f"ws://127.0.0.1:{port}/api/v1/ws/{name}", compression=None, proxy=None)


async def _ask(talker: ClientConnection, tip: str, answer: str, **fields: Any) -> None:
    await talker.send(json.dumps({"tip": tip, **fields}))
    async with asyncio.timeout(20):
        while json.loads(await talker.recv())["tip"] != answer:
            pass


async def _to_the_end(talker: ClientConnection) -> list[dict[str, Any]]:
    frames = []
    try:
        async with asyncio.timeout(20):
            while True:
                frames.append(json.loads(await talker.recv()))
    except ConnectionClosed:
        return frames

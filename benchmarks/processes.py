"""Processes under test: started on a core of their own, watched, and stopped."""

import asyncio
import contextlib
import http.client
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

ROOT = Path(__file__).parent.parent
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = _CORES[0]
GENERATOR_CORE = _CORES[-1]


class BenchmarkError(Exception):
    """A benchmark cannot go on; the text says why."""


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Pin this process for a moment, so that what it starts stays on that core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_files() -> int:
    """Raise the limit of open files, for this process and those it starts, as far as it goes; return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """A server that runs while the `with` block does, on the servers' core; its output goes to a file."""

    def __init__(
        self, command: Sequence[str | Path], *, port: int, env: Mapping[str, str] | None = None, cwd: Path = ROOT
    ) -> None:
        self.port = port
        self._command = [str(part) for part in command]
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._folder = tempfile.TemporaryDirectory(prefix="meydan-bench-")
        self._log = Path(self._folder.name) / "output"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with on_core(SERVER_CORE), self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._env, cwd=self._cwd
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            if self._process.poll() is not None:
                print(f"{self._command} ended by itself ({self._process.returncode}):\n{self.output()[-2000:]}")
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()

    def wait_for_answer(self, path: str = "/", *, seconds: float = 30.0, pause: float = 0.05) -> None:
        """Wait until the server answers a GET of `path` with a success."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self._process is None or self._process.poll() is not None:
                raise BenchmarkError(f"{self._command} ended at once:\n{self.output()[-2000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status < 400:
                    return
            time.sleep(pause)
        raise BenchmarkError(f"{self._command} did not answer within {seconds:g} s:\n{self.output()[-2000:]}")

    def wait_for_port(self, *, seconds: float = 10.0) -> None:
        """Wait until somebody listens on the port."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise BenchmarkError(f"{self._command} did not listen within {seconds:g} s:\n{self.output()[-2000:]}")

    def output(self) -> str:
        """Return what the server has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def pids(self) -> list[int]:
        """Return the process and all that it started."""
        return [] if self._process is None else _with_children(self._process.pid)

    def memory(self) -> int:
        """Return the resident bytes of the process and all that it started."""
        return sum(_resident_bytes(pid) for pid in self.pids())


def _with_children(pid: int) -> list[int]:
    pids = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            for child in children.read_text(encoding="ascii").split():
                pids += _with_children(int(child))
    return pids


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


class JsonClient:
    """JSON over one kept connection."""

    def __init__(self, port: int, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = headers

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the parsed answer; raise `BenchmarkError` when it is no success."""
        payload = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **self._headers, **headers}
        try:
            self._connection.request(method, path, payload, sent)
            answer = self._connection.getresponse()
            data = answer.read()
        except OSError as error:
            raise BenchmarkError(f"{method} {path}: {error}") from error
        if answer.status >= 400:
            raise BenchmarkError(f"{method} {path}: {answer.status} {data[:500]!r}")
        return json.loads(data) if answer.headers.get_content_type().endswith("json") else data.decode()


@contextlib.contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """Make a database for this run and drop it afterwards."""
    name = f"meydan_bench_{uuid4().hex[:12]}"
    asyncio.run(_tell(server, f'CREATE DATABASE "{name}"'))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(_tell(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _tell(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

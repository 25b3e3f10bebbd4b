"""The real program and the servers it stands on, each a process of its own with a folder of its own."""

import contextlib
import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from meydan.platform.settings import Settings

_VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}
_PATIENCE = 90.0


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Program:
    """A command that can be started, killed and started again; all it prints goes to one file."""

    def __init__(
        self, command: Sequence[str | Path], folder: Path, *, env: Mapping[str, str], user: str | None = None
    ) -> None:
        self.command = [str(part) for part in command]
        self.folder = folder
        self.env = dict(env)
        self._user = user
        self._log = folder / f"output-{Path(self.command[0]).name}-{id(self):x}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it must not be running."""
        assert not self.running
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.env,
                cwd=self.folder,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, *, seconds: float = _PATIENCE) -> int:
        """Wait for the end and return the exit code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end and return the exit code."""
        self.send(number)
        return self.wait()

    def stop(self) -> None:
        """Make sure that it no longer runs."""
        if self.running:
            self.end(signal.SIGKILL)

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


def meydan(*arguments: str, folder: Path, **env: str) -> Program:
    """Return `meydan` with these arguments; of the environment's own settings it sees only those given here."""
    outer = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    inner = {"MEYDAN_DATA_DIR": str(folder / "data"), **env}
    # The folder holds no .env of the developer's.
    return Program([Path(sys.executable).with_name("meydan"), *arguments], folder, env=outer | inner)


def wait_for_answer(program: Program, port: int, path: str = "/saglik", *, seconds: float = _PATIENCE) -> None:
    """Wait until the program answers a GET with 200."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        assert program.running, f"{program.command} ended by itself with {program.wait()}:\n{program.output()[-4000:]}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{program.command} did not answer in {seconds:g} s:\n{program.output()[-4000:]}")


def wait_for_port(program: Program, port: int, *, seconds: float = _PATIENCE) -> None:
    """Wait until the program listens."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        assert program.running, f"{program.command} ended by itself with {program.wait()}:\n{program.output()[-4000:]}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"{program.command} did not listen within {seconds:g} s:\n{program.output()[-4000:]}")


def redis_program() -> Path | None:
    """Return where redis-server is, or nothing."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest of those installed, or nothing."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return (
        Path(found).parent if found else next((path for path in reversed(folders) if (path / "initdb").exists()), None)
    )


@contextlib.contextmanager
def private_redis(program: Path, folder: Path, *, port: int) -> Iterator[Program]:
    """Run a Redis that nobody else uses and that keeps nothing."""
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    redis = Program([program, *options], folder, env=os.environ)
    redis.start()
    try:
        wait_for_port(redis, port)
        yield redis
    finally:
        redis.stop()


@contextlib.contextmanager
def private_postgres(programs: Path, *, port: int) -> Iterator[Program]:
    """Run a PostgreSQL that nobody else uses; it refuses to run as root, so root runs it as `postgres`."""
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="meydan-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
        options = ["-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        initdb = Program([programs / "initdb", *options, "--locale=C.UTF-8"], folder, env=os.environ, user=user)
        initdb.start()
        assert initdb.wait() == 0, initdb.output()
        settings = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
        words = [f"-c{key}={value}" for key, value in settings.items()]
        postgres = Program([programs / "postgres", "-D", folder / "data", *words], folder, env=os.environ, user=user)
        postgres.start()
        try:
            wait_for_port(postgres, port)
            yield postgres
        finally:
            if postgres.running:
                postgres.end(signal.SIGQUIT)

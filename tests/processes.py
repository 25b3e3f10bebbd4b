"""The real program and the servers it stands on, each a process of its own with a folder of its own."""

import contextlib
import http.client
import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from meydan.cli import main as meydan_main
from meydan.platform.settings import Settings

_VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}
_PATIENCE = 90.0
_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["meydan.app.running", "meydan.app.server", "meydan.platform.migrate", __name__])


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


class WarmProgram(Program):
    """A program whose process is forked from one that has loaded Meydan already: a start costs a tenth as much."""

    def __init__(
        self, main: Callable[[], None], command: Sequence[str], folder: Path, *, env: Mapping[str, str]
    ) -> None:
        super().__init__(command, folder, env=env)
        self._main = main
        self._forked: ForkServerProcess | None = None

    def start(self) -> None:
        assert not self.running
        self._log.touch()
        self._forked = _WARM.Process(
            target=_become, args=(self._main, self.command, self.folder, self.env, self._log), daemon=True
        )
        self._forked.start()

    @property
    def running(self) -> bool:
        return self._forked is not None and self._forked.is_alive()

    def send(self, number: signal.Signals) -> None:
        assert self._forked is not None
        assert self._forked.pid is not None
        os.kill(self._forked.pid, number)

    def wait(self, *, seconds: float = _PATIENCE) -> int:
        assert self._forked is not None
        self._forked.join(seconds)
        assert self._forked.exitcode is not None, f"{self.command} did not end in {seconds:g} s"
        return self._forked.exitcode


def _become(main: Callable[[], None], command: list[str], folder: Path, env: dict[str, str], log: Path) -> None:
    """Be the program from here on."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    with log.open("ab") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    sys.argv = command
    main()


def meydan(*arguments: str, folder: Path, **env: str) -> Program:
    """Return `meydan` with these arguments; of the environment's own settings it sees only those given here."""
    return Program([Path(sys.executable).with_name("meydan"), *arguments], folder, env=_environment(folder, env))


def warm_meydan(*arguments: str, folder: Path, **env: str) -> Program:
    """Return the same, warm: for whoever starts it again and again, or has no concern with how it starts."""
    return WarmProgram(meydan_main, ["meydan", *arguments], folder, env=_environment(folder, env))


def _environment(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    outer = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    # The folder holds no .env of the developer's.
    return {**outer, "MEYDAN_DATA_DIR": str(folder / "data"), **env}


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


def wait_for_words(program: Program, words: str, *, seconds: float = _PATIENCE) -> None:
    """Wait until the program has printed `words`."""
    give_up = time.monotonic() + seconds
    while words not in program.output():
        assert program.running, f"{program.command} ended by itself with {program.wait()}:\n{program.output()[-4000:]}"
        assert time.monotonic() < give_up, program.output()[-4000:]
        time.sleep(0.02)


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

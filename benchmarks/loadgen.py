"""Driving the load generator: its clients, its options, its result."""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.native import program
from benchmarks.processes import GENERATOR_CORE, SERVER_CORE, BenchmarkError, on_core


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator counted while it measured; times in seconds and microseconds."""

    clients: int
    in_flight: int
    seconds: float
    deliveries: int
    acknowledgements: int
    returned: int
    errors: int
    first_error: str
    server_cpu: float
    generator_cpu: float
    p50_us: float
    p99_us: float
    max_us: float
    lost_readers: int
    stalled_close_codes: tuple[int, ...]

    @property
    def per_cpu(self) -> float:
        """Deliveries per second of the server's CPU time."""
        return self.deliveries / max(self.server_cpu, 1e-9)

    @property
    def acknowledged_per_cpu(self) -> float:
        """Acknowledged messages per second of the server's CPU time."""
        return self.acknowledgements / max(self.server_cpu, 1e-9)


class Generator:
    """One run of the load generator."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_for(self, event: str) -> dict[str, Any]:
        """Return the next line about `event`; raise when the generator ended without it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message: dict[str, Any] = json.loads(line)
            if message["event"] == event:
                return message
        raise BenchmarkError("the load generator gave up; its reason is above")

    def release_stalled(self) -> None:
        """Let the clients that do not read read."""
        assert self._process.stdin is not None
        self._process.stdin.write("r")
        self._process.stdin.flush()


@contextlib.contextmanager
def generator(
    *,
    port: int,
    clients: Sequence[tuple[str, str]],
    dialect: str = "plain",
    in_flight: int = 1,
    stalled: int = 0,
    text: int = 100,
    warmup: float = 1.0,
    seconds: float = 4.0,
    sources: int = 1,
    watch: Sequence[int] = (),
    hold: bool = False,
) -> Iterator[Generator]:
    """Start the generator for `clients`, pairs of path and room, on its own core; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="meydan-bench-") as folder:
        file = Path(folder) / "clients"
        file.write_text("".join(f"{path}\t{room}\n" for path, room in clients), encoding="utf-8")
        values = {
            "port": port,
            "clients": file,
            "dialect": dialect,
            "in-flight": in_flight,
            "stalled": stalled,
            "text": text,
            "warmup": warmup,
            "seconds": seconds,
            "sources": sources,
            "cpu-of": ",".join(map(str, watch)),
        }
        command = [str(program("loadgen"))]
        for name, value in values.items():
            command += [f"--{name}", str(value)]
        if hold:
            command.append("--hold")
        elif GENERATOR_CORE != SERVER_CORE:
            command.append("--spin")
        with on_core(GENERATOR_CORE):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            try:
                yield Generator(process)
            finally:
                assert process.stdin is not None
                process.stdin.close()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()


def closed_loop(
    *,
    port: int,
    clients: Sequence[tuple[str, str]],
    dialect: str,
    in_flight: int,
    warmup: float,
    seconds: float,
    watch: Sequence[int],
    at_window: Callable[[], None] | None = None,
) -> LoadResult:
    """Run the closed loop once and return what was counted; `at_window` is called when measuring begins."""
    with generator(
        port=port, clients=clients, dialect=dialect, in_flight=in_flight, warmup=warmup, seconds=seconds, watch=watch
    ) as running:
        running.wait_for("window")
        if at_window is not None:
            at_window()
        return msgspec.convert(running.wait_for("result"), LoadResult)

"""Starting: time from the command to the first answer of a second start, and memory when idle, against bare FastAPI."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.meydan_server import meydan_process
from benchmarks.processes import ServerProcess, free_port

SUMMARY = "time to the first answer of a second start and resident memory when idle, against bare FastAPI"
_SETTLE = 3.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Start each in turn, `rounds` times."""
    with tempfile.TemporaryDirectory(prefix="meydan-bench-") as folder:
        makers: dict[str, tuple[Callable[[], ServerProcess], str]] = {
            "meydan": (lambda: meydan_process(Path(folder), port=free_port()), "/saglik"),
            "fastapi": (_bare, "/"),
        }
        first, _ = _start_once(*makers["meydan"])  # migrates
        seconds: dict[str, list[float]] = {name: [] for name in makers}
        memory: dict[str, list[int]] = {name: [] for name in makers}
        for _ in range(options.rounds):
            for name, (make, path) in makers.items():
                taken, resident = _start_once(make, path)
                seconds[name].append(taken)
                memory[name].append(resident)
    table = Table(title=f"Start, median of {options.rounds}")
    for heading in ("", "meydan", "bare FastAPI", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    times = [statistics.median(seconds[name]) for name in ("meydan", "fastapi")]
    sizes = [statistics.median(memory[name]) / 1e6 for name in ("meydan", "fastapi")]
    table.add_row("first answer, s", f"{times[0]:.2f}", f"{times[1]:.2f}", f"{times[0] / times[1]:.2f}")
    table.add_row("resident when idle, MB", f"{sizes[0]:.1f}", f"{sizes[1]:.1f}", f"{sizes[0] / sizes[1]:.2f}")
    table.add_row("very first start (migrates), s", f"{first:.2f}", "", "")
    Console().print(table)
    if options.json:
        figures = {"first_start": first, "seconds": seconds, "resident_bytes": memory}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _bare() -> ServerProcess:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peers.fastapi_loop:app", "--port", str(port)]
    return ServerProcess([*command, "--loop", "uvloop", "--http", "httptools", "--log-level", "warning"], port=port)


def _start_once(make: Callable[[], ServerProcess], path: str) -> tuple[float, int]:
    """Return the seconds until the first answer and the resident bytes a little later."""
    process = make()
    began = time.monotonic()
    with process:
        process.wait_for_answer(path, pause=0.01)
        taken = time.monotonic() - began
        time.sleep(_SETTLE)
        return taken, process.memory()

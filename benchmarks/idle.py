"""Idle connections: what each costs in resident memory, just connected and in a room of a hundred."""

import argparse
import json
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.loadgen import generator
from benchmarks.processes import BenchmarkError, allow_many_files
from benchmarks.servers import KINDS, Ours

SUMMARY = "resident memory per idle connection at 15,000, against FastAPI and Node ws"
_SETTLE = 4.0
_SOURCES = 4
_SPARE_FILES = 200


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--connections", type=int, default=15_000)
    parser.add_argument("--room-size", type=int, default=100)
    parser.add_argument(
        "--servers", nargs="+", choices=["meydan", "fastapi", "ws"], default=["meydan", "fastapi", "ws"]
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Measure each server fresh, first with bare connections, then with all of them in rooms."""
    limit = allow_many_files()
    if limit < options.connections + _SPARE_FILES:
        raise BenchmarkError(f"Only {limit} files may be open here: raise the hard limit or lower --connections.")
    figures: dict[str, dict[str, float]] = {}
    console = Console()
    for name in options.servers:
        if not KINDS[name].available:
            console.print(f"[yellow]{name}: skipped, {KINDS[name].needs} is not installed")
            continue
        with console.status(name):
            figures[name] = {"connected": _bytes_each(name, options.connections, 0)}
            if name == "meydan":  # the peers know one room only
                figures[name]["in a room"] = _bytes_each(name, options.connections, options.room_size)
    table = Table(title=f"Memory per idle connection, {options.connections:,} of them")
    for heading in ("server", "connected, KB", f"in a room of {options.room_size}, KB", "meydan ÷ server"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    ours = figures.get("meydan", {}).get("connected")
    for name, values in figures.items():
        table.add_row(
            name,
            *(f"{values[key] / 1000:.1f}" if key in values else "–" for key in ("connected", "in a room")),
            f"{ours / values['connected']:.2f}" if ours else "",
        )
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _bytes_each(name: str, count: int, room_size: int) -> float:
    """Return the growth of the server's resident memory per connection; rooms when `room_size` is not 0."""
    with KINDS[name].start() as target:
        clients = [(f"/api/v1/ws/bekleyen{number:05d}", "") for number in range(count)]
        if room_size:
            assert isinstance(target, Ours)
            rooms = [f"bekleme-{number}" for number in range(-(-count // room_size))]
            for room in rooms:
                target.server.make_room(room)
            # One room fills after the other, as rooms do whose members come back after a restart.
            clients = [(path, rooms[number // room_size]) for number, (path, _) in enumerate(clients)]
        time.sleep(1.0)
        before = target.process.memory()
        with generator(port=target.process.port, clients=clients, sources=_SOURCES, hold=True) as running:
            running.wait_for("ready")
            time.sleep(_SETTLE)
            return (target.process.memory() - before) / count

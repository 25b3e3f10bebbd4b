"""Fan-out: one room, K messages in flight, five servers in one run."""

import argparse
import contextlib
import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.loadgen import LoadResult, closed_loop
from benchmarks.processes import BenchmarkError, allow_many_files
from benchmarks.servers import KINDS, Target

SUMMARY = "deliveries per CPU-second and latency in rooms, against peers and a one-write-per-recipient floor"

_ATTEMPTS = 3
_HEADINGS = (
    "room", "in\nflight", "server", "deliv.\n/CPU-s", "×\nfloor", "deliv.\n/s", "p50\nms", "p99\nms",
    "acked\n/CPU-s", "frames\n/write", "server\nCPU",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One server in one room with a number of messages in flight."""

    server: str
    durable: bool
    members: int
    in_flight: int
    load: LoadResult
    frames_per_write: float | None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--rooms", type=int, nargs="+", default=[10, 100, 1000], help="members of the room")
    parser.add_argument(
        "--in-flight", type=int, nargs="+", default=[1, 4, 32], help="messages on their way at any time"
    )
    parser.add_argument("--servers", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before measuring")
    parser.add_argument("--seconds", type=float, default=4.0, help="seconds measured for each cell")
    parser.add_argument("--rounds", type=int, default=1, help="repeat each cell and keep the median")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Start every server, then take the cells one after the other, all servers in turn."""
    allow_many_files()
    console = Console(width=max(Console().width, 120))
    cells: list[Cell] = []
    with contextlib.ExitStack() as stack:
        targets: list[Target] = []
        for name in options.servers:
            if not KINDS[name].available:
                console.print(f"[yellow]{name}: skipped, {KINDS[name].needs} is not installed")
                continue
            targets.append(stack.enter_context(KINDS[name].start()))
        for members in options.rooms:
            for in_flight in options.in_flight:
                with console.status(f"room of {members}, {in_flight} in flight"):
                    rounds = [
                        [_measure(target, members, in_flight, options, number) for target in targets]
                        for number in range(options.rounds)
                    ]
                    cells += [_median(same) for same in zip(*rounds, strict=True)]
    console.print(_table(cells))
    console.print(
        "* durable: acknowledged and delivered after the commit, in order, with recovery; the others store nothing.\n"
        "Latency is from sending to receiving, over every member. CPU is of the server's process tree."
    )
    if options.json:
        options.json.write_text(json.dumps(msgspec.to_builtins(cells), indent=1) + "\n", encoding="utf-8")


def _median(cells: tuple[Cell, ...]) -> Cell:
    return sorted(cells, key=lambda cell: cell.load.per_cpu)[len(cells) // 2]


def _measure(target: Target, members: int, in_flight: int, options: argparse.Namespace, number: int) -> Cell:
    """Measure until something was delivered: a virtual machine that was paused meanwhile says nothing of a server."""
    for attempt in range(_ATTEMPTS):
        cell = _attempt(target, members, in_flight, options, f"fanout-{members}-{in_flight}-{number}-{attempt}")
        if cell.load.deliveries:
            return cell
    raise BenchmarkError(f"{target.name}: {members} members, {in_flight} in flight: nothing came back")


def _attempt(target: Target, members: int, in_flight: int, options: argparse.Namespace, room: str) -> Cell:
    before = (0.0, 0.0)

    def at_window() -> None:
        nonlocal before
        before = target.frames_and_writes()

    load = closed_loop(
        port=target.process.port,
        clients=target.clients(members, room),
        dialect=target.dialect,
        in_flight=in_flight,
        warmup=options.warmup,
        seconds=options.seconds,
        watch=target.process.pids(),
        at_window=at_window,
    )
    if load.errors or load.lost_readers:
        raise BenchmarkError(
            f"{target.name}, {room}: {load.errors} errors, {load.lost_readers} clients lost. {load.first_error}"
        )
    frames, writes = (now - then for now, then in zip(target.frames_and_writes(), before, strict=True))
    return Cell(target.name, target.durable, members, in_flight, load, frames / writes if writes else None)


def _table(cells: list[Cell]) -> Table:
    table = Table(title="Fan-out, 100-byte texts")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "server" else "right", no_wrap=True)
    for (members, in_flight), group in groupby(cells, key=lambda cell: (cell.members, cell.in_flight)):
        row = list(group)
        floor = next((cell.load.per_cpu for cell in row if cell.server == "floor"), None)
        for cell in row:
            load = cell.load
            table.add_row(
                str(members),
                str(in_flight),
                f"{cell.server}{'*' if cell.durable else ''}",
                f"{load.per_cpu:,.0f}",
                f"{load.per_cpu / floor:.2f}" if floor else "",
                f"{load.deliveries / load.seconds:,.0f}",
                f"{load.p50_us / 1000:.2f}",
                f"{load.p99_us / 1000:.2f}",
                f"{load.acknowledged_per_cpu:,.0f}" if cell.durable else "–",
                f"{cell.frames_per_write:.1f}" if cell.frames_per_write else "",
                f"{load.server_cpu / load.seconds:.0%}",
                style="bold" if cell.durable else "",
            )
        table.add_section()
    return table

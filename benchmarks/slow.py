"""A slow reader: a room of 200 with and without a member that never reads; the others must not notice."""

import argparse
import json
import statistics
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.loadgen import LoadResult, generator
from benchmarks.meydan_server import MeydanServer, meydan_server
from benchmarks.processes import BenchmarkError

SUMMARY = "latency of a room of 200 with and without one member that never reads, and how that one is closed"
_POLL = 0.25
_CLOSED = "meydan_chat_slow_closed_total"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--text", type=int, default=1_000, help="bytes of each message: long ones fill a buffer sooner")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Alternate rounds with and without the slow reader on one node."""
    results: dict[str, list[LoadResult]] = {"all read": [], "one never reads": []}
    with meydan_server() as server, Console().status("slow reader"):
        server.raise_budgets()
        for number in range(options.rounds):
            for stalled, kept in enumerate(results.values()):
                kept.append(_round(server, f"yavas-{number}-{stalled}", stalled, options))
    table = Table(title=f"Room of {options.members}, {options.in_flight} in flight, medians of {options.rounds}")
    for heading in ("", "p50 ms", "p99 ms", "deliv./CPU-s", "others lost", "closed with"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, kept in results.items():
        table.add_row(
            name,
            f"{statistics.median(result.p50_us for result in kept) / 1000:.2f}",
            f"{statistics.median(result.p99_us for result in kept) / 1000:.2f}",
            f"{statistics.median(result.per_cpu for result in kept):,.0f}",
            str(sum(result.lost_readers for result in kept)),
            " ".join(str(code) for result in kept for code in result.stalled_close_codes),
        )
    without, with_it = (statistics.median(result.p99_us for result in kept) for kept in results.values())
    console = Console()
    console.print(table)
    console.print(f"p99 with the slow reader ÷ without: {with_it / without:.2f}")
    if options.json:
        options.json.write_text(json.dumps(msgspec.to_builtins(results), indent=1) + "\n", encoding="utf-8")


def _round(server: MeydanServer, room: str, stalled: int, options: argparse.Namespace) -> LoadResult:
    server.make_room(room)
    clients = server.clients_with_tickets(options.members + stalled, room)
    closed_before = server.metric(_CLOSED)
    with generator(
        port=server.port,
        clients=clients,
        in_flight=options.in_flight,
        stalled=stalled,
        text=options.text,
        seconds=options.seconds,
        watch=server.process.pids(),
    ) as running:
        running.wait_for("window")
        # The same looks at the counter in both kinds of rounds. Once the node has given the reader up, let it read,
        # so that it finds the close code behind what had been on its way.
        ends = time.monotonic() + options.seconds
        released = not stalled
        while time.monotonic() < ends - _POLL:
            time.sleep(_POLL)
            if server.metric(_CLOSED) > closed_before and not released:
                running.release_stalled()
                released = True
        result = msgspec.convert(running.wait_for("result"), LoadResult)
    if stalled and not released:
        raise BenchmarkError("the slow reader was not closed: give it more --seconds or a longer --text")
    return result

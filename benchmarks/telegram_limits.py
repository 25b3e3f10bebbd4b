"""Saturated bots on the fake Telegram for five simulated minutes: the share of the limits that is used, and how fairly.

Twenty bots, fifty groups (each with one of them) and five hundred private chats; every chat always has something to
send. One loop with virtual time runs the sender and the fake Telegram, which keeps Telegram's limits with code of its
own; work takes hardly any virtual time, waiting does. `--processes` measures workers that share Redis instead, in
real time.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.processes import ROOT, BenchmarkError

SUMMARY = "share of Telegram's limits used when saturated, 429s and fairness, against aiogram and AIORateLimiter"
KINDS = ("meydan", "aiogram", "ptb")


@dataclass(frozen=True)
class Outcome:
    """What one sender did in the time measured. Waits are the longest between two sends of one chat, in seconds."""

    sent: int
    permitted: float
    refused: int
    longest_private: float
    longest_group: float
    cpu_per_send: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--seconds", type=float, default=300.0, help="simulated seconds measured")
    parser.add_argument("--senders", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--processes", type=int, default=0, help="that many workers, and real seconds")
    parser.add_argument("--postgres", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/8", help="a database that may be emptied")


def run(options: argparse.Namespace) -> None:
    """Run each sender in a process of its own, one after the other."""
    shared = options.processes > 0
    table = Table(
        title=f"20 bots, 50 groups, 500 private chats, {options.seconds:g} {'real' if shared else 'simulated'} seconds"
    )
    for heading in (
        "sender",
        "sent",
        "of permitted",
        "429s",
        "longest wait\nprivate (fair 3 s)",
        "longest wait\ngroup (fair 60 s)",
        "CPU µs/send" if shared else "CPU µs/send\nwith the fake's",
    ):
        table.add_column(heading, justify="left" if heading == "sender" else "right")
    for kind in [f"meydan, {options.processes} workers"] if shared else options.senders:
        if shared:
            outcome = _run("shared", options.processes, options.seconds, options.postgres, options.redis)
        else:
            outcome = _run("saturated", kind, options.seconds)
        table.add_row(
            kind,
            f"{outcome.sent:,}",
            f"{outcome.sent / outcome.permitted:.1%}",
            f"{outcome.refused:,}",
            f"{outcome.longest_private:.2f} s",
            f"{outcome.longest_group:.2f} s",
            f"{outcome.cpu_per_send * 1e6:,.0f}",
            style="bold" if kind.startswith("meydan") else "",
        )
        Console().print(table)


def _run(module: str, *arguments: object) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.telegram.{module}", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=3_000, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(f"{module} {arguments}: {done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Outcome)

"""One machine against a square: what others notice of each attack, and what of it stays in the node's memory."""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.attackers import ATTACKS
from benchmarks.bystanders import PASSWORD, Bystanders, Noticed, school
from benchmarks.meydan_server import MeydanServer, meydan_process
from benchmarks.processes import GENERATOR_CORE, ROOT, BenchmarkError, free_port, on_core

SUMMARY = "what others notice while one machine attacks: acknowledgements, sign-in, memory; each attack beside quiet"
_ROOMS = 6_000
_PEOPLE = "people"
_LONG = 200
_MINUTE = 60.0
_USUAL_FILES = 1_024

console = Console(width=150)


@dataclass
class Row:
    """The figures of one attack: seconds, bytes, shares of a core."""

    attack: str
    quiet_p50: float
    quiet_p99: float
    p50: float
    p99: float
    sign_in: float
    search: float
    before: int
    peak: int
    after: int
    cpu: float
    refused: dict[str, int]
    answers: dict[str, int]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument(
        "attacks", nargs="*", choices=[[], *ATTACKS, _PEOPLE], default=[], help="which; all when none is named"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each attack lasts")
    parser.add_argument("--people", type=int, default=200, help="people behind one address, signing in and talking")
    parser.add_argument("--rooms", type=int, default=_ROOMS)
    parser.add_argument("--tree", type=Path, default=ROOT, help="the source of the node: another commit's worktree")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Attack one fresh node after the other."""
    rows, crowd = [], {}
    wanted = options.attacks or [*ATTACKS, _PEOPLE]
    for name in ATTACKS:
        if name not in wanted:
            continue
        with _node(options.tree) as server:
            given = _prepare(server, name, options)
            rows.append(_one(server, name, given, options))
            _print_row(rows[-1])
    if _PEOPLE in wanted:
        with _node(options.tree) as server:
            _prepare(server, "", options)
            crowd = dict(asyncio.run(school(server.port, options.people)))
    if rows:
        _print(rows)
    if crowd:
        console.print(f"behind one address: {crowd}")
    if options.json:
        figures = {"attacks": [asdict(row) for row in rows], "people": crowd}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _node(tree: Path) -> Iterator[MeydanServer]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with tempfile.TemporaryDirectory(prefix="meydan-bench-") as folder:
        process = meydan_process(Path(folder), port=free_port(), tree=tree)
        resource.setrlimit(resource.RLIMIT_NOFILE, (_USUAL_FILES, hard))  # as a shell has it
        try:
            process.__enter__()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        try:
            process.wait_for_answer("/saglik")
            yield MeydanServer(process)
        finally:
            process.__exit__(None, None, None)


def _prepare(server: MeydanServer, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Add the people, let the one who is measured talk, and make what the attack needs."""
    api = server.api
    much = {"messages_per_second": 1_000, "message_burst": 1_000, "frames_per_second": 1_000, "frame_burst": 1_000}
    api.request("PATCH", "/api/v1/settings/chat", much)
    api.request("PATCH", "/api/v1/settings/accounts", {"registrations_per_hour": 1_000_000})
    people = [f"ogrenci{number}" for number in range(options.people)] if not name else []
    for person in ("konusan", "kurban", "saldirgan", *(f"giren{number}" for number in range(10)), *people):
        api.request("POST", "/api/v1/auth/register", {"username": person, "password": PASSWORD})
    if name == "unread":
        server.make_room("uzun")
        for number in range(_LONG):
            api.request("POST", "/api/v1/mesaj/gonder", {"oda_id": "uzun", "icerik": f"{number} " + "ö" * 3_900})
    if name in ("searches", "reads"):
        for number in range(3_000):
            api.request("POST", "/api/v1/mesaj/gonder", {"oda_id": "genel", "icerik": f"arama {number} " * 20})
    if name == "rooms":
        for number in range(options.rooms):
            server.make_room(f"oda{number:05d}")
    given: dict[str, Any] = {"token": "", "guests": []}
    if name == "writes":
        signed = {"username": "saldirgan", "password": PASSWORD}
        given["token"] = api.request("POST", "/api/v1/auth/login", signed)["access_token"]
        for number in range(20):
            guest = api.request("POST", "/api/v1/auth/guest", {"name": f"misafir{number}"})
            given["guests"].append(guest["access_token"])
    return given


def _one(server: MeydanServer, name: str, given: dict[str, Any], options: argparse.Namespace) -> Row:
    member = {"username": "konusan", "password": PASSWORD}
    token = server.api.request("POST", "/api/v1/auth/login", member)["access_token"]
    others = Bystanders(server.port)
    quiet = asyncio.run(others.notice(options.seconds, token=token))
    pid, before = server.process.pids()[0], server.process.memory()
    used, began = _cpu(pid), time.monotonic()
    with _attacker(name, server.port, given, options) as attacker:
        noticed, peak = asyncio.run(_while_it_lasts(others, token, server, options.seconds))
        cpu = (_cpu(pid) - used) / (time.monotonic() - began)
        assert attacker.stdout is not None
        answers = json.loads(attacker.stdout.readline() or "{}")
        after = _settled(server, before)
    return Row(
        name,
        *_quantiles(quiet),
        *_quantiles(noticed),
        max(noticed.signed_in, default=0.0),
        max(noticed.found, default=0.0),
        before,
        max(peak, after),
        after,
        cpu,
        dict(noticed.refused),
        answers,
    )


@contextmanager
def _attacker(
    name: str, port: int, given: dict[str, Any], options: argparse.Namespace
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.attackers", name, "--port", str(port)]
    command += ["--seconds", str(options.seconds), "--given", json.dumps(given)]
    with on_core(GENERATOR_CORE):
        process = subprocess.Popen(
            ["chrt", "--idle", "0", *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _while_it_lasts(others: Bystanders, token: str, server: MeydanServer, seconds: float) -> tuple[Noticed, int]:
    peak, over = server.process.memory(), asyncio.Event()

    async def watch() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, server.process.memory())
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    try:
        return await others.notice(seconds, token=token), peak
    except Exception as error:  # noqa: BLE001  # the attack got the better of the bystanders, and that is a figure
        lost = Noticed(acknowledged=[_MINUTE])
        lost.refused[f"lost {type(error).__name__}"] += 1
        return lost, peak
    finally:
        over.set()
        await watching


def _settled(server: MeydanServer, before: int) -> int:
    """Return the memory a minute later, or as soon as it is small again."""
    until = time.monotonic() + _MINUTE
    while (now := server.process.memory()) > 1.1 * before and time.monotonic() < until:
        time.sleep(1.0)
    return now


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _quantiles(noticed: Noticed) -> tuple[float, float]:
    taken = sorted(noticed.acknowledged)
    if not taken:
        raise BenchmarkError("nobody could talk")
    return statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]


def _print_row(row: Row) -> None:
    console.print(f"{row.attack}: {row.answers}; refused to others: {row.refused or 'nothing'}")


def _print(rows: list[Row]) -> None:
    table = Table(title="One machine against the square; milliseconds, megabytes")
    for heading in (
        "attack", "quiet p50", "p99", "attacked p50", "p99", "p99 ratio", "sign-in s", "search s", "MB before", "peak",
        "after", "ratio", "CPU",
    ):  # fmt: skip
        table.add_column(heading, justify="left" if heading == "attack" else "right")
    for row in rows:
        table.add_row(
            row.attack,
            *(f"{value * 1000:.1f}" for value in (row.quiet_p50, row.quiet_p99, row.p50, row.p99)),
            f"{row.p99 / row.quiet_p99:.2f}",
            f"{row.sign_in:.2f}",
            f"{row.search:.2f}",
            *(f"{value / 1e6:.0f}" for value in (row.before, row.peak, row.after)),
            f"{row.after / row.before:.2f}",
            f"{row.cpu:.0%}",
        )
    console.print(table)

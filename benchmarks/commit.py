"""Group commit: durable acknowledged messages per second of the message log, against one commit per message."""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from benchmarks.processes import BenchmarkError, postgres_database
from meydan.chat.log import MessageLog
from meydan.chat.models import Room
from meydan.chat.operations import Append, Stored
from meydan.platform import migrate
from meydan.platform.clock import SystemClock
from meydan.platform.db import Database, PostgresDatabase, SqliteDatabase
from meydan.platform.ids import new_id
from meydan.platform.turkish import words

SUMMARY = "durable acknowledged messages/s of the log against one commit per message, SQLite and PostgreSQL"
_MODES = {"group commit": 512, "one commit per message": 1}
_TEXT = ("Altın ve dolar bugün yatay seyretti, hacim öğleden sonra arttı; kapanışa doğru alıcılar geri döndü. " * 2)[
    :100
]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this benchmark takes on the command line."""
    parser.add_argument("--waiting", type=int, default=256, help="messages that wait for their acknowledgement at once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a round")
    parser.add_argument("--folder", type=Path, help="where the SQLite file lies; a real disk, not memory")
    parser.add_argument(
        "--postgres",
        default="postgresql://postgres@127.0.0.1:5432/postgres",
        help="a server where a database may be made and dropped; '' for none",
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")


def run(options: argparse.Namespace) -> None:
    """Alternate rounds of both modes on each database."""
    console = Console()
    figures: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory(prefix="meydan-bench-", dir=options.folder) as folder:
        path = f"{folder}/log.db"
        migrate.upgrade(f"sqlite:///{path}")
        with console.status("sqlite"):
            figures["sqlite"] = asyncio.run(_alternate(lambda: SqliteDatabase(path), options))
    if options.postgres:
        try:
            with postgres_database(options.postgres) as url, console.status("postgresql"):
                migrate.upgrade(url)
                figures["postgresql"] = asyncio.run(_alternate(lambda: PostgresDatabase(url), options))
        except OSError as error:
            console.print(f"[yellow]postgresql: skipped, {error}")
    table = Table(
        title=f"Durable messages/s, {options.waiting} waiting, medians of {options.rounds} alternating rounds"
    )
    for heading in ("database", *_MODES, "ratio"):
        table.add_column(heading, justify="left" if heading == "database" else "right")
    for database, rates in figures.items():
        group, single = (statistics.median(rates[mode]) for mode in _MODES)
        table.add_row(database, f"{group:,.0f}", f"{single:,.0f}", f"{group / single:.1f}")
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


async def _alternate(open_database: Callable[[], Database], options: argparse.Namespace) -> dict[str, list[float]]:
    db = open_database()
    try:
        room_id = await db.write(_make_room)
        rates: dict[str, list[float]] = {mode: [] for mode in _MODES}
        for _ in range(options.rounds):
            for mode, max_batch in _MODES.items():
                rates[mode].append(await _round(db, room_id, max_batch, options.waiting, options.seconds))
        return rates
    finally:
        await db.close()


async def _round(db: Database, room_id: int, max_batch: int, waiting: int, seconds: float) -> float:
    """Return acknowledged messages per second while `waiting` messages are always on their way."""
    clock = SystemClock()
    message_log = MessageLog(db, clock, max_batch=max_batch)
    running = asyncio.create_task(message_log.run())
    nonce, numbers, acknowledged = uuid4().hex[:8], count(), 0
    failure: object = None

    def submit() -> None:
        number = next(numbers)
        message_log.submit(
            Append(
                room_id=room_id,
                at=clock.now(),
                message_id=new_id(clock),
                sender_id=f"gonderen{number % 64}",
                sender_name="Gönderen",
                guest=False,
                kind="metin",
                content=_TEXT,
                folded=" ".join(words(_TEXT)),
                client_id=f"{nonce}-{number}",
            ),
            answer,
        )

    def answer(outcome: object) -> None:
        nonlocal acknowledged, failure
        if not isinstance(outcome, Stored):
            failure = outcome
        acknowledged += 1
        if going:
            submit()

    going = True
    began = time.perf_counter()
    for _ in range(waiting):
        submit()
    await asyncio.sleep(seconds)
    rate = acknowledged / (time.perf_counter() - began)
    going = False
    await message_log.drain()
    await running
    if failure is not None:
        raise BenchmarkError(f"a message was not stored: {failure!r}")
    return rate


def _make_room(session: Session) -> int:
    clock = SystemClock()
    room = Room(slug=f"olcum-{uuid4().hex[:8]}", title="Ölçüm", created_by="olcum", created_at=clock.now(), epoch="1")
    session.add(room)
    session.flush()
    return room.id

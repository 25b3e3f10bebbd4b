"""`meydan doctor`: look at everything a start needs and say what to do about what is missing."""

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer

from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, say
from meydan.cli.unreached import why
from meydan.platform.clock import Clock, SystemClock
from meydan.platform.logging import hide_secrets
from meydan.platform.settings import Settings, is_whole_secret, reachable_host

_PYTHON: Final = (3, 11)
_NODE: Final = 20
_PING_SECONDS: Final = 3
_DISK_BYTES: Final = 1_000_000_000
_OLDEST_YEAR: Final = 2026


@dataclass(frozen=True)
class Finding:
    """What one look found: `well` is `None` for what may be missing; `advice` says what to do."""

    name: str
    well: bool | None
    shown: str
    advice: str = ""


def doctor(*, lang: Lang = None) -> None:
    """Print ✓ or ✗ for everything a start needs, with what to do, and exit with 1 when something is wrong."""
    settings = settings_or_exit()
    wrong = 0
    for finding in examine(settings, SystemClock()):
        sign = {True: "✓", False: "✗", None: "–"}[finding.well]
        typer.echo(f"{sign} {say(f'doctor.{finding.name}')}: {finding.shown}")
        if finding.advice:
            typer.echo(f"    {say(f'doctor.{finding.advice}', path=settings.data_dir.resolve())}")
        wrong += finding.well is False
    typer.echo(say("doctor.well") if not wrong else say("doctor.wrong", count=wrong))
    if wrong:
        raise typer.Exit(1)


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Yield what each look finds; none of them changes anything."""
    yield _python()
    yield _node()
    yield _data_folder(settings.data_dir.resolve())
    yield from _database(settings)
    yield _redis(settings)
    yield _keys(settings)
    yield _port(settings)
    yield _disk(settings.data_dir)
    yield _clock(clock)


def _python() -> Finding:
    well = sys.version_info >= _PYTHON
    return Finding("python", well, ".".join(map(str, sys.version_info[:3])), "" if well else "python_advice")


def _node() -> Finding:
    found = shutil.which("node")
    if found is None:
        return Finding("node", None, say("doctor.absent"), "node_advice")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603  # the operator's own node
    major = version.strip().removeprefix("v").partition(".")[0]
    well = major.isdecimal() and int(major) >= _NODE
    return Finding("node", well or None, version.strip(), "" if well else "node_advice")


def _data_folder(folder: Path) -> Finding:
    if not folder.exists():
        return Finding("data", None, say("doctor.made_later", path=folder))
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("data", well=False, shown=str(folder), advice="data_unwritable")
    if mode & 0o077:
        return Finding("data", well=False, shown=f"{folder} ({mode:o})", advice="data_open")
    return Finding("data", well=True, shown=f"{folder} ({mode:o})")


def _database(settings: Settings) -> Iterator[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    from meydan.platform import schema
    from meydan.platform.db import file_of, reason_of

    file, shown = file_of(settings.database), hide_secrets(settings.database)
    try:
        if file is not None and not file.exists():
            yield Finding("database", None, say("doctor.made_later", path=file))
            return
        revision = schema.current(settings.database)
    except (OSError, SQLAlchemyError) as error:
        yield Finding("database", well=False, shown=f"{shown} ({reason_of(error)})", advice="database_advice")
        return
    yield Finding("database", well=True, shown=shown)
    well = revision == schema.head()
    yield Finding("schema", well, f"{revision or '∅'} / {schema.head()}", "" if well else "schema_advice")


def _redis(settings: Settings) -> Finding:
    url = settings.redis_url.get_secret_value()
    if not url:
        return Finding("redis", None, say("doctor.not_set"))

    from redis.exceptions import RedisError

    from meydan.platform.redis import open_redis

    async def ping() -> None:
        client = open_redis(url)
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await client.execute_command("PING")  # type: ignore[no-untyped-call]
        except RedisError as error:
            raise OSError(str(error)) from error
        finally:
            await client.aclose()

    return _tried("redis", lambda: asyncio.run(ping()), "redis_advice")


def _keys(settings: Settings) -> Finding:
    folder = settings.data_dir / "keys"
    try:
        kept = sorted(folder.iterdir()) if folder.is_dir() else []
        open_ones = [path.name for path in kept if path.stat().st_mode & 0o077]
        damaged = [path.name for path in kept if not is_whole_secret(path)]
    except OSError as error:
        return Finding("keys", well=False, shown=str(error), advice="data_unwritable")
    if damaged:
        return Finding("keys", well=False, shown=", ".join(damaged), advice="keys_damaged")
    if open_ones:
        return Finding("keys", well=False, shown=", ".join(open_ones), advice="keys_open")
    given = bool(settings.token_encryption_key.get_secret_value())
    return Finding("keys", well=True, shown=say("doctor.keys_given" if given else "doctor.keys_kept"))


def _port(settings: Settings) -> Finding:
    shown = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as the server listens
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            ours = _answers_as_meydan(settings)
            return Finding(
                "port", ours, say("doctor.port_ours", at=shown) if ours else shown, "" if ours else "port_advice"
            )
    return Finding("port", well=True, shown=say("doctor.port_free", at=shown))


def _answers_as_meydan(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(reachable_host(settings.host), settings.port, timeout=2)
    try:
        with contextlib.closing(connection):
            connection.request("GET", "/saglik/canli")
            return bool(json.load(connection.getresponse()) == {"canli": True})
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    well = free >= _DISK_BYTES
    return Finding("disk", well, f"{free / 1e9:.1f} GB", "" if well else "disk_advice")


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    well = now.year >= _OLDEST_YEAR
    return Finding("clock", well, now.isoformat(timespec="seconds"), "" if well else "clock_advice")


def _tried(name: str, call: Callable[[], None], advice: str) -> Finding:
    try:
        call()
    except (OSError, ValueError) as error:
        return Finding(name, well=False, shown=why(error), advice=advice)
    return Finding(name, well=True, shown=say("doctor.answers"))

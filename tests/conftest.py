"""Fixtures every test may use: a clock in hand, both databases, bus and store, settings of its own folder."""

import asyncio
import gc
import logging
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
import structlog
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.orm import Session
from structlog.dev import plain_traceback

import meydan.accounts.models
import meydan.chat.models
import meydan.telegram.models  # noqa: F401  # the one metadata holds every table
from meydan.cli import language
from meydan.platform import migrate
from meydan.platform.bus import Bus, MemoryBus
from meydan.platform.clock import ManualClock
from meydan.platform.db import Base, Database, PostgresDatabase, SqliteDatabase
from meydan.platform.ephemeral import EphemeralStore, MemoryStore
from meydan.platform.settings import Settings, load_settings
from tests import soak

POSTGRES = os.environ.get("MEYDAN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("MEYDAN_TEST_REDIS", "redis://127.0.0.1:6379/9")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_skipped: set[str] = set()


gc.disable()  # until every test is collected: what was made until then stays


# In CI every run asks the same; at home each looks further. How long one takes is the machine's affair.
hypothesis.settings.register_profile("home", deadline=None)
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "home")


@pytest.fixture(autouse=True)
def _the_language_of_the_run() -> Iterator[None]:
    """Forget the language that a test asked a command for: it is one per process."""
    yield
    language._choose(None)


def reachable(url: str) -> bool:
    """Tell whether something listens at the address."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False


def need(name: str, url: str) -> None:
    """Skip the test when a server is missing, remembering to say so at the end."""
    if not reachable(url):
        _skipped.add(name)
        pytest.skip(f"{name} is not reachable")


def missing(what: str, record_property: Callable[[str, object], None]) -> NoReturn:
    """Skip the test because a program is not installed, and have it said at the end; in CI, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: not installed")
    record_property("missing", what)
    pytest.skip(f"{what}: not installed")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_report_header() -> str | None:
    return f"soak: whole, MEYDAN_SEED={soak.SEED}" if soak.WHOLE else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") == "true" and not all((reachable(POSTGRES), reachable(REDIS))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    away = [name for name, url in (("PostgreSQL", POSTGRES), ("Redis", REDIS)) if not reachable(url)]
    if away:
        terminalreporter.write_line(f"!!! NOT TESTED, because not reachable: {', '.join(away)}", red=True, bold=True)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "counts" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid}: {value}")
                elif name == "missing" and report.when == "call":
                    terminalreporter.write_line(
                        f"!!! NOT TESTED, because not installed: {value} ({report.nodeid})", red=True, bold=True
                    )


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Iterator[None]:
    """Undo what a test sets of the log; one that stays at debug writes every statement of every test after it.

    Tracebacks leave out every frame's variables, which a developer at a terminal gets: they take seconds.
    """
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    root = logging.getLogger()
    handlers, levels = root.handlers[:], _levels()
    yield
    root.handlers[:] = handlers
    for logger, level in _levels().items():
        if level != (before := levels.get(logger, logging.NOTSET)):
            logger.setLevel(before)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _levels() -> dict[logging.Logger, int]:
    known = (one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger))
    return {logger: logger.level for logger in (logging.root, *known)}


@pytest.fixture(autouse=True)
def _closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in _LOOPBACK:
            raise RuntimeError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("API_KEY", "SECRET_KEY", "TOKEN_ENCRYPTION_KEY", "DATABASE_URL", "REDIS_URL", "MEYDAN_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return load_settings(
        _env_file=None, MEYDAN_DATA_DIR=tmp_path / "data", API_KEY="the-key-of-the-environment-of-tests"
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "meydan.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """Make this worker's own migrated database; gone at the end."""
    need("PostgreSQL", POSTGRES)
    name = f"meydan_test_{worker_id}_{os.getpid()}"
    asyncio.run(_admin(f'CREATE DATABASE "{name}"'))
    asyncio.run(_admin(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))  # no test cuts the power
    url = POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    migrate.upgrade(url)
    yield url
    asyncio.run(_admin(f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _admin(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a migrated, empty database."""
    if request.param == "sqlite":
        path = tmp_path / "meydan.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def empty(session: Session) -> None:
    """Delete every row of a PostgreSQL database, also those that the product keeps for good.

    Nearly all tables are empty already, and TRUNCATE makes each of them anew: DELETE takes a fiftieth of its time.
    """
    sequences = session.scalars(text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for name in Base.metadata.tables:
        session.execute(text(f'DELETE FROM "{name}"'))
    for name in sequences.all():
        session.execute(text(f'ALTER SEQUENCE "{name}" RESTART'))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    if database_url.startswith("sqlite:///"):
        database: Database = SqliteDatabase(database_url.removeprefix("sqlite:///"))
    else:
        database = PostgresDatabase(database_url, connections=4)
        await database.write(empty)
    yield database
    await database.close()


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    bus = MemoryBus()
    yield bus
    await bus.close()


@pytest.fixture
def store(clock: ManualClock) -> EphemeralStore:
    return MemoryStore(clock)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    need("Redis", REDIS)
    client = Redis.from_url(REDIS)
    yield client
    await client.aclose()

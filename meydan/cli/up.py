"""`meydan up`, `api` and `worker`: start a node."""

import contextlib
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, NoReturn, TypeVar

import typer
import uvloop
from rich.console import Console

from meydan.cli.config import broken_lines, spelling
from meydan.cli.language import Lang, language, say
from meydan.platform.lock import InUse, sole_use
from meydan.platform.logging import configure_logging
from meydan.platform.settings import Settings, SettingsError, load_settings, open_env_file, private_dir

T = TypeVar("T")

_PATIENCE: Final = 60  # seconds that a database gets which starts at the same time as we do
_GLANCE: Final = 0.5

console = Console(stderr=True, highlight=False)


def up(*, lang: Lang = None) -> None:
    """Start the whole square: migrate, serve, and do the background work, in one process."""
    settings = _settings()
    with _alone(settings):
        _migrate(settings)
        _run(settings, worker=True)


def api(*, lang: Lang = None) -> None:
    """Start a node that serves HTTP and WebSockets; the database must be migrated."""
    settings = _settings()
    with _alone(settings):
        _require_migrated(settings)
        _run(settings, worker=False)


def worker(*, lang: Lang = None) -> None:
    """Do the background work that one process of a square does."""
    from meydan.app.running import work

    settings = _settings()
    _require_migrated(settings)
    _loop(work(settings))


def _run(settings: Settings, *, worker: bool) -> None:
    from meydan.app.running import serve

    async def listening(address: str, owner_key: str | None, fake_telegram: str | None) -> None:
        console.print(say("up.listening", address=address))
        if fake_telegram is not None:
            console.print(say("up.fake_telegram", address=fake_telegram))
        if owner_key is not None:
            console.print(say("up.owner_link", link=owner_link(address, owner_key)), soft_wrap=True)

    _loop(serve(settings, worker=worker, on_listening=listening))


def owner_link(address: str, key: str) -> str:
    """Return the address at which the key to the ownership opens; behind `#`, so that no log on the way sees it."""
    return f"{address}/kurulum#anahtar={key}"


def _loop(work: Coroutine[Any, Any, None]) -> None:
    from meydan.app.server import CannotListen

    try:
        uvloop.run(work)
    except* SettingsError as refused:
        for problem in refused.exceptions:
            if isinstance(problem, SettingsError):
                _refuse(problem)
    except* InUse as taken:
        for other in taken.exceptions:
            _in_use(other)
    except* CannotListen as group:
        for error in group.exceptions:
            console.print(say("up.cannot_listen", address=error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Be the one node on an SQLite file: without Redis two would not hear of each other's messages."""
    from meydan.platform.db import file_of

    file = file_of(settings.database)
    if file is None or settings.redis_url.get_secret_value():
        yield
        return
    try:
        with sole_use(file):
            yield
    except InUse as error:
        _in_use(error)


def _in_use(error: Exception) -> NoReturn:
    console.print(say("up.in_use", database=error), style="red", markup=False, soft_wrap=True)
    sys.exit(1)


def _settings() -> Settings:
    try:
        settings = load_settings()
        was_open = settings.data_dir.is_dir() and settings.data_dir.stat().st_mode & 0o077
        private_dir(settings)
    except SettingsError as error:
        _refuse(error)
    for line in (*broken_lines(), *spelling()):
        console.print(line, style="yellow", markup=False, soft_wrap=True)
    configure_logging(level=settings.log_level, style=settings.log_format)
    if was_open:
        console.print(say("up.folder_mended", path=settings.data_dir), style="yellow", markup=False, soft_wrap=True)
    if (path := open_env_file()) is not None:
        console.print(say("up.env_open", path=path.resolve()), style="yellow", markup=False, soft_wrap=True)
    return settings


def _refuse(error: SettingsError) -> NoReturn:
    console.print(error.said(language()), style="red", markup=False, soft_wrap=True)
    sys.exit(2)


def _migrate(settings: Settings) -> None:
    from meydan.platform import schema

    if _answer(settings, schema.current) != schema.head():
        from meydan.platform import migrate

        _answer(settings, migrate.upgrade)


def _require_migrated(settings: Settings) -> None:
    from meydan.platform import schema

    if _answer(settings, schema.current) != schema.head():
        console.print(f"[red]{say('up.not_migrated')}[/red]")
        raise typer.Exit(3)


def _answer(settings: Settings, ask: Callable[[str], T]) -> T:
    """Return what the database answers, having waited for one that is not ready yet; else say why, and exit with 1."""
    from sqlalchemy.exc import SQLAlchemyError

    from meydan.platform.db import is_away, reason_of

    give_up, told = time.monotonic() + _PATIENCE, False
    while True:
        try:
            return ask(settings.database)
        except (OSError, SQLAlchemyError) as error:
            if not is_away(error) or time.monotonic() > give_up:
                console.print(say("up.no_database", reason=reason_of(error)), style="red", markup=False, soft_wrap=True)
                raise typer.Exit(1) from None
        if not told:
            console.print(say("up.waiting_for_database", seconds=_PATIENCE), style="yellow")
            told = True
        time.sleep(_GLANCE)

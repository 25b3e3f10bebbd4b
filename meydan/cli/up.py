"""`meydan up`, `api` and `worker`: start a node."""

import sys
from collections.abc import Coroutine
from typing import Any

import typer
import uvloop
from rich.console import Console

from meydan.cli.language import say
from meydan.platform import schema
from meydan.platform.logging import configure_logging
from meydan.platform.settings import Settings, SettingsError, load_settings, private_dir

console = Console(stderr=True, highlight=False)


def up() -> None:
    """Start the whole square: migrate, serve, and do the background work, in one process."""
    settings = _settings()
    _migrate(settings)
    _run(settings, worker=True)


def api() -> None:
    """Start a node that serves HTTP and WebSockets; the database must be migrated."""
    settings = _settings()
    _require_migrated(settings)
    _run(settings, worker=False)


def worker() -> None:
    """Do the background work that one process of a square does."""
    from meydan.app.composition import work

    settings = _settings()
    _require_migrated(settings)
    _loop(work(settings))


def _run(settings: Settings, *, worker: bool) -> None:
    from meydan.app.composition import serve

    async def listening(address: str, owner_key: str | None, fake_telegram: str | None) -> None:
        console.print(say("up.listening", address=address))
        if fake_telegram is not None:
            console.print(say("up.fake_telegram", address=fake_telegram))
        if owner_key is not None:
            console.print(say("up.owner_link", link=f"{address}/kurulum#anahtar={owner_key}"), soft_wrap=True)

    _loop(serve(settings, worker=worker, on_listening=listening))


def _loop(work: Coroutine[Any, Any, None]) -> None:
    from meydan.app.server import CannotListen

    try:
        uvloop.run(work)
    except* CannotListen as group:
        for error in group.exceptions:
            console.print(f"[red]{say('up.cannot_listen', address=error)}[/red]")
        sys.exit(1)


def _settings() -> Settings:
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            console.print(f"[red]{line}[/red]")
        raise typer.Exit(2) from None
    private_dir(settings)
    configure_logging(level=settings.log_level, style=settings.log_format)
    return settings


def _migrate(settings: Settings) -> None:
    if schema.current(settings.database) != schema.head():
        from meydan.platform import migrate

        migrate.upgrade(settings.database)


def _require_migrated(settings: Settings) -> None:
    if schema.current(settings.database) != schema.head():
        console.print(f"[red]{say('up.not_migrated')}[/red]")
        raise typer.Exit(3)

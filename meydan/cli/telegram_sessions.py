"""`meydan telegram sessions`: the sessions in the data folder, how they stand, and since when."""

import asyncio
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from meydan.accounts.vault import Vault
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.clock import SystemClock
from meydan.platform.errors import MeydanError
from meydan.platform.settings import Settings, SettingsError
from meydan.telegram.client.files import PUT_AWAY, SessionFolder
from meydan.telegram.client.listing import SessionListing, SessionView

_ZONE = ZoneInfo("Europe/Istanbul")


def sessions(
    *,
    as_json: bool = typer.Option(False, "--json", help=say("telegram_sessions.json_help")),
    lang: Lang = None,
) -> None:
    """Print every session with its kind, state and last use."""
    settings = settings_or_exit()
    try:
        views = asyncio.run(_look(settings))
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(views), indent=2).decode())
    elif not views:
        typer.echo(say("telegram_sessions.none"))
    else:
        Console(highlight=False).print(_table(views))


def export(
    name: str = typer.Argument(metavar="session", help=say("telegram_login.name_help")), *, lang: Lang = None
) -> None:
    """Print a session as a string that only this square's key opens, for a configuration instead of a file."""
    from meydan.telegram.client.sessions import SessionStore

    settings = settings_or_exit()
    try:
        store = SessionStore(settings.data_dir / "sessions", Vault.from_settings(settings))
        typer.echo(store.export(name))
    except MeydanError as error:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)
        raise typer.Exit(1) from None
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
        raise typer.Exit(1) from None


async def _look(settings: Settings) -> list[SessionView]:
    folder = SessionFolder(settings.data_dir / "sessions", Vault.from_settings(settings))
    url = settings.redis_url.get_secret_value()
    if not url:
        return await SessionListing(folder, SystemClock()).sessions()
    from meydan.platform.redis import open_redis
    from meydan.telegram.client.state import RedisStates

    redis = open_redis(url)
    try:
        return await SessionListing(folder, SystemClock(), shared=RedisStates(redis)).sessions()
    finally:
        await redis.aclose()


def _table(views: list[SessionView]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "state", "last_used", "note"):
        table.add_column(say(f"telegram_sessions.{column}"))
    for view in views:
        table.add_row(
            view.name,
            say(f"telegram_sessions.kind_{view.kind}"),
            say(f"telegram_sessions.state_{view.state}"),
            f"{view.last_used_at.astimezone(_ZONE):%d.%m.%Y %H:%M}" if view.last_used_at else "",
            say("telegram_sessions.reason_put_away") if view.reason == PUT_AWAY else view.reason or view.host or "",
        )
    return table

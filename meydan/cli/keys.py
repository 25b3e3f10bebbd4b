"""`meydan keys`: the secrets at rest, brought under a key or under the newest one."""

import asyncio

import typer
from sqlalchemy.exc import SQLAlchemyError

from meydan.accounts.encrypted_columns import migrate_plain_tokens, rotate_tokens
from meydan.accounts.vault import Vault
from meydan.app.composition import open_accounts
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.clock import SystemClock
from meydan.platform.errors import MeydanError
from meydan.platform.settings import SettingsError
from meydan.telegram.client.files import SessionFolder
from meydan.telegram.client.listing import SessionListing

app = typer.Typer(name="keys", help=say("keys.help"), no_args_is_help=True)


@app.command(help=say("keys.migrate_help"))
def migrate(*, lang: Lang = None) -> None:
    """Encrypt what older versions stored in plain text."""
    typer.echo(say("keys.done", count=_run(rotate=False)))


@app.command(help=say("keys.rotate_help"))
def rotate(*, lang: Lang = None) -> None:
    """Encrypt everything again with the newest key; older keys may go afterwards."""
    typer.echo(say("keys.done", count=_run(rotate=True)))


def _run(*, rotate: bool) -> int:
    async def run() -> int:
        async with open_accounts(settings) as accounts:
            work = rotate_tokens if rotate else migrate_plain_tokens
            return await work(accounts.engines.db, vault)

    settings = settings_or_exit()
    try:
        vault = Vault.from_settings(settings)
        sessions, refused = SessionListing(
            SessionFolder(settings.data_dir / "sessions", vault), SystemClock()
        ).protect()
        for refusal in refused:
            typer.echo(f"{refusal.title(language())}: {refusal.detail(language())}", err=True)
        return sessions + asyncio.run(run())
    except MeydanError as error:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)
    except SettingsError as error:
        typer.echo(str(error), err=True)
    except (OSError, SQLAlchemyError) as error:
        typer.echo(say("user.failed", reason=type(error).__name__), err=True)
    raise typer.Exit(1)

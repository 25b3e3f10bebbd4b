"""`meydan keys`: the secrets at rest, brought under a key or under the newest one."""

from typing import TYPE_CHECKING

import typer

from meydan.accounts.vault import Vault
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.cli.opened import with_accounts
from meydan.cli.spoken import commands
from meydan.platform.clock import SystemClock
from meydan.telegram.client.files import SessionFolder
from meydan.telegram.client.listing import SessionListing

if TYPE_CHECKING:
    from meydan.app.composition import Accounts

app = commands("keys", about=say("keys.help"))


@app.command(help=say("keys.migrate_help"))
def migrate(*, lang: Lang = None) -> None:
    """Encrypt what older versions stored in plain text."""
    typer.echo(say("keys.done", count=_run(rotate=False)))


@app.command(help=say("keys.rotate_help"))
def rotate(*, lang: Lang = None) -> None:
    """Encrypt everything again with the newest key; older keys may go afterwards."""
    typer.echo(say("keys.done", count=_run(rotate=True)))


def _run(*, rotate: bool) -> int:
    from meydan.accounts.encrypted_columns import migrate_plain_tokens, rotate_tokens

    async def protect(accounts: "Accounts") -> int:
        vault = Vault.from_settings(settings)
        files = SessionFolder(settings.data_dir / "sessions", vault)
        sessions, refused = SessionListing(files, SystemClock()).protect()
        for refusal in refused:
            typer.echo(f"{refusal.title(language())}: {refusal.detail(language())}", err=True)
        work = rotate_tokens if rotate else migrate_plain_tokens
        return sessions + await work(accounts.engines.db, vault)

    settings = settings_or_exit()
    return with_accounts(settings, protect)

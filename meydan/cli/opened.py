"""The accounts, opened for one command; what it needs is loaded only then, so that the others start at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from meydan.cli.language import language, say
from meydan.platform.errors import MeydanError
from meydan.platform.settings import Settings, SettingsError

if TYPE_CHECKING:
    from meydan.app.composition import Accounts

T = TypeVar("T")


def with_accounts(settings: Settings, work: Callable[["Accounts"], Awaitable[T]], *, code: int = 1) -> T:
    """Return what `work` does with the accounts; when it cannot be done say why, and exit with `code`."""
    from sqlalchemy.exc import SQLAlchemyError

    from meydan.app.composition import open_accounts
    from meydan.platform import schema
    from meydan.platform.db import reason_of

    async def run() -> T:
        async with open_accounts(settings) as accounts:
            return await work(accounts)

    try:
        if schema.current(settings.database) == schema.head():
            return asyncio.run(run())
        typer.echo(say("config.not_migrated"), err=True)
    except MeydanError as error:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
    except (OSError, SQLAlchemyError) as error:
        typer.echo(say("user.failed", reason=reason_of(error)), err=True)
    raise typer.Exit(code)

"""`meydan migrate`: bring the database to the schema of this version."""

import typer

from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.settings import SettingsError, private_dir


def migrate(
    revision: str = typer.Option("head", "--revision", metavar="REVISION", help=say("migrate.revision_help")),
    *,
    lang: Lang = None,
) -> None:
    """Run every migration that the database lacks and print where it stood and stands."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from meydan.platform import schema
    from meydan.platform.db import reason_of
    from meydan.platform.migrate import upgrade

    settings = settings_or_exit()
    try:
        private_dir(settings)
        before = schema.current(settings.database)
        upgrade(settings.database, revision=revision)
        after = schema.current(settings.database)
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
        raise typer.Exit(2) from None
    except CommandError as error:
        typer.echo(say("migrate.refused", reason=str(error)), err=True)
        raise typer.Exit(2) from None
    except (OSError, SQLAlchemyError) as error:
        typer.echo(say("migrate.failed", reason=reason_of(error)), err=True)
        raise typer.Exit(1) from None
    key = "unchanged" if before == after else "done"
    typer.echo(say(f"migrate.{key}", before=before or "∅", after=after or "∅"))

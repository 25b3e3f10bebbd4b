"""`meydan config`: what the environment decides, and what an operator changes while the program runs."""

import json
import logging
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from dotenv import dotenv_values
from pydantic import SecretStr

from meydan.cli.language import Lang, language, say
from meydan.cli.opened import with_accounts
from meydan.cli.spoken import commands
from meydan.platform.logging import HIDDEN, hide_secrets
from meydan.platform.settings import Settings, SettingsError, lines_without_meaning, load_settings, misspelt

if TYPE_CHECKING:
    from meydan.app.composition import Accounts
    from meydan.platform.live_settings import LiveSettings

logging.getLogger("dotenv.main").setLevel(logging.ERROR)  # `broken_lines` tells it, once and in the reader's language

app = commands("config", about=say("config.help"))


@app.command(help=say("config.show_help"))
def show(*, lang: Lang = None) -> None:
    """Print every variable, its value (secrets masked) and where it comes from."""
    for variable, value, source in shown(settings_or_exit()):
        typer.echo(f"{variable:22} {value:40} {say(f'config.from_{source}')}")


@app.command(help=say("config.check_help"))
def check(*, lang: Lang = None) -> None:
    """Exit with 2 and one line per problem when the environment cannot be used."""
    wrong = broken_lines()
    try:
        load_settings()
    except SettingsError as error:
        wrong.append(error.said(language()))
    wrong += spelling()
    if wrong:
        _fail("\n".join(wrong))
    typer.echo(say("config.fine"))


@app.command("get", help=say("config.get_help"))
def get_(name: str = typer.Argument("", metavar="section[.name]"), *, lang: Lang = None) -> None:
    """Print the live settings, those of one section, or one value, as JSON."""
    section, _, field = name.partition(".")

    async def read(live: "LiveSettings") -> None:
        values = {key: value.model_dump(mode="json") for key, value in live.sections().items()}
        if section and (section not in values or (field and field not in values[section])):
            _fail(say("config.unknown", name=name, known=", ".join(values)))
        found: Any = values[section] if section else values
        typer.echo(json.dumps(found[field] if field else found, ensure_ascii=False, indent=2))

    _with_live(settings_or_exit(), read)


@app.command("set", help=say("config.set_help"))
def set_(
    name: str = typer.Argument(metavar="section.name"),
    value: str = typer.Argument(metavar="value"),
    *,
    lang: Lang = None,
) -> None:
    """Change a live setting in the database, on every running node at once."""
    section, _, field = name.partition(".")
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = value

    async def change(live: "LiveSettings") -> None:
        from meydan.accounts.audit import settings_note
        from meydan.accounts.users import CONSOLE
        from meydan.platform.clock import SystemClock

        note = settings_note(SystemClock(), section, CONSOLE)
        changed = await live.change(section, {field: parsed}, by=CONSOLE.id, also=note)
        typer.echo(f"{name} = {json.dumps(changed.model_dump(mode='json')[field], ensure_ascii=False)}")

    settings = settings_or_exit()
    _with_live(settings, change)
    if not settings.redis_url.get_secret_value():
        typer.echo(say("config.no_bus"), err=True)


def settings_or_exit() -> Settings:
    """Return the settings; when they cannot be used say why, one line per problem, and exit with 2."""
    for line in broken_lines():
        typer.echo(line, err=True)
    try:
        return load_settings()
    except SettingsError as error:
        _fail(error.said(language()))


def broken_lines() -> list[str]:
    """Return one line for each line of `.env` that sets nothing; its text may be a secret and is not shown."""
    return [say("config.broken_line", number=number) for number in lines_without_meaning()]


def spelling() -> list[str]:
    """Return one line for each variable that looks like one of ours and is none."""
    return [
        say("config.misspelt" if nearest else "config.no_such", name=name, nearest=nearest)
        for name, nearest in misspelt(os.environ)
    ]


def shown(settings: Settings) -> list[tuple[str, str, str]]:
    """Return every variable with its value as it may be shown and its source: environment, file or default."""
    kept = dotenv_values(".env")
    rows = []
    for name, field in type(settings).model_fields.items():
        variable = str(field.validation_alias)
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            text = HIDDEN if value.get_secret_value() else ""
        elif isinstance(value, tuple):
            text = ",".join(value)
        else:
            text = "" if value is None else hide_secrets(str(value))
        source = "environment" if os.environ.get(variable) else "file" if kept.get(variable) else "default"
        rows.append((variable, text, source))
    return rows


def _with_live(settings: Settings, work: Callable[["LiveSettings"], Awaitable[None]]) -> None:
    async def run(accounts: "Accounts") -> None:
        await accounts.live.start()
        await work(accounts.live)

    with_accounts(settings, run, code=2)


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)

"""`meydan user`: people, managed from the machine itself, with the server running or not."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Role
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, say
from meydan.cli.opened import with_accounts
from meydan.cli.spoken import commands

if TYPE_CHECKING:
    from meydan.accounts.users import UserService

T = TypeVar("T")

app = commands("user", about=say("user.help"))

_Username = typer.Argument(metavar="username", help=say("user.username_help"))
_Ask = typer.Option(False, "--ask-password", help=say("user.ask_help"))


@app.command(help=say("user.add_help"))
def add(
    username: str = _Username,
    role: Role = typer.Option(Role.MEMBER, "--role", help=say("user.role_option_help")),
    name: str = typer.Option("", "--name", help=say("user.name_help")),
    ask: bool = _Ask,
    *,
    lang: Lang = None,
) -> None:
    """Add a user; print the password that was made unless one was typed."""
    password = _asked() if ask else None
    new = _run(lambda users, console: users.add(console, username, name=name, role=role, password=password))
    typer.echo(say("user.added", username=new.user.id, role=new.user.role.value))
    if new.password is not None:
        typer.echo(say("user.password", password=new.password))


@app.command("list", help=say("user.list_help"))
def list_(
    query: str = typer.Argument("", metavar="[query]", help=say("user.query_help")), *, lang: Lang = None
) -> None:
    """Print every user that matches, one a line."""

    async def pages(users: "UserService", console: Actor) -> None:
        after: str | None = ""
        while after is not None:
            page = await users.page(console, query=query, after=after, limit=200)
            for user in page.items:
                state = "" if user.active else say("user.inactive")
                typer.echo(f"{user.id:32} {user.role.value:10} {user.name} {state}".rstrip())
            after = page.next_cursor

    _run(pages)


@app.command(help=say("user.role_help"))
def role(username: str = _Username, role: Role = typer.Argument(metavar="role"), *, lang: Lang = None) -> None:
    """Change a user's role; it takes effect at once on every node that Redis reaches."""
    user = _run(lambda users, console: users.manage(console, username, role=role))
    typer.echo(say("user.role_is", username=user.id, role=user.role.value))


@app.command("reset-password", help=say("user.reset_help"))
def reset_password(username: str = _Username, ask: bool = _Ask, *, lang: Lang = None) -> None:
    """Give a user a new password and end their sign-ins."""
    password = _asked() if ask else None
    chosen = _run(lambda users, console: users.reset_password(console, username, password=password))
    typer.echo(say("user.password_changed") if ask else say("user.password", password=chosen))


@app.command(help=say("user.deactivate_help"))
def deactivate(
    username: str = _Username,
    undo: bool = typer.Option(False, "--undo", help=say("user.undo_help")),
    *,
    lang: Lang = None,
) -> None:
    """Suspend an account, or lift the suspension."""
    user = _run(lambda users, console: users.manage(console, username, active=undo))
    typer.echo(say("user.activated" if user.active else "user.deactivated", username=user.id))


@app.command("owner-link", help=say("owner_link.help"))
def owner_link(*, lang: Lang = None) -> None:
    """Print a new setup link while the square has no owner; exit with 1 when it has one."""
    from meydan.cli.up import owner_link as at

    settings = settings_or_exit()
    key = with_accounts(settings, lambda accounts: accounts.service.ensure_owner_link())
    if key is None:
        typer.echo(say("owner_link.owned"), err=True)
        raise typer.Exit(1)
    typer.echo(say("owner_link.link", link=at(settings.address, key)))


def _asked() -> str:
    answer: str = typer.prompt(say("user.prompt"), hide_input=True, confirmation_prompt=True)
    return answer


def _run(work: Callable[["UserService", Actor], Awaitable[T]]) -> T:
    from meydan.accounts.users import CONSOLE

    return with_accounts(settings_or_exit(), lambda accounts: work(accounts.service.users, CONSOLE))

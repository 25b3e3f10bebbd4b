"""The `meydan` command."""

import typer

from meydan.cli import up

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("up")(up.up)
app.command("api")(up.api)
app.command("worker")(up.worker)


def main() -> None:
    """Run the command line."""
    app()

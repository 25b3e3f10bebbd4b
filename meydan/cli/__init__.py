"""The `meydan` command."""

import gc
import os

from meydan.cli import chat, config, doctor, keys, migrate, openapi, restored, telegram, up, user
from meydan.cli.language import say
from meydan.cli.spoken import commands

app = commands(about=say("help.meydan"))
app.command("up", help=say("up.help"))(up.up)
app.command("api", help=say("up.api_help"))(up.api)
app.command("worker", help=say("up.worker_help"))(up.worker)
app.command("migrate", help=say("migrate.help"))(migrate.migrate)
app.command("doctor", help=say("doctor.help"))(doctor.doctor)
app.command("chat", help=say("chat.help"))(chat.chat)
app.command("openapi", help=say("openapi.help"))(openapi.openapi)
app.command("restored", help=say("restored.help"))(restored.restored)
app.add_typer(config.app)
app.add_typer(user.app)
app.add_typer(keys.app)
app.add_typer(telegram.app)


def main() -> None:
    """Run the command line."""
    # What imports make stays: looking through it again and again takes a tenth of a start.
    gc.set_threshold(100_000, 20, 50)
    os.umask(0o077)  # what a command makes is for nobody else on this machine
    app()

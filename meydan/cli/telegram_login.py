"""`meydan telegram login`: sign a session in from a terminal, by a code, a QR code, or a bot's token."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from meydan.cli.asking import ask, ask_hidden
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.errors import MeydanError
from meydan.platform.settings import SettingsError
from meydan.telegram.client.errors import SessionEnded

if TYPE_CHECKING:
    from meydan.telegram.client.config import ClientConfig
    from meydan.telegram.client.seam import TelethonFactory
    from meydan.telegram.client.signin import SignedIn, SignIn


def login(
    context: typer.Context,
    name: str = typer.Argument("meydan", metavar="[session]", help=say("telegram_login.name_help")),
    *,
    qr: bool = typer.Option(False, "--qr", help=say("telegram_login.qr_help")),
    bot: bool = typer.Option(False, "--bot-token-stdin", help=say("telegram_login.bot_help")),
    folder: Path | None = typer.Option(None, "--folder", file_okay=False, help=say("telegram_login.folder_help")),
    lang: Lang = None,
) -> None:
    """Sign a Telegram session in; what is secret is asked for, never given as an argument."""
    from meydan.telegram.client.config import ClientConfig

    async def way(signing: "SignIn") -> "SignedIn":
        if bot:
            return await signing.as_bot((await ask_hidden(say("telegram_login.bot_token"))).strip())
        return await (signing.by_qr() if qr else signing.by_code(config.phone))

    settings = settings_or_exit()
    try:
        config = ClientConfig.from_env(name, sessions_dir=folder or settings.data_dir / "sessions")
        with _only_our_words():
            asyncio.run(_login(config, way, context.obj))
    except MeydanError as error:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
    except EOFError:
        typer.echo(say("telegram_login.no_answer"), err=True)
    except KeyboardInterrupt:
        typer.echo(say("telegram_login.given_up"), err=True)
    else:
        return
    raise typer.Exit(1)


async def _login(
    config: "ClientConfig",
    way: Callable[["SignIn"], Awaitable["SignedIn"]],
    factory: "TelethonFactory | None",
) -> None:
    from meydan.telegram.client.seam import real_telethon
    from meydan.telegram.client.sessions import SessionStore
    from meydan.telegram.client.signin import SignIn

    opened = SessionStore.of_environment(config.sessions_dir).open_to_sign_in(config)
    try:
        telethon = (factory or real_telethon)(config, opened.telethon)
        try:
            signing = SignIn(telethon, _Terminal())
            account = await signing.already()
            said = "telegram_login.already" if account else "telegram_login.done"
            account = account or await way(signing)
            opened.keep()
        except SessionEnded as ended:
            opened.quarantine(ended.data["neden"])
            raise
        finally:
            await telethon.disconnect()
    finally:
        opened.close()
    shown = f"@{account.username}" if account.username else account.name
    typer.echo(say(said, account=shown, session=config.session_name, folder=config.sessions_dir))


@contextlib.contextmanager
def _only_our_words() -> Iterator[None]:
    """Keep Telethon from warning of what is told, in the person's language, by how the sign-in ends."""
    logger = logging.getLogger("telethon")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


class _Terminal:
    """Asks at the terminal."""

    async def phone(self) -> str:
        return await ask(say("telegram_login.phone"))

    async def code(self, way: str) -> str:
        return await ask(say(f"telegram_login.code_{way}"))

    async def password(self, hint: str) -> str:
        return await ask_hidden(say("telegram_login.password_hint" if hint else "telegram_login.password", hint=hint))

    async def show(self, url: str, until: datetime) -> None:
        import segno
        from rich.console import Console

        Console().clear()
        segno.make(url, error="l", micro=False).terminal(out=sys.stdout, border=2, compact=True)
        typer.echo(say("telegram_login.scan", until=until.astimezone().strftime("%H:%M:%S")))

    async def refused(self, error: MeydanError) -> None:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)

"""`meydan telegram run`: sessions that stay connected, with a handler of one's own; what a service runs."""

import asyncio
import contextlib
import importlib
import inspect
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.errors import MeydanError, RateLimited, Unavailable
from meydan.platform.logging import configure_logging
from meydan.platform.settings import SettingsError
from meydan.telegram.client.errors import SessionFolderUnusable, SessionInUse
from meydan.telegram.errors import TelegramAway

if TYPE_CHECKING:
    from meydan.telegram.client.config import ClientConfig
    from meydan.telegram.client.manager import TelegramClientManager
    from meydan.telegram.client.seam import TelethonFactory

Handler = Callable[["TelegramClientManager", Any], Awaitable[None]]

_AGAIN: Final = 1
_WRONG: Final = 2
_SIGN_IN_FIRST: Final = 3
"""The exit status that says: starting again does not help."""

_PASSING: Final = (RateLimited, SessionFolderUnusable, SessionInUse, TelegramAway, Unavailable)


def run(
    context: typer.Context,
    names: list[str] = typer.Argument(None, metavar="[session]...", help=say("telegram_run.names_help")),
    *,
    handler: str = typer.Option("", "--handler", metavar="module:function", help=say("telegram_run.handler_help")),
    metrics_port: int = typer.Option(
        0, "--metrics-port", min=0, max=65_535, help=say("telegram_run.metrics_port_help")
    ),
    folder: Path | None = typer.Option(None, "--folder", file_okay=False, help=say("telegram_login.folder_help")),
    lang: Lang = None,
) -> None:
    """Keep sessions connected until a signal says stop; end with 3 when one needs a new sign-in."""
    from meydan.telegram.client.config import ClientConfig

    settings = settings_or_exit()
    configure_logging(level=settings.log_level, style=settings.log_format)
    chosen = _handler(handler) if handler else None
    try:
        configs = [
            ClientConfig.from_env(name, sessions_dir=folder or settings.data_dir / "sessions")
            for name in names or ["meydan"]
        ]
        with _metrics(metrics_port):
            code = asyncio.run(_run(configs, chosen, context.obj))
    except MeydanError as error:
        typer.echo(f"{error.title(language())}: {error.detail(language())}", err=True)
        code = _AGAIN if isinstance(error, _PASSING) else _SIGN_IN_FIRST
    except SettingsError as error:
        typer.echo(error.said(language()), err=True)
        code = _AGAIN
    except OSError as error:
        typer.echo(str(error), err=True)
        code = _AGAIN
    raise typer.Exit(code)


async def _run(configs: list["ClientConfig"], handler: Handler | None, factory: "TelethonFactory | None") -> int:
    from meydan.telegram.client.connection import LEASE_LOST
    from meydan.telegram.client.manager import TelegramClientManager
    from meydan.telegram.client.seam import real_telethon
    from meydan.telegram.client.status import ConnectionStatus

    stop, ended = asyncio.Event(), dict[str, str]()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def lost(manager: TelegramClientManager, reason: str) -> None:
        if manager.connection_status is ConnectionStatus.FAILED:
            ended[manager.config.session_name] = reason
            stop.set()

    async with contextlib.AsyncExitStack() as stack:

        async def start() -> None:
            for config in configs:
                manager = TelegramClientManager(config, telethon=factory or real_telethon)
                stack.push_async_callback(manager.disconnect)
                manager.add_disconnect_handler(partial(lost, manager))
                if handler is not None:
                    manager.add_message_handler(partial(handler, manager))
                await manager.initialize()

        await _unless(stop, start())
        await stop.wait()
    for name, reason in ended.items():
        typer.echo(say("telegram_run.ended", session=name, reason=reason), err=True)
    if not ended:
        return 0
    return _AGAIN if set(ended.values()) == {LEASE_LOST} else _SIGN_IN_FIRST


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, which may take minutes, unless `stop` comes before its end."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _handler(path: str) -> Handler:
    """Return the function that `module:function` names, the working folder being a place to find it."""
    module, _, name = path.partition(":")
    sys.path.insert(0, "")
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        _wrong(say("telegram_run.handler_missing", handler=path, reason=error))
    if not inspect.iscoroutinefunction(found):
        _wrong(say("telegram_run.handler_wrong", handler=path))
    handler: Handler = found
    return handler


@contextlib.contextmanager
def _metrics(port: int) -> Iterator[None]:
    """Serve what the clients count to this machine, on `port` unless that is 0."""
    if not port:
        yield
        return
    from prometheus_client import start_http_server

    server, thread = start_http_server(port, addr="127.0.0.1")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wrong(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_WRONG)

"""`meydan telegram fake`: a Telegram to try bots with."""

import asyncio
import signal
from pathlib import Path

import typer
import uvloop

from meydan.cli.language import Lang, say


def fake(
    *,
    host: str = typer.Option("127.0.0.1", "--host", help=say("telegram_fake.host_help")),
    port: int = typer.Option(8081, "--port", min=0, max=65_535, help=say("telegram_fake.port_help")),
    state: Path | None = typer.Option(None, "--state", dir_okay=False, help=say("telegram_fake.state_help")),
    no_limits: bool = typer.Option(False, "--no-limits", help=say("telegram_fake.no_limits_help")),
    lang: Lang = None,
) -> None:
    """Run the fake Telegram until it is stopped."""
    try:
        uvloop.run(_run(host, port, state, limited=not no_limits))
    except (OSError, ValueError) as error:
        typer.echo(say("telegram_fake.cannot_listen", address=f"{host}:{port}", reason=error), err=True)
        raise typer.Exit(1) from None


async def _run(host: str, port: int, state: Path | None, *, limited: bool) -> None:
    from meydan.telegram.fake.limits import FakeLimits
    from meydan.telegram.fake.server import FakeTelegram

    telegram = FakeTelegram(state_path=state, limits=FakeLimits(enforced=limited))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    address = await telegram.start(host, port)
    try:
        typer.echo(say("telegram_fake.listening", address=address, token=telegram.people.ready_bot().token))
        await stop.wait()
    finally:
        await telegram.stop()

"""`meydan restored`: tell clients that the rooms' logs are no longer the ones they knew."""

import asyncio

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from meydan.chat.models import Room
from meydan.chat.service import new_epoch
from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, language, say
from meydan.platform.errors import MeydanError


def restored(*, lang: Lang = None) -> None:
    """Give every room's log a new `donem`, once, after a backup was put back and before the square starts."""
    from meydan.app.composition import open_accounts

    def renew(session: Session) -> int:
        rooms = session.scalars(select(Room).with_for_update()).all()
        for room in rooms:
            room.epoch = new_epoch()
        return len(rooms)

    async def run() -> int:
        async with open_accounts(settings_or_exit()) as accounts:
            return await accounts.engines.db.write(renew)

    try:
        typer.echo(say("restored.done", count=asyncio.run(run())))
    except MeydanError as error:
        typer.echo(f"{error.code}: {error.detail(language())}", err=True)
        raise typer.Exit(1) from None

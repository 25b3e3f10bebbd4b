"""`meydan restored`: tell clients that the rooms' logs are no longer the ones they knew."""

import typer

from meydan.cli.config import settings_or_exit
from meydan.cli.language import Lang, say
from meydan.cli.opened import with_accounts


def restored(*, lang: Lang = None) -> None:
    """Give every room's log a new `donem`, once, after a backup was put back and before the square starts."""
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from meydan.chat.models import Room
    from meydan.chat.rooms import new_epoch

    def renew(session: Session) -> int:
        rooms = session.scalars(select(Room).with_for_update()).all()
        for room in rooms:
            room.epoch = new_epoch()
        return len(rooms)

    count = with_accounts(settings_or_exit(), lambda accounts: accounts.engines.db.write(renew))
    typer.echo(say("restored.done", count=count))

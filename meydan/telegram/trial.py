"""Bots that live in the fake Telegram, so that everything can be tried before there is a token."""

from typing import Protocol

from meydan.accounts.actor import Actor
from meydan.accounts.permissions import Permission
from meydan.telegram.bots import BotService, BotView
from meydan.telegram.errors import NoTrial


class TrialWorld(Protocol):
    """The fake Telegram as far as a square needs it."""

    @property
    def url(self) -> str:
        """Its address, empty while it does not run."""
        ...

    def make_bot(self, *, name: str, username: str) -> str:
        """Make a bot and return its token; raises a `MeydanError` when the name is taken."""
        ...


class TrialService:
    """The way to the fake Telegram; `world` is missing where none runs."""

    def __init__(self, bots: BotService, world: TrialWorld | None) -> None:
        self._bots = bots
        self._world = world

    @property
    def page(self) -> str | None:
        """Where a person sees the fake Telegram's chats."""
        return self._world.url or None if self._world is not None else None

    async def add(self, actor: Actor, *, name: str, username: str) -> BotView:
        """Make a bot in the fake Telegram and add it."""
        actor.require(Permission.TELEGRAM_MANAGE)
        if self._world is None or not self._world.url:
            raise NoTrial
        return await self._bots.add(actor, self._world.make_bot(name=name, username=username))

"""How much people have said: one budget for each, whichever nodes they speak on.

A node counts for itself and tells the others, many at once, so that nothing that is said waits for it.
"""

import asyncio
from collections import Counter

import msgspec

from meydan.accounts.actor import Actor
from meydan.chat.settings import ChatSettings
from meydan.platform.budgets import Budgets
from meydan.platform.bus import Bus
from meydan.platform.clock import Clock
from meydan.platform.errors import RateLimited
from meydan.platform.live_settings import LiveSettings

_CHANNEL = "chat.spent"


class _Spent(msgspec.Struct):
    """How many messages people took from their budgets on one node."""

    node: str
    people: dict[str, int]


class Spending:
    """The budgets of messages."""

    def __init__(self, bus: Bus, clock: Clock, live: LiveSettings, *, node: str) -> None:
        self._bus = bus
        self._clock = clock
        self._node = node
        self._budgets = _budgets(live.current(ChatSettings))
        self._untold: Counter[str] = Counter()
        self._telling: asyncio.Task[None] | None = None
        self._decoder = msgspec.json.Decoder(_Spent)
        live.on_change(self._settings_changed)

    async def start(self) -> None:
        """Hear of what people say on the other nodes."""
        if self._bus.shared:
            await self._bus.subscribe(_CHANNEL, self._heard)

    def take(self, actor: Actor) -> None:
        """Take one from what the actor may say; raise `RateLimited` when nothing is left."""
        if wait := self._budgets.take(actor.key, self._clock.monotonic()):
            raise RateLimited(wait=wait)
        if self._bus.shared:
            self._untold[actor.key] += 1
            if self._telling is None:
                self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        """Tell what has gathered until there is nothing more."""
        try:
            while self._untold:
                people, self._untold = dict(self._untold), Counter()
                await self._bus.publish(_CHANNEL, msgspec.json.encode(_Spent(self._node, people)))
        finally:
            self._telling = None

    def _heard(self, message: bytes) -> None:
        word = self._decoder.decode(message)
        if word.node != self._node:
            for person, times in word.people.items():
                self._budgets.note(person, times, self._clock.monotonic())

    def _settings_changed(self, value: object) -> None:
        if isinstance(value, ChatSettings):
            self._budgets = _budgets(value)


def _budgets(settings: ChatSettings) -> Budgets:
    return Budgets(rate=settings.messages_per_second, burst=settings.message_burst)

"""Keeps the budget of `limits`: who may send now, who must wait, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from meydan.telegram.limits import Ask


class Holder(StrEnum):
    """Which budget makes an ask wait."""

    CHAT = "chat"
    BOT = "bot"
    SHARED = "shared"
    PENALTY = "penalty"


class Grant(NamedTuple):
    """A slot that is taken; it counts as full until settled or given back, or until it is forgotten after a minute."""

    ask: Ask
    ticket: str


class Hold(NamedTuple):
    """No slot now; asking again before `seconds` have passed is no use."""

    ask: Ask
    seconds: float
    holder: Holder


class Penalty(NamedTuple):
    """A 429 that is being waited out. `chat_id` 0: the whole bot."""

    bot_id: str
    chat_id: int
    seconds: float
    strikes: int


@dataclass(frozen=True)
class Gauge:
    """How full one budget is."""

    used: int
    count: int
    seconds: float


class Limiter(Protocol):
    """Exact sliding windows and penalties, shared by whoever shares the engine. Costs count as that many slots."""

    async def take(self, asks: Sequence[Ask]) -> list[Grant | Hold]:
        """Answer every ask in order; an earlier grant of the same call counts against the later ones."""
        ...

    async def settle(self, grants: Sequence[Grant]) -> None:
        """Count these slots from now on: their requests were answered, or can no longer arrive."""
        ...

    async def give_back(self, grants: Sequence[Grant]) -> None:
        """Free these slots: their requests never left."""
        ...

    async def punish(self, bot_id: str, chat_id: int, *, seconds: float) -> list[Penalty]:
        """Take note of a 429 and return what is held back because of it: the chat, or also the whole bot."""
        ...

    async def outlook(self, asks: Sequence[Ask], *, ahead: Sequence[int]) -> list[float]:
        """Return for each ask in how many seconds it would be granted with `ahead` others of its lane before it."""
        ...

    async def gauges(self, ask: Ask) -> dict[Holder, list[Gauge]]:
        """Return how full the budgets are that `ask` would draw on."""
        ...

    async def penalties(self, bot_id: str) -> list[Penalty]:
        """Return what is held back for a bot now."""
        ...

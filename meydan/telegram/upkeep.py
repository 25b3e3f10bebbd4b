"""What is done with Telegram for one bot again and again, whatever comes in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from meydan.platform.clock import Clock
from meydan.platform.errors import Unavailable
from meydan.telegram.api import Limited, TelegramFault, Unauthorized
from meydan.telegram.limiter import bounded

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

Turn = Callable[[], Awaitable[float]]
"""Does it once, and returns for how many seconds there is nothing more to do."""


@dataclass(frozen=True)
class Upkeep:
    """Takes turns for one bot; `troubled` hears of what Telegram refuses, and, with nothing, that it is over."""

    clock: Clock
    troubled: Callable[[TelegramFault | None], None]
    revoked: Callable[[str], None]
    is_revoked: Callable[[], Awaitable[bool | None]]

    async def run(self, turn: Turn) -> None:
        """Take turns until cancelled or the token is revoked, with a pause after a failure, longer each time."""
        pause = _FIRST_PAUSE
        while True:
            try:
                rest = await turn()
            except (TelegramFault, Unavailable) as fault:
                if isinstance(fault, Unauthorized) and await self.is_revoked():
                    self.revoked(fault.reason)
                    return
                if isinstance(fault, TelegramFault):
                    self.troubled(fault)
                rest = max(pause, bounded(0, fault.seconds)) if isinstance(fault, Limited) else pause
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self.troubled(None)
                pause = _FIRST_PAUSE
            if rest:
                await self.clock.sleep(rest)

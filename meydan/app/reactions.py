"""What one part does when another one changes: everything that crosses domains stands on this page."""

import msgspec

from meydan.accounts.events import USERS_CHANNEL, UserChanged
from meydan.chat.hub import Hub
from meydan.platform.bus import Bus


async def connect(bus: Bus, *, hub: Hub) -> None:
    """Subscribe each reaction."""

    def user_changed(message: bytes) -> None:
        """Make a user whose role changed come in again, and one who was deactivated not at all."""
        change = msgspec.json.decode(message, type=UserChanged)
        hub.close_user(change.user_id, active=change.active)

    await bus.subscribe(USERS_CHANNEL, user_changed)

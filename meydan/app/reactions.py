"""What one part does when another one changes: everything that crosses domains stands on this page."""

import msgspec

from meydan.accounts.events import (
    NAMES_CHANNEL,
    SIGN_INS_CHANNEL,
    USERS_CHANNEL,
    NameWord,
    SignInEnded,
    UserAdded,
    UserChanged,
)
from meydan.chat.hub import Hub
from meydan.platform.bus import Bus


async def connect(bus: Bus, *, hub: Hub) -> None:
    """Subscribe each reaction."""

    def user_changed(message: bytes) -> None:
        """Make a user whose role or password changed come in again, and one who was deactivated not at all."""
        change = msgspec.json.decode(message, type=UserChanged)
        hub.people.close_user(change.user_id, active=change.active)

    def sign_in_ended(message: bytes) -> None:
        """Close what was opened with a sign-in or key that is over."""
        ended = msgspec.json.decode(message, type=SignInEnded)
        hub.people.close_session(ended.user_id, ended.session)

    def name_changed(message: bytes) -> None:
        """Put out the guest whose id is a user's now; show a renamed user under the new name."""
        word: NameWord = msgspec.json.decode(message, type=NameWord)
        if isinstance(word, UserAdded):
            hub.people.end_guest(word.user_id)
        else:
            hub.people.rename(word.user_id, word.name)

    await bus.subscribe(USERS_CHANNEL, user_changed)
    await bus.subscribe(NAMES_CHANNEL, name_changed)
    await bus.subscribe(SIGN_INS_CHANNEL, sign_in_ended)

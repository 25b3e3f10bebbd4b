"""What the accounts tell the other parts and the other nodes."""

from typing import Final

import msgspec

USERS_CHANNEL: Final = "accounts.users"
SIGN_INS_CHANNEL: Final = "accounts.sign-ins"
NAMES_CHANNEL: Final = "accounts.names"


class UserChanged(msgspec.Struct, frozen=True):
    """A user's role, activity or password changed: whoever holds an older view of them lets go of it."""

    user_id: str
    role: str
    active: bool


class SignInEnded(msgspec.Struct, frozen=True):
    """A sign-in or an API key of a user is over: what was opened with it ends now."""

    user_id: str
    session: str


class UserAdded(msgspec.Struct, frozen=True, tag=True):
    """A username is taken from now on: a guest who came under it goes."""

    user_id: str


class UserRenamed(msgspec.Struct, frozen=True, tag=True):
    """A user is shown under another name from now on."""

    user_id: str
    name: str


NameWord = UserAdded | UserRenamed

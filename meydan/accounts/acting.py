"""Whether who acts may still act, asked in the very transaction that acts: an actor was found in an earlier read.

Between the two a password may be reset, a key deleted, a sign-in ended, a role taken away. Whoever ends what an account
can be acted with holds the account's row until that is committed, and so does everybody who acts: one comes after the
other, and the later one sees what the earlier one did.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from meydan.accounts.actor import KEY_SESSION, Actor
from meydan.accounts.errors import BadKey, NotSignedIn, SessionInvalid, UserInactive
from meydan.accounts.permissions import Role
from meydan.accounts.repository import KeyRepository, SignInRepository, UserRepository

CONSOLE_SESSION: Final = "console"
ENVIRONMENT_SESSION: Final = f"{KEY_SESSION}env"
_OF_THE_MACHINE: Final = frozenset({CONSOLE_SESSION, ENVIRONMENT_SESSION})  # they last as long as the process


def require_open(session: Session, actor: Actor, *, now: datetime, beside: Collection[str] = ()) -> Actor:
    """Return the actor as they are now, their account and those `beside` it locked for the transaction.

    Raise `BadKey`, `SessionInvalid` or `UserInactive` when what they act with is over. Accounts are locked in one
    order, before anything of theirs: two who act on each other never wait for each other.
    """
    locked = {user.username: user for user in UserRepository(session).locked({actor.id, *beside})}
    if actor.session in _OF_THE_MACHINE:
        return actor
    if actor.api_key is not None:
        key = KeyRepository(session).get(actor.api_key)
        if key is None or key.username != actor.id or (key.expires_at is not None and key.expires_at <= now):
            raise BadKey
    else:
        sign_in = SignInRepository(session).get(actor.session)
        if sign_in is None or sign_in.username != actor.id or sign_in.revoked_at is not None:
            raise SessionInvalid
        if sign_in.expires_at <= now:
            raise SessionInvalid
    user = locked.get(actor.id)
    if user is None:
        raise NotSignedIn
    if not user.active:
        raise UserInactive
    return replace(actor, role=Role(user.role))

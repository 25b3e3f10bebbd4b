"""Names that pretend to be somebody who moderates, or to speak for the square."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from meydan.accounts.errors import UsernameTaken
from meydan.accounts.models import User
from meydan.accounts.names import pretends
from meydan.accounts.permissions import Role
from meydan.accounts.repository import UserRepository
from meydan.platform.lookalike import skeleton

_AROUND_WORDS: Final = re.compile(r"(?<!\w)[^\w\s]+|[^\w\s]+(?!\w)")  # signs there may stand for no letter


def look(name: str) -> str:
    """Return what a display name looks like, as long as it can be stored."""
    return skeleton(name)[:200]


def is_of_staff(users: UserRepository, username: str) -> bool:
    """Tell whether a username is, or looks like, that of somebody who moderates, administers or owns."""
    looks = skeleton(username)
    return any(looks == skeleton(one.username) for one in users.staff())


def enlist(users: UserRepository, user: User) -> dict[str, str]:
    """Store a new user and return what `mark` does; raise `UsernameTaken` for a name taken, or like a moderator's."""
    if not Role(user.role).is_staff and is_of_staff(users, user.username):
        raise UsernameTaken(user.username)
    if not users.add(user):
        raise UsernameTaken(user.username)
    row = users.get(user.username)
    assert row is not None, "it was added in this transaction"  # noqa: S101
    return mark(users, row)


def mark(users: UserRepository, changed: User, before: Collection[str] = ()) -> dict[str, str]:
    """Mark `changed` and whoever looks like them, now or `before`; return the shown names of whose mark has turned.

    A name that imitates is shown with the username behind it. Somebody who moderates imitates nobody, and as they come
    or go, the names that look like theirs are judged anew.
    """
    changed.skeleton = look(changed.name)
    staff = users.staff()
    turned = {}
    for user in {user.username: user for user in (changed, *alike(users, changed, before))}.values():
        marked = _imitates(user, staff)
        if marked != user.imitates:
            user.imitates = marked
            turned[user.username] = user.shown_name
    return turned


def alike(users: UserRepository, user: User, before: Collection[str] = ()) -> list[User]:
    """Return those whose display name looks like the user, or like what the user was called `before`."""
    return users.looking_like({user.skeleton, skeleton(user.username), *before})


def _imitates(user: User, staff: Iterable[User]) -> bool:
    if Role(user.role).is_staff:
        return False
    if pretends(user.name):
        return user.name != user.username
    looks = {user.skeleton, look(_AROUND_WORDS.sub("", user.name))}
    return any(
        user.username != other.username and not looks.isdisjoint((skeleton(other.name), skeleton(other.username)))
        for other in staff
    )

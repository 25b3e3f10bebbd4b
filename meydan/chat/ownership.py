"""Whose something is: a user's by their name; a guest's by their session, for another may come under the same id.

What is stored of a guest's carries the session behind a separator that no id holds. People are shown what is before it,
or, of the id a client gave its message, what is after it.
"""

from meydan.accounts.actor import OF_GUEST, Actor


def kept_client_id(actor: Actor, client_id: str) -> str:
    """Return the id a client gave its message as it is stored: the same one of another guest is another id."""
    return f"{actor.mark}{OF_GUEST}{client_id}" if actor.is_guest else client_id


def client_id_of(kept: str | None) -> str | None:
    """Return the id as the client gave it."""
    return None if kept is None else kept.rpartition(OF_GUEST)[2]


def user_id_of(key: str) -> str:
    """Return the public id of the actor with this key."""
    return key.partition(OF_GUEST)[0]

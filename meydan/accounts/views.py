"""What the accounts' services take and return: closed, immutable values, apart from tables and wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from meydan.accounts.models import ApiKey, AuditEntry, SignIn, User
from meydan.accounts.permissions import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as others may see them."""

    id: str
    name: str
    role: Role
    active: bool
    created_at: datetime
    last_seen_at: datetime | None
    locale: str
    imitates: bool = False


@dataclass(frozen=True, slots=True)
class SignInView:
    """One open sign-in of a user; `current` marks the one that asks."""

    id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip: str
    agent: str
    current: bool


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key without its secret."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditView:
    """One line of the audit log."""

    id: int
    at: datetime
    actor_id: str
    action: str
    target: str | None
    data: dict[str, Any]
    ip: str
    agent: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a sign-in gives: tokens and who they are for. Guests get no refresh token."""

    access_token: str
    expires_in: int
    refresh_token: str | None
    user: UserView


@dataclass(frozen=True, slots=True)
class Ticket:
    """A one-use ticket for the WebSocket."""

    ticket: str
    expires_in: int
    user_id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list and where the next ones begin, if there are any."""

    items: Sequence[T]
    next_cursor: str | None


def user_view(user: User) -> UserView:
    """Show a user."""
    return UserView(
        id=user.username,
        name=user.name,
        role=Role(user.role),
        active=user.active,
        created_at=user.created_at,
        last_seen_at=user.last_seen_at,
        locale=user.locale,
        imitates=user.imitates,
    )


def sign_in_view(row: SignIn, current: str) -> SignInView:
    """Show a sign-in."""
    return SignInView(row.id, row.created_at, row.rotated_at, row.expires_at, row.ip, row.agent, row.id == current)


def key_view(key: ApiKey) -> KeyView:
    """Show a key."""
    return KeyView(key.id, key.name, key.prefix, tuple(key.scopes), key.created_at, key.last_used_at, key.expires_at)


def audit_view(entry: AuditEntry) -> AuditView:
    """Show a line of the log."""
    return AuditView(entry.id, entry.at, entry.actor_id, entry.action, entry.target, entry.data, entry.ip, entry.agent)

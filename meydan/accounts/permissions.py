"""Who may do what: roles are sets of permissions, checked where the rule is kept, in the services."""

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing somebody may be allowed to do; also the scope of an API key."""

    ROOMS_READ = "rooms:read"
    ROOMS_WRITE = "rooms:write"  # send, edit and delete one's own messages, react
    ROOMS_CREATE = "rooms:create"
    ROOMS_MODERATE = "rooms:moderate"  # any room, any message
    USERS_READ = "users:read"
    USERS_MANAGE = "users:manage"
    KEYS_MANAGE = "keys:manage"  # one's own API keys
    AUDIT_READ = "audit:read"
    SYSTEM_READ = "system:read"
    SYSTEM_MANAGE = "system:manage"
    TELEGRAM_READ = "telegram:read"
    TELEGRAM_SEND = "telegram:send"
    TELEGRAM_MANAGE = "telegram:manage"  # bots and their tokens, sends of others, decisions about uncertain ones


class Role(StrEnum):
    """A user's standing on the square; each includes the one after it."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    MEMBER = "member"
    GUEST = "guest"

    @property
    def rank(self) -> int:
        """How far from the top: 0 for the owner. A person manages only those of a higher number."""
        return _ORDER.index(self)

    @property
    def is_staff(self) -> bool:
        """Whether people trust a name for its role: whoever moderates, administers or owns speaks for the square."""
        return self in (Role.OWNER, Role.ADMIN, Role.MODERATOR)


_ORDER: Final = (Role.OWNER, Role.ADMIN, Role.MODERATOR, Role.MEMBER, Role.GUEST)

_GUEST: Final = frozenset({Permission.ROOMS_READ, Permission.ROOMS_WRITE})
_MEMBER: Final = _GUEST | {Permission.ROOMS_CREATE, Permission.USERS_READ, Permission.KEYS_MANAGE}
_MODERATOR: Final = _MEMBER | {Permission.ROOMS_MODERATE, Permission.TELEGRAM_READ, Permission.TELEGRAM_SEND}
_ADMIN: Final = _MODERATOR | {
    Permission.USERS_MANAGE,
    Permission.AUDIT_READ,
    Permission.SYSTEM_READ,
    Permission.SYSTEM_MANAGE,
    Permission.TELEGRAM_MANAGE,
}

GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.GUEST: _GUEST,
    Role.MEMBER: _MEMBER,
    Role.MODERATOR: _MODERATOR,
    Role.ADMIN: _ADMIN,
    Role.OWNER: frozenset(Permission),
}

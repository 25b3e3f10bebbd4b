"""Who is asking: the one value that every service takes to decide."""

from dataclasses import dataclass, field
from typing import Final

from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.permissions import GRANTS, Permission, Role
from meydan.platform.errors import NotAllowed

KEY_SESSION: Final = "key:"
OF_GUEST: Final = "\x1f"  # in no username, and in nothing that a client may send as an id of its own
_MARK: Final = 24


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, a guest, or an API key acting for its user.

    `id` is the public `kullanici_id` (a user's username, or a guest's id), `name` what is shown (a display name, or the
    label a guest chose). `session` names the sign-in of a user; of a guest it is all that tells them from the next.
    `scopes` narrows what the role grants; `None` leaves it whole. `origin` is where the request or socket is from.
    """

    id: str
    name: str
    role: Role
    session: str
    scopes: frozenset[Permission] | None = None
    origin: Origin = field(default=NOWHERE, compare=False)

    @property
    def is_guest(self) -> bool:
        """Whether nothing but a session stands behind this actor."""
        return self.role is Role.GUEST

    @property
    def key(self) -> str:
        """What is this actor's alone: the account, or a guest's session behind the id, which may be another's later."""
        return f"{self.id}{OF_GUEST}{self.mark}" if self.is_guest else self.id

    @property
    def api_key(self) -> str | None:
        """The id of the API key that acts, if one does."""
        return self.session.removeprefix(KEY_SESSION) if self.session.startswith(KEY_SESSION) else None

    @property
    def mark(self) -> str:
        """What of the session is stored with what a guest does."""
        return self.session[-_MARK:]

    def may(self, permission: Permission) -> bool:
        """Tell whether both the role and the scopes grant `permission`."""
        return permission in GRANTS[self.role] and (self.scopes is None or permission in self.scopes)

    def require(self, permission: Permission) -> None:
        """Raise `NotAllowed` unless `permission` is granted."""
        if not self.may(permission):
            raise NotAllowed(izin=permission.value)

"""Who is asking: the one value that every service takes to decide."""

from dataclasses import dataclass, field

from meydan.accounts.origin import NOWHERE, Origin
from meydan.accounts.permissions import GRANTS, Permission, Role
from meydan.platform.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, a guest, or an API key acting for its user.

    `id` is the public `kullanici_id` (a user's username, or the name a guest chose). `session` tells two guests of the
    same name apart and names the sign-in of a user. `scopes` narrows what the role grants; `None` leaves it whole.
    `origin` is where this request, or this socket, comes from.
    """

    id: str
    name: str
    role: Role
    session: str
    scopes: frozenset[Permission] | None = None
    origin: Origin = field(default=NOWHERE, compare=False)

    @property
    def is_guest(self) -> bool:
        """Whether nothing but a chosen name stands behind this actor."""
        return self.role is Role.GUEST

    def may(self, permission: Permission) -> bool:
        """Tell whether both the role and the scopes grant `permission`."""
        return permission in GRANTS[self.role] and (self.scopes is None or permission in self.scopes)

    def require(self, permission: Permission) -> None:
        """Raise `NotAllowed` unless `permission` is granted."""
        if not self.may(permission):
            raise NotAllowed(izin=permission.value)

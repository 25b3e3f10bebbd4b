"""The accounts' shapes on the wire."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from meydan.accounts.names import GUEST_PREFIX, NOBODYS, RESERVED, USERNAME
from meydan.accounts.passwords import LONGEST, SHORTEST
from meydan.accounts.permissions import Permission, Role
from meydan.platform.bodies import BodyModel
from meydan.platform.visible import DIRECTIONS, is_blank


def _printable(value: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") or DIRECTIONS.match(char) for char in value):
        raise PydanticCustomError("control_characters", "control characters are not allowed")
    return value


def _visible(value: str) -> str:
    if value and (is_blank(value) or all(unicodedata.category(char)[0] in "CMZ" for char in value)):
        raise PydanticCustomError("nothing_visible", "must have a letter or sign that can be seen")
    return value


Line = Annotated[str, AfterValidator(_printable)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=64), AfterValidator(_printable), AfterValidator(_visible)
]
Username = Annotated[
    str, Field(max_length=64, description="3 to 32 of a-z, 0-9, `_`, `.`, `-`"), AfterValidator(_printable)
]
Secret = Annotated[SecretStr, Field(max_length=512)]
# The rules of a new name and password are the service's: they are published for forms, which say them beforehand.
# `x-reserved` has the names nobody may have, as they look: folded, `1` as `i`, nothing but letters.
_FORM: Final[dict[str, Any]] = {"minLength": 3, "maxLength": 32, "pattern": USERNAME, "x-reserved-prefix": GUEST_PREFIX}
NewUsername = Annotated[Username, Field(json_schema_extra={**_FORM, "x-reserved": sorted(NOBODYS)})]
MembersUsername = Annotated[Username, Field(json_schema_extra={**_FORM, "x-reserved": sorted(RESERVED)})]
NewSecret = Annotated[
    Secret, Field(json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST, "x-not": ["username", "common"]})
]
Transport = Literal["token", "cookie"]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class LoginIn(BodyModel):
    """Who signs in, and whether the refresh token comes in the body or in an HttpOnly cookie."""

    username: Username
    password: Secret
    new_password: Annotated[NewSecret | None, Field(description="In the place of a temporary password")] = None
    session: Transport = "token"


class AccountIn(BodyModel):
    """What an account is made of."""

    username: NewUsername
    password: NewSecret
    name: Name = ""
    session: Transport = "token"


class RegisterIn(AccountIn):
    """A new account; `invitation` is the code of a link into a room, which its maker enters too."""

    username: MembersUsername
    invitation: Annotated[str | None, Field(min_length=1, max_length=128)] = None


class OwnerLinkIn(BodyModel):
    """The one-time key, in a body: addresses are logged on the way."""

    token: Annotated[str, Field(max_length=200)]


class OwnerIn(OwnerLinkIn, AccountIn):
    """The first owner, and the one-time key."""


class RefreshIn(BodyModel):
    """The refresh token; the cookie's when it is missing."""

    refresh_token: Annotated[str | None, Field(max_length=500)] = None


class GuestIn(BodyModel):
    """What a guest wants to be called: any name, which others may have too."""

    name: Annotated[Name, Field(min_length=1)]


class PasswordIn(BodyModel):
    """The password now and from now on."""

    current: Secret
    new: NewSecret
    revoke_keys: Annotated[bool, Field(description="Delete my API keys as well")] = False


class MeIn(BodyModel):
    """What users change about themselves."""

    name: Annotated[Name | None, Field(min_length=1)] = None
    locale: Literal["tr", "en"] | None = None


class UserIn(BodyModel):
    """A user to add; with no password one is made."""

    username: NewUsername
    name: Name = ""
    role: Role = Role.MEMBER
    password: NewSecret | None = None


class UserChange(BodyModel):
    """What is changed about another user."""

    role: Role | None = None
    active: bool | None = None


class KeyIn(BodyModel):
    """A key to make."""

    name: Annotated[Name, Field(min_length=1)]
    scopes: Annotated[frozenset[Permission], Field(min_length=1)]
    expires_at: AwareDatetime | None = None


class UserOut(_Out):
    """A user; `id` is the username and the `kullanici_id` of the chat."""

    id: str
    name: str
    role: Role
    active: bool
    created_at: datetime
    last_seen_at: datetime | None
    locale: str
    imitates: bool = False
    """Whether the name looks like that of somebody who moderates; others see it with the username behind it."""


class MeOut(UserOut):
    """Oneself, with what one may do."""

    permissions: list[Permission]


class TokensOut(_Out):
    """What a sign-in gives; `refresh_token` is null for guests and when it is in the cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the scheme's name
    expires_in: int
    refresh_token: str | None
    user: UserOut


class TicketOut(_Out):
    """A one-use ticket for the WebSocket's `?bilet=`."""

    ticket: str
    expires_in: int
    user_id: str


class OwnerLinkOut(BaseModel):
    """Whether the one-time key still opens."""

    valid: bool


class SessionOut(_Out):
    """One open sign-in."""

    id: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip: str
    agent: str
    current: bool


class SessionList(BaseModel):
    """Open sign-ins, last used first."""

    items: list[SessionOut]


class UserPage(_Out):
    """Some users."""

    items: list[UserOut]
    next_cursor: str | None


class NewUserOut(_Out):
    """The user, and the password that is shown this once when it was made here."""

    user: UserOut
    password: str | None


class NewPasswordOut(BaseModel):
    """A password that is shown this once."""

    password: str


class KeyOut(_Out):
    """A key without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class KeyList(BaseModel):
    """The actor's keys, newest first."""

    items: list[KeyOut]


class NewKeyOut(_Out):
    """The key, shown this once."""

    key: str
    item: KeyOut


class AuditOut(_Out):
    """One line of the audit log."""

    id: int
    at: datetime
    actor_id: str
    action: str
    target: str | None
    data: dict[str, Any]
    ip: str
    agent: str
    """The program it was done with, as it calls itself."""


class AuditPage(_Out):
    """Some lines, in the order asked for."""

    items: list[AuditOut]
    next_cursor: str | None

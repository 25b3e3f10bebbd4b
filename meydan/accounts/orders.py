"""In which order people and the audit log are listed, and where in it the next page begins."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec

_ROW: Final = 2**63 - 1


class UserOrder(StrEnum):
    """Orders of people: names by the Turkish alphabet, who was never seen before all others. `-` turns one around."""

    ID = "id"
    NAME = "name"
    NAME_BACKWARDS = "-name"
    OLDEST = "created_at"
    NEWEST = "-created_at"
    SEEN_LONGEST_AGO = "last_seen_at"
    SEEN_LAST = "-last_seen_at"

    @property
    def backwards(self) -> bool:
        """Whether great keys come first."""
        return self.startswith("-")


class AuditOrder(StrEnum):
    """Orders of the audit log."""

    OLDEST = "at"
    NEWEST = "-at"


class UserPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last user of a page and their key, `name_key` or `at`, in the order of that page."""

    order: UserOrder
    username: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_.-]{1,32}\Z")]
    name_key: Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{0,200}\Z")] = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class AuditPlace(msgspec.Struct, frozen=True, array_like=True):
    """The last line of a page, and the order of that page."""

    order: AuditOrder
    id: Annotated[int, msgspec.Meta(ge=1, le=_ROW)]

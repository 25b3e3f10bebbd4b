"""The tables of docs/authority.md, read as they stand there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meydan.accounts.permissions import GRANTS, Permission, Role
from tests.docs.reference import DOCS

PEOPLE: Final = ("nobody", "guest", "member", "moderator", "admin", "owner")
YES: Final = "yes"


@dataclass(frozen=True)
class Row:
    """What everybody is answered who does one thing to one kind of thing."""

    what: str
    on: str
    answers: dict[str, str]
    scopes: frozenset[Permission] | None  # None: no key at all; empty: every key

    def __str__(self) -> str:
        return f"{self.what} ({self.on})" if self.on else self.what


def operations() -> list[Row]:
    """Return the rows about HTTP."""
    return list(_rows("| Operation |"))


def frames() -> list[Row]:
    """Return the rows about the socket."""
    return list(_rows("| Frame |"))


def _rows(head: str) -> Iterator[Row]:
    inside: list[str] = []
    for line in (DOCS / "authority.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(head):
            inside = [cell.strip() for cell in line.strip("|").split("|")]
        elif not line.startswith("|"):
            inside = []
        elif inside and not line.startswith("| ---"):
            what, on, *answers, key = (cell.strip() for cell in line.strip("|").split("|"))
            yield Row(what.strip("`"), on, dict(zip(inside[2:-1], answers, strict=True)), _scopes(key))


def _scopes(cell: str) -> frozenset[Permission] | None:
    if cell == "none":
        return None
    if cell == "any":
        return frozenset()
    if cell == "every scope":
        return frozenset(Permission)
    parts = cell.split(" + ")
    members = GRANTS[Role.MEMBER] if "a member's" in parts else frozenset()
    return members | {Permission(part) for part in parts if part != "a member's"}

"""Who may make an account while registration is closed: whoever some other part of the square has invited."""

from typing import Protocol

from sqlalchemy.orm import Session

from meydan.accounts.errors import RegistrationClosed


class Admissions(Protocol):
    """Knows the codes that let a newcomer in."""

    def check(self, session: Session, code: str) -> None:
        """Raise when the code lets no newcomer in."""

    def take(self, session: Session, code: str, username: str) -> None:
        """Use the code for an account made in the same transaction; raise when it lets no newcomer in any more."""


class NobodyInvites:
    """There is nothing that somebody could be invited to."""

    def check(self, session: Session, code: str) -> None:
        """Let nobody in."""
        raise RegistrationClosed

    def take(self, session: Session, code: str, username: str) -> None:
        """Let nobody in."""
        raise RegistrationClosed

"""Tables of the accounts: people, their sign-ins and keys, the way to the first owner, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from meydan.accounts.permissions import Role
from meydan.platform.db import Base

_Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers its rows only in an INTEGER key
_KEY = String(200).with_variant(String(200, collation="C"), "postgresql")  # SQLite compares code points as it is


class User(Base):
    """A person. The username is the `kullanici_id` of the wire and never changes."""

    __tablename__ = "users"
    __table_args__ = (
        Index(None, "name_key", "username"),
        Index(None, "created_at", "username"),
        Index(None, "last_seen_at", "username"),
    )

    username: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(_KEY)  # the name as it sorts
    folded: Mapped[str] = mapped_column(String(200), index=True)  # name and username as search sees them
    skeleton: Mapped[str] = mapped_column(String(200), index=True, default="")  # what the name looks like
    imitates: Mapped[bool] = mapped_column(Boolean, default=False)  # it looks like somebody else's, of standing
    role: Mapped[Role] = mapped_column(String(16), index=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    temporary: Mapped[bool] = mapped_column(Boolean, default=False)  # the password; the next sign-in replaces it
    locale: Mapped[str] = mapped_column(String(8), default="tr")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    @property
    def shown_name(self) -> str:
        """The name as others see it: one that imitates has the username behind it."""
        return f"{self.name} (@{self.username})" if self.imitates else self.name


class SignIn(Base):
    """One sign-in and all refresh tokens that came of it.

    A refresh token is (id, generation) under a keyed hash with `nonce`, so the row holds nothing that signs in.
    States: open → revoked or expired, both final. `replaced` has the Unix times at which the latest generations were
    replaced, the newest last, as long as that matters.
    """

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)
    nonce: Mapped[str] = mapped_column(String(64))
    generation: Mapped[int] = mapped_column(Integer, default=0)
    replaced: Mapped[list[float]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    rotated_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))


class ApiKey(Base):
    """A key that acts for its user; only the hash of its secret is here."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.username", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_by: Mapped[str | None] = mapped_column(
        ForeignKey("api_keys.id", ondelete="CASCADE"), index=True
    )  # another key
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class OwnerLink(Base):
    """A one-time way to become the owner of a square that has none."""

    __tablename__ = "owner_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditEntry(Base):
    """What somebody did; the database refuses to change or delete it."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(_Serial, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[str] = mapped_column(String(64), index=True)
    action: Mapped[str] = mapped_column(String(48), index=True)
    target: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    ip: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200), default="")  # the program, as it calls itself

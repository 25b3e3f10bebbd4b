"""Secrets at rest: Fernet under one or more keys, newest first, and the columns that hold what it encrypts."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, Table, select, update
from sqlalchemy.orm import Session

from meydan.accounts.errors import BadVaultToken
from meydan.platform.db import Base, Database
from meydan.platform.settings import Settings, SettingsError, kept_secret

Change = Callable[[str], str | None]

_FERNET_VERSION: Final = 0x80
_SMALLEST_TOKEN: Final = 1 + 8 + 16 + 16 + 32  # version, time, vector, one block, signature
_BATCH: Final = 500


class Vault:
    """Encrypts with the newest key and opens what any of the keys closed."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def from_settings(cls, settings: Settings) -> "Vault":
        """Take the keys from TOKEN_ENCRYPTION_KEY, or the one that is kept in the data folder."""
        given = [part.strip() for part in settings.token_encryption_key.get_secret_value().split(",") if part.strip()]
        if not given:
            kept = kept_secret(settings, "token_encryption_key")
            given = [base64.urlsafe_b64encode(hashlib.sha256(kept.encode()).digest()).decode()]
        try:
            return cls(given)
        except ValueError:
            raise SettingsError(
                "TOKEN_ENCRYPTION_KEY: each key must be 32 bytes in URL-safe base64 (Fernet.generate_key)"
            ) from None

    def encrypt(self, secret: str) -> str:
        """Return `secret` closed with the newest key."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, token: str) -> str:
        """Return what `token` holds; raise `BadVaultToken` when none of the keys opens it."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise BadVaultToken from None

    def rotate(self, token: str) -> str:
        """Return the same secret closed with the newest key."""
        try:
            return self._fernet.rotate(token.encode()).decode()
        except InvalidToken:
            raise BadVaultToken from None


def is_encrypted(value: str) -> bool:
    """Tell whether `value` has the form of a Fernet token, whoever's key made it."""
    try:
        raw = base64.b64decode(value, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return len(raw) >= _SMALLEST_TOKEN and raw[0] == _FERNET_VERSION and (len(raw) - _SMALLEST_TOKEN) % 16 == 0


@dataclass(frozen=True)
class EncryptedColumn:
    """A text column whose values are the vault's tokens."""

    table: str
    column: str


ENCRYPTED_COLUMNS: Final[list[EncryptedColumn]] = []
"""Every column with secrets; a domain appends its own beside its models."""


async def migrate_plain_tokens(
    db: Database, vault: Vault, columns: Sequence[EncryptedColumn] = ENCRYPTED_COLUMNS
) -> int:
    """Encrypt the values that older versions stored in plain text, and return how many; a second run finds none."""
    return await _rewrite(db, columns, lambda value: None if is_encrypted(value) else vault.encrypt(value))


async def rotate_tokens(db: Database, vault: Vault, columns: Sequence[EncryptedColumn] = ENCRYPTED_COLUMNS) -> int:
    """Close every stored secret with the newest key, after which older keys may go, and return how many."""
    return await _rewrite(db, columns, lambda value: vault.rotate(value) if is_encrypted(value) else None)


async def _rewrite(db: Database, columns: Sequence[EncryptedColumn], change: Change) -> int:
    changed = 0
    for place in columns:
        table = Base.metadata.tables[place.table]
        after: tuple[Any, ...] | None = None
        while True:
            count, after = await db.write(partial(_batch, table=table, place=place, after=after, change=change))
            changed += count
            if after is None:
                break
    return changed


def _batch(
    session: Session, *, table: Table, place: EncryptedColumn, after: tuple[Any, ...] | None, change: Change
) -> tuple[int, tuple[Any, ...] | None]:
    """Rewrite one short transaction's worth of rows in the order of the key; return how many and where it stopped."""
    (key,) = table.primary_key.columns
    secret = table.columns[place.column]
    wanted = select(key, secret).where(secret.is_not(None)).order_by(key).limit(_BATCH).with_for_update()
    if after is not None:
        wanted = wanted.where(_after(key, after[0]))
    rows = session.execute(wanted).all()
    changed = 0
    for identity, value in rows:
        new = change(value)
        if new is not None:
            session.execute(update(table).where(key == identity).values({place.column: new}))
            changed += 1
    return changed, (rows[-1][0],) if len(rows) == _BATCH else None


def _after(key: Any, value: Any) -> ColumnElement[bool]:
    compared: ColumnElement[bool] = key > value
    return compared

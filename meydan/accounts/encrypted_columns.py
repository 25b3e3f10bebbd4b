"""The columns that hold what the vault encrypted: brought under a key, or under the newest one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Table, select, update
from sqlalchemy.orm import Session

from meydan.accounts.errors import BadVaultToken
from meydan.accounts.vault import Vault, is_encrypted
from meydan.platform.db import Base, Database

log = structlog.get_logger(__name__)

Change = Callable[[str], str | None]

_BATCH: Final = 500


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
    """Close every stored secret with the newest key, after which older keys may go, and return how many.

    One that no key opens is left as it is and keeps no other back; `BadVaultToken` tells of it at the end.
    """
    closed: list[str] = []

    def rotate(value: str) -> str | None:
        if not is_encrypted(value):
            return None
        try:
            return vault.rotate(value)
        except BadVaultToken:
            closed.append(value)
            return None

    changed = await _rewrite(db, columns, rotate)
    if closed:
        log.error("vault.not_opened", count=len(closed), rotated=changed)
        raise BadVaultToken
    return changed


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

"""An update is known by its number and its content, since numbers start again; what it says is found by its chat.

Where a bot's updates go on is no longer kept: Telegram brings what nobody has confirmed.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLE, _OLD = "telegram_updates", "telegram_updates_old"
_RECEIVED = "ix_telegram_updates_received"
_BATCH = 1_000


def upgrade() -> None:
    op.drop_index(_RECEIVED, _TABLE)
    op.rename_table(_TABLE, _OLD)
    if op.get_context().dialect.name == "postgresql":  # a renamed table keeps its key's name
        op.execute(f"ALTER TABLE {_OLD} RENAME CONSTRAINT pk_{_TABLE} TO pk_{_OLD}")
    made = _create(
        sa.Column("digest", sa.String(32), primary_key=True),
        sa.Column("message_id", sa.BigInteger),
    )
    _copy(made, lambda row: row | {"digest": _digest(row["payload"]), "message_id": _message_id(row["payload"])})
    op.create_index("ix_telegram_updates_chat", _TABLE, ["chat_id", "received_at"])
    op.create_index("ix_telegram_updates_message", _TABLE, ["chat_id", "message_id"])
    op.drop_column("telegram_bots", "update_offset")


def downgrade() -> None:
    op.add_column("telegram_bots", sa.Column("update_offset", sa.BigInteger, nullable=False, server_default="0"))
    for name in ("message", "chat", "received"):
        op.drop_index(f"ix_telegram_updates_{name}", _TABLE)
    op.rename_table(_TABLE, _OLD)
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {_OLD} RENAME CONSTRAINT pk_{_TABLE} TO pk_{_OLD}")
    made = _create()
    _copy(made, lambda row: row, once=True)


def _create(*more: "sa.Column[Any]") -> sa.Table:
    made = op.create_table(
        _TABLE,
        sa.Column(
            "bot_id", sa.String(32), sa.ForeignKey("telegram_bots.id", ondelete="CASCADE"), primary_key=True,
        ),
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        *more,
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("chat_id", sa.BigInteger),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )  # fmt: skip
    op.create_index(_RECEIVED, _TABLE, ["received_at"])
    return made


def _copy(made: sa.Table, fill: Any, *, once: bool = False) -> None:
    """Move what is stored, a part at a time; with `once` the last of those that have a number."""
    names = ("bot_id", "update_id", "kind", "chat_id", "payload", "received_at")
    old = sa.table(_OLD, *(sa.column(name, made.c[name].type) for name in names))
    connection = op.get_bind()
    statement = sa.select(*(old.c[name] for name in names))
    if once:
        later = old.alias()
        newest = sa.select(sa.func.max(later.c.received_at)).where(
            later.c.bot_id == old.c.bot_id, later.c.update_id == old.c.update_id
        )
        statement = statement.where(old.c.received_at == newest.scalar_subquery())
    found = connection.execute(statement).mappings()
    while rows := found.fetchmany(_BATCH):
        distinct = {(row["bot_id"], row["update_id"]): dict(row) for row in rows} if once else None
        values = [fill(dict(row)) for row in (distinct.values() if distinct is not None else rows)]
        connection.execute(sa.insert(made), values)
    op.drop_table(_OLD)


def _digest(payload: Any) -> str:
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _message_id(payload: Any) -> int | None:
    number = payload.get("message_id") if isinstance(payload, dict) else None
    return number if type(number) is int and 0 < number < 2**53 else None

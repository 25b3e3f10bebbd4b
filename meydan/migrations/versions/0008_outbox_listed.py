"""The outbox is listed by chat and by what leaves next, and a lane is counted without reading its rows.

The state stands in the indexes of what is queued although it is always the same: SQLite would read the rows for it.
Few sends change another: the index of those holds them alone now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLE = "telegram_outbox"
_QUEUED = sa.text("state = 'queued'")
_EDITS = sa.text("edits IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_telegram_outbox_edits", _TABLE)
    op.create_index("ix_telegram_outbox_edits", _TABLE, ["edits"], sqlite_where=_EDITS, postgresql_where=_EDITS)
    op.create_index("ix_telegram_outbox_chat", _TABLE, ["chat_id", "id"])
    op.create_index(
        "ix_telegram_outbox_lane",
        _TABLE,
        ["bot_id", "chat_id", "priority", "id", "not_before", "state"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "ix_telegram_outbox_next",
        _TABLE,
        ["state", "priority", "id", "bot_id", "chat_id"],
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    )


def downgrade() -> None:
    for name in ("next", "lane", "chat", "edits"):
        op.drop_index(f"ix_telegram_outbox_{name}", _TABLE)
    op.create_index("ix_telegram_outbox_edits", _TABLE, ["edits"])

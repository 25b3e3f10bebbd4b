"""The parts of one order know each other; what was sent to a chat is found by when."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLE = "telegram_outbox"
_PARTS = sa.text("part_of IS NOT NULL")
_SAID = sa.text("state = 'sent' AND edits IS NULL")


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("part_of", sa.String(32)))
    op.create_index("ix_telegram_outbox_parts", _TABLE, ["part_of", "id"], sqlite_where=_PARTS, postgresql_where=_PARTS)
    op.create_index(
        "ix_telegram_outbox_said", _TABLE, ["chat_id", "finished_at"], sqlite_where=_SAID, postgresql_where=_SAID
    )


def downgrade() -> None:
    for name in ("said", "parts"):
        op.drop_index(f"ix_telegram_outbox_{name}", _TABLE)
    op.drop_column(_TABLE, "part_of")

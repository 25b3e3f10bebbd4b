"""Who deleted a message, and its text for the moment in which they may bring it back."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("deleted_by", sa.String(64)))
    op.execute(
        "UPDATE messages SET deleted_by = (SELECT max(actor_id) FROM message_updates "
        "WHERE message_updates.message_id = messages.id AND message_updates.kind = 'silme') "
        "WHERE deleted_at IS NOT NULL"
    )
    op.create_table(
        "erased_texts",
        sa.Column("message_id", sa.String(32), sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("mentions", sa.JSON),
    )
    op.create_index("ix_erased_texts_until", "erased_texts", ["until"])


def downgrade() -> None:
    op.drop_table("erased_texts")
    op.drop_column("messages", "deleted_by")

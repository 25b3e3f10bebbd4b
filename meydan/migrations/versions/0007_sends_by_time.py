"""What a bot has sent a moment ago is found by when it left."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LEFT = sa.text("sending_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_telegram_outbox_sending",
        "telegram_outbox",
        ["bot_id", "sending_at"],
        sqlite_where=_LEFT,
        postgresql_where=_LEFT,
    )


def downgrade() -> None:
    op.drop_index("ix_telegram_outbox_sending", "telegram_outbox")

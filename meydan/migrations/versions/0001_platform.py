"""The platform's own table: settings changed while the program runs."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_settings",
        sa.Column("section", sa.String(64), primary_key=True),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("live_settings")

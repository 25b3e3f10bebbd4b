"""A line of the audit log says with which program it was done, beside the address."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: that would make the table anew on SQLite, without the triggers that keep its lines.
    op.add_column("audit_log", sa.Column("agent", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("audit_log", "agent")

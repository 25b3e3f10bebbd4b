"""Whether a password is somebody else's choice, and when a sign-in's last tokens were replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("temporary", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sign_ins") as table:
        table.add_column(sa.Column("replaced", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("sign_ins") as table:
        table.drop_column("replaced")
    with op.batch_alter_table("users") as table:
        table.drop_column("temporary")

"""A key knows the key that made it, and goes with it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_FK = "fk_api_keys_made_by"


def upgrade() -> None:
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("made_by", sa.String(32)))
        table.create_foreign_key(_FK, "api_keys", ["made_by"], ["id"], ondelete="CASCADE")
        table.create_index("ix_api_keys_made_by", ["made_by"])


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as table:
        table.drop_index("ix_api_keys_made_by")
        table.drop_constraint(_FK, type_="foreignkey")
        table.drop_column("made_by")

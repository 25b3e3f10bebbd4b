"""Who was put out of a private room comes back by no link."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "room_expulsions",
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("room_expulsions")

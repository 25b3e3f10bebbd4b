"""What a display name looks like, computed anew: letters that are not drawn are left out of it."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.lookalike import skeleton

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    users = sa.table("users", *(sa.column(name) for name in ("username", "name", "skeleton")))
    connection = op.get_bind()
    rows = connection.execute(sa.select(users)).all()
    changed = [
        {"key": row.username, "looks": looks} for row in rows if (looks := skeleton(row.name)[:200]) != row.skeleton
    ]
    if changed:
        connection.execute(
            sa.update(users).where(users.c.username == sa.bindparam("key")).values(skeleton=sa.bindparam("looks")),
            changed,
        )


def downgrade() -> None:
    """Leave them: they are computed anew when a name next changes."""

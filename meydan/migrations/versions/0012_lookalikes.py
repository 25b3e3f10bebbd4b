"""What a display name looks like, and whether it imitates somebody; names are judged when they next change."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.lookalike import skeleton

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# Names are compared by what today's program makes of them, so that is what an old database gets, whatever the program
# made of them when this was written. Who changes `skeleton` adds a migration that computes the column anew.
def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("skeleton", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("imitates", sa.Boolean, nullable=False, server_default=sa.false()))
    users = sa.table("users", *(sa.column(name) for name in ("username", "name", "skeleton")))
    connection = op.get_bind()
    rows = connection.execute(sa.select(users.c.username, users.c.name)).all()
    if rows:
        connection.execute(
            sa.update(users).where(users.c.username == sa.bindparam("key")).values(skeleton=sa.bindparam("looks")),
            [{"key": username, "looks": skeleton(name)[:200]} for username, name in rows],
        )
    op.create_index("ix_users_skeleton", "users", ["skeleton"])


def downgrade() -> None:
    op.drop_index("ix_users_skeleton", "users")
    with op.batch_alter_table("users") as table:
        table.drop_column("imitates")
        table.drop_column("skeleton")

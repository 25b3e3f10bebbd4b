"""What display names look like, computed anew: a step of every migration that sees through more of them."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.lookalike import skeleton


def see_again() -> None:
    """Store what each display name looks like to the code of today."""
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

"""Rooms are found by the database: it keeps what each is about as search sees it."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.turkish import fold

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("folded", sa.Text, nullable=False, server_default=""))
    rooms = sa.table("rooms", *(sa.column(name) for name in ("id", "slug", "title", "topic", "folded")))
    connection = op.get_bind()
    found = connection.execute(sa.select(rooms.c.id, rooms.c.slug, rooms.c.title, rooms.c.topic)).all()
    if found:
        connection.execute(
            sa.update(rooms).where(rooms.c.id == sa.bindparam("of")).values(folded=sa.bindparam("about")),
            [{"of": room.id, "about": fold(f"{room.slug} {room.title} {room.topic}")} for room in found],
        )


def downgrade() -> None:
    op.drop_column("rooms", "folded")

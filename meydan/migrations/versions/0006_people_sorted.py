"""People are listed by name as Turkish sorts it, by when they came, and by when they were last seen."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.turkish import sort_key

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
_USERS = sa.table("users", sa.column("username", sa.String), sa.column("name", sa.String), sa.column("name_key", _KEY))
_INDICES = ("name_key", "created_at", "last_seen_at")


def upgrade() -> None:
    op.add_column("users", sa.Column("name_key", _KEY, nullable=False, server_default=""))
    _fill()
    for column in _INDICES:
        op.create_index(f"ix_users_{column}_username", "users", [column, "username"])


def downgrade() -> None:
    for column in _INDICES:
        op.drop_index(f"ix_users_{column}_username", "users")
    op.drop_column("users", "name_key")


def _fill() -> None:
    keyed = sa.update(_USERS).where(_USERS.c.username == sa.bindparam("of"))
    people = op.get_bind().execute(sa.select(_USERS.c.username, _USERS.c.name)).all()
    if people:
        rows = [{"of": username, "name_key": sort_key(name)[:200]} for username, name in people]
        op.get_bind().execute(keyed, rows)

"""What a guest said and put on messages is told from what the next one under the same id does."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":  # which does not look at the length, and would copy the table
        op.alter_column("messages", "client_id", type_=sa.String(96), existing_type=sa.String(64))
    mark = "char(31)" if op.get_bind().dialect.name == "sqlite" else "chr(31)"
    op.execute(f"UPDATE messages SET client_id = {mark} || client_id WHERE guest AND client_id IS NOT NULL")
    op.execute(f"UPDATE reactions SET user_id = user_id || {mark} WHERE user_id NOT IN (SELECT username FROM users)")


def downgrade() -> None:
    mark = "char(31)" if op.get_bind().dialect.name == "sqlite" else "chr(31)"
    place = f"instr(client_id, {mark})" if op.get_bind().dialect.name == "sqlite" else f"strpos(client_id, {mark})"
    op.execute(f"UPDATE messages SET client_id = NULL WHERE guest AND {place} > 1")
    op.execute(f"UPDATE messages SET client_id = substr(client_id, 2) WHERE guest AND {place} = 1")
    op.execute(f"DELETE FROM reactions WHERE user_id LIKE '%' || {mark} || '_%'")
    op.execute(f"UPDATE reactions SET user_id = replace(user_id, {mark}, '')")
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("messages", "client_id", type_=sa.String(64), existing_type=sa.String(96))

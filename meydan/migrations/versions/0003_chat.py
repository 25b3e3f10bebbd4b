"""Rooms, their log, members, invitations, notifications, and the search index of each database."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("slug", sa.String(64), nullable=False, unique=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("topic", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("archived_at", UtcDateTime),
        sa.Column("last_activity", UtcDateTime),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
    )
    op.create_table(
        "room_members",
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.String(64), primary_key=True, index=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("read_sira", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("pk", _SERIAL, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sira", sa.BigInteger, nullable=False),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("sender_name", sa.String(64), nullable=False),
        sa.Column("guest", sa.Boolean, nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("mentions", sa.JSON),
        sa.Column("attachments", sa.JSON),
        sa.Column("reply_to", sa.String(32)),
        sa.Column("client_id", sa.String(64)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("edited_at", UtcDateTime),
        sa.Column("deleted_at", UtcDateTime),
        sa.UniqueConstraint("room_id", "sira"),
        sa.UniqueConstraint("room_id", "sender_id", "client_id", name="uq_messages_client"),
    )
    op.create_table(
        "message_updates",
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sira", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "reactions",
        sa.Column("message_id", sa.String(32), sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("emoji", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(64), primary_key=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "room_invitations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", sa.String(64)),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("max_uses", sa.Integer, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("room_id", _SERIAL, sa.ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("message_id", sa.String(32)),
        sa.Column("sender_id", sa.String(64), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("read_at", UtcDateTime),
    )
    op.create_index("ix_notifications_user", "notifications", ["user_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _FTS5:
            op.execute(statement)
    else:
        op.execute("CREATE INDEX ix_messages_search ON messages USING gin (to_tsvector('simple', folded))")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE message_search")
    for table in (
        "notifications",
        "room_invitations",
        "reactions",
        "message_updates",
        "messages",
        "room_members",
        "rooms",
    ):
        op.drop_table(table)


# An index that holds no copy of the text: its rows are the messages' own. New messages are taken in later, in bulk and
# in the order of their numbers (`chat.search`); from then on triggers let old words leave with an edit or deletion.
_WHEN_TAKEN_IN = "WHEN old.pk <= (SELECT coalesce(max(id), 0) FROM message_search_docsize) BEGIN "
_FTS5 = (
    "CREATE VIRTUAL TABLE message_search USING fts5(folded, content='messages', content_rowid='pk', tokenize='ascii')",
    "CREATE TRIGGER message_search_update AFTER UPDATE OF folded ON messages "
    + _WHEN_TAKEN_IN
    + "INSERT INTO message_search(message_search, rowid, folded) VALUES ('delete', old.pk, old.folded); "
    "INSERT INTO message_search(rowid, folded) VALUES (new.pk, new.folded); END",
    "CREATE TRIGGER message_search_delete AFTER DELETE ON messages "
    + _WHEN_TAKEN_IN
    + "INSERT INTO message_search(message_search, rowid, folded) VALUES ('delete', old.pk, old.folded); END",
)

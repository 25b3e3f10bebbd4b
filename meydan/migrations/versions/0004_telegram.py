"""The bot fleet: bots, workers, chats, topics, updates, media, the outbox, and penalties."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _bot(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "bot_id",
        sa.String(32),
        sa.ForeignKey("telegram_bots.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "telegram_bots",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("telegram_id", sa.BigInteger, nullable=False, unique=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("webhook_secret", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("reads_all", sa.Boolean, nullable=False),
        sa.Column("update_offset", sa.BigInteger, nullable=False),
        sa.Column("last_error", sa.String(300)),
        sa.Column("last_error_at", UtcDateTime),
        sa.Column("verified_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("owner_until", UtcDateTime),
    )
    op.create_table(
        "telegram_workers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("seen_until", UtcDateTime, nullable=False),
    )
    op.create_table(
        "telegram_chats",
        _bot(primary_key=True),
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.String(256), nullable=False),
        sa.Column("username", sa.String(64)),
        sa.Column("forum", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("rights", sa.JSON, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("moved_to", sa.BigInteger),
        sa.Column("seen_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "telegram_topics",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "telegram_updates",
        _bot(primary_key=True),
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("chat_id", sa.BigInteger),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_telegram_updates_received", "telegram_updates", ["received_at"])
    op.create_table(
        "telegram_media",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("mime", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "telegram_outbox",
        sa.Column("id", sa.String(32), primary_key=True),
        _bot(),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("is_group", sa.Boolean, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("preview", sa.String(200), nullable=False),
        sa.Column("media_id", sa.String(32)),
        sa.Column("edits", sa.String(32)),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("cost", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request_key", sa.String(128), unique=True),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("not_before", UtcDateTime),
        sa.Column("deadline", UtcDateTime),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("sending_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("error_code", sa.Integer),
        sa.Column("error", sa.String(300)),
    )
    op.create_index("ix_telegram_outbox_bot", "telegram_outbox", ["bot_id", "state", "id"])
    op.create_index("ix_telegram_outbox_state", "telegram_outbox", ["state", "id"])
    op.create_index("ix_telegram_outbox_edits", "telegram_outbox", ["edits"])
    op.create_table(
        "telegram_penalties",
        _bot(primary_key=True),
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", UtcDateTime, nullable=False),
        sa.Column("strikes", sa.SmallInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("penalties", "outbox", "media", "updates", "topics", "chats", "workers", "bots"):
        op.drop_table(f"telegram_{table}")

"""Files that no send uses are counted without reading them: SQLite keeps an uploader's name behind the whole file."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_MEDIA = sa.text("media_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_telegram_media_sizes", "telegram_media", ["created_by", "id", "size"])
    op.create_index(
        "ix_telegram_outbox_media", "telegram_outbox", ["media_id"], sqlite_where=_MEDIA, postgresql_where=_MEDIA
    )


def downgrade() -> None:
    op.drop_index("ix_telegram_outbox_media", "telegram_outbox")
    op.drop_index("ix_telegram_media_sizes", "telegram_media")
